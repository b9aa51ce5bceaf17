"""Which image of each list is chosen, and stays chosen when the list changes."""

from __future__ import annotations

from collections.abc import Sequence

from engine.protocol.commands import ImageSplit
from tui.panes.suspects.listed_suspects import ListedImage, RowKey


class ChosenRows:
    """The chosen image of each split; the first one, unless another was chosen."""

    def __init__(self) -> None:
        # What tells its row from others, and its place in the list, should it leave that.
        self._chosen: dict[ImageSplit, tuple[RowKey, int]] = {}

    def at(self, split: ImageSplit, images: Sequence[ListedImage]) -> int:
        """The place of the chosen image; where it has left the list, another one stands there."""
        if split not in self._chosen:
            return 0
        chosen, at = self._chosen[split]
        found = next((row for row, image in enumerate(images) if image.row == chosen), at)
        return max(0, min(found, len(images) - 1))

    def choose(self, split: ImageSplit, images: Sequence[ListedImage], row: int) -> None:
        """Choose the image at this place, or the nearest one; of no images, none."""
        if images:
            at = max(0, min(row, len(images) - 1))
            self._chosen[split] = images[at].row, at

    def stay_at(self, split: ImageSplit, image: ListedImage) -> None:
        """Choose this image, which stood first while none was chosen."""
        self._chosen.setdefault(split, (image.row, 0))
