"""What a training has seen of its images, as the values of the file of the run."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.checkpoints.run_state import SightingsState
from engine.run.sightings_file import SightingsFile
from engine.training import sightings


def sightings_file(state: SightingsState, labels: Tensor, digest: str, epoch: int) -> SightingsFile:
    """The file at the end of this epoch, for training images with these labels (N,).

    The state is on the CPU.
    """
    sums = state.sums
    counts = sums["counts"].clamp(min=1)
    arrays: dict[str, Any] = {}
    if "logits" in sums:
        arrays["logits"] = (sums["logits"] / counts[:, None]).numpy()
    else:
        arrays["margins"] = (sums["margins"] / counts).numpy()
        arrays["held"] = sightings.held(sums["rivals"]).numpy()
    return SightingsFile(
        digest=digest,
        epoch=epoch,
        since_epoch=state.since,
        labels=labels.to("cpu", torch.int32).numpy(),
        sightings=sums["counts"].numpy(),
        agreed=sums["agreed"].numpy(),
        **arrays,
    )
