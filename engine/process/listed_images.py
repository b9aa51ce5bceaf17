"""The images of a data set by their names, as the values of the file of the run."""

from __future__ import annotations

from collections.abc import Sequence

from engine.checkpoints.run_state import Description
from engine.data.base.dataset import Dataset, Split, StoredImages
from engine.run.image_names import ImageNames, digest_of_labels, joined


def image_names(dataset: Dataset, described: Description) -> ImageNames:
    """The names of images, with the digests of their lists by the description of the run."""
    return ImageNames(
        training_digest=described.train.digest,
        training=joined(_names(dataset.train)),
        validation_digest=described.validation.digest,
        validation=joined(_names(dataset.validation)),
        labels=digest_of_labels(dataset.train.labels.cpu(), dataset.validation.labels.cpu()),
    )


def _names(split: Split) -> Sequence[str]:
    published = None if isinstance(split, StoredImages) else split.parts
    return split.names if published is None else published.all()
