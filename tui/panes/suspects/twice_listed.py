"""Images that stand in two classes or two splits of the data, as rows on top of the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.protocol.commands import ImageSplit
from engine.suspicion.repeated_images import Repeated, RepeatedImage
from tui.panes.suspects import suspects_pane_text
from tui.panes.suspects.listed_suspects import ListedImage

# The splits by their names in what `inspect-data` has found.
SPLITS: Mapping[ImageSplit, str] = {"training": "train", "validation": "validation"}


def twice_listed(
    groups: Sequence[Repeated], split: ImageSplit, names: Sequence[str], classes: Sequence[str]
) -> tuple[ListedImage, ...]:
    """A row for each image of the split in these groups; `names` are those of the split."""
    wanted = {image.name for group in groups for image in group.images}
    numbers = {name: number for number, name in enumerate(names) if name in wanted}
    return tuple(
        _row(group, image, numbers[image.name], split, classes)
        for group, image in _images(groups, SPLITS[split])
        if image.name in numbers and image.label in classes
    )


def _images(groups: Sequence[Repeated], split: str) -> Iterator[tuple[Repeated, RepeatedImage]]:
    return ((group, image) for group in groups for image in group.images if image.split == split)


def _row(
    group: Repeated, image: RepeatedImage, number: int, split: ImageSplit, classes: Sequence[str]
) -> ListedImage:
    twin = _twin(group, image)
    held = twin.label if twin.label != image.label and twin.label in classes else None
    return ListedImage(
        rank=suspects_pane_text.TWICE,
        split=split,
        number=number,
        name=image.name,
        given=classes.index(image.label),
        held=None if held is None else classes.index(held),
        sure="",
        since=suspects_pane_text.STANDS_IN[group.kind],
        note=suspects_pane_text.same_pixels(twin.name, twin.label),
    )


def _twin(group: Repeated, image: RepeatedImage) -> RepeatedImage:
    """An image with the same pixels, one of another class or split if there is one."""
    others = [other for other in group.images if other.name != image.name]
    return next((o for o in others if (o.label, o.split) != (image.label, image.split)), others[0])
