"""An item of a data set that Python code makes: one of torchvision, or the user's own.

Each process makes the data set once, when it first opens an image. Loads no torch itself.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import threading
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from PIL import Image

from engine.data.stored import fixed_chance, stored_text
from engine.data.stored.item_image import image_of

# How many data sets a process keeps: the splits of two.
MOST_MADE = 6
# A data set need not be safe for threads.
_one_at_a_time = threading.RLock()


class SetMaker(Hashable, Protocol):
    """How to make a split of a data set: hashable, small, and pickled to other processes."""

    @property
    def split(self) -> str:
        """The name of the split."""

    @property
    def may_draw(self) -> bool:
        """Whether items may depend on the global generators of random numbers."""

    def make(self) -> Any:
        """A data set with `__len__` and `__getitem__`. Raises an exception of any type."""


@dataclass(frozen=True, slots=True)
class SetItem:
    """Item `index` of a data set, which has this label there."""

    maker: SetMaker
    index: int
    label: int | None

    @property
    def name(self) -> str:
        return f"{self.maker.split}/{self.index}"

    @property
    def file(self) -> str:
        return ""

    def open(self) -> Image.Image:
        image, label = item_of(self.maker, self.index)
        if label != self.label:
            raise ValueError(stored_text.other_label(self.label, label))
        return image_of(image)

    def encoded(self, most: int) -> bytes:
        return b""

    def content(self) -> bytes:
        image = self.open()
        return b"%s %d %d " % (image.mode.encode(), *image.size) + image.tobytes()


def made(maker: SetMaker) -> Any:
    """The data set, made once in this process. Raises what `make` raises."""
    with _one_at_a_time:
        return _made(maker)


@lru_cache(MOST_MADE)
def _made(maker: SetMaker) -> Any:
    # Before the code of others imports it, so that its generator is seeded in every process.
    torch = importlib.import_module("torch")
    if multiprocessing.parent_process() is not None:
        torch.set_num_threads(1)  # other decoding processes use the other cores
    with fixed_chance.of(0):
        return maker.make()


def item_of(maker: SetMaker, index: int, seed: int | None = None) -> tuple[Any, int | None]:
    """The image and the label of an item; random transforms draw the same for it each time.

    Another `seed` makes them draw otherwise. Raises what the data set raises, and ValueError where
    an item is no pair of an image and a whole number.
    """
    with _one_at_a_time:
        items = made(maker)
        chance = fixed_chance.of(index if seed is None else seed)
        with chance if maker.may_draw else contextlib.nullcontext():
            item = items[index]
    return pair_of(item)


def pair_of(item: Any) -> tuple[Any, int | None]:
    """The image and the label of an item. Raises ValueError where it is no such pair."""
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise ValueError(stored_text.no_pair(type(item).__name__))
    return item[0], label_of(item[1])


def label_of(value: Any) -> int | None:
    """A label as a whole number; None stands for none. Raises ValueError for others."""
    if value is None:
        return None
    try:
        whole = int(value)
        if whole == value:
            return whole
    except (TypeError, ValueError, RuntimeError, OverflowError):
        pass
    raise ValueError(stored_text.no_label(value))
