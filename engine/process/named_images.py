"""Names the images of a run by their index, where its data still holds them.

It loads torch only for published data sets, and those of torchvision or the user.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from engine.catalog import datasets
from engine.data.inventory.data_inventory import inventory_of
from engine.data.stored.name_digest import digest_of_names
from engine.protocol.answers import ImageNames
from engine.protocol.requests import NameImages, path_of


class _NamedSplit(NamedTuple):
    """The digest of a split, as in the checkpoint, and the names of its images."""

    digest: str
    names: Sequence[str]


def named_images(request: NameImages) -> ImageNames:
    """The answer to the request. Raises as `inventory_of`, and where a published set is missing."""
    is_published = request.recipe.data in datasets.DATASETS
    found = (_of_published if is_published else _of_own)(request)
    if found.digest != request.digest:
        return ImageNames(None)
    return ImageNames(tuple(os.fsencode(found.names[index]) for index in request.indices))


def _of_own(request: NameImages) -> _NamedSplit:
    found = inventory_of(request.recipe, path_of(request.code))
    images = found.train if request.split == "training" else found.validation
    names = [image.name for image, _ in images]
    return _NamedSplit(digest_of_names(names), names)


def _of_published(request: NameImages) -> _NamedSplit:
    from engine.data.base.dataset import Images
    from engine.data.base.image_digest import digest
    from engine.data.loading import load, load_at_once

    found = load_at_once(load(request.recipe))
    split = found.train if request.split == "training" else found.validation
    assert isinstance(split, Images)
    assert split.parts is not None
    return _NamedSplit(digest(split), split.parts.all())
