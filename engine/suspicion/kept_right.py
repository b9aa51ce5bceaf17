"""The images whose label a person has called right, by the decisions that a run began with."""

from __future__ import annotations

import numpy as np

from engine.protocol.commands import ImageSplit
from engine.run import label_decisions
from engine.run.image_names import ImageNames
from engine.run.run_paths import RunDir
from engine.suspicion.ranking import Ints


def kept_right(run: RunDir, split: ImageSplit, digest: str, names: ImageNames | None) -> Ints:
    """The indices of these images in the split with this digest; none without their names.

    Raises UsageError where the decisions of the run cannot be read.
    """
    known = names.of(split, digest) if names is not None and run.decisions.exists() else None
    decisions = label_decisions.read(run.decisions) if known is not None else {}
    kept = {image for image, decision in decisions.items() if decision == "keep"}
    return np.array([at for at, name in enumerate(known or ()) if name in kept], np.int64)
