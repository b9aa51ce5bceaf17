"""Where two networks differ: the images that only one has right, and the classes of these."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray


class ClassDifference(msgspec.Struct, frozen=True):
    """A class with so many images, and how many of them both, or only one network, has right."""

    label: int
    name: str
    images: int
    both: int
    only_a: int
    only_b: int

    @property
    def difference(self) -> float:
        """The accuracy of the first network on this class minus that of the second."""
        return (self.only_a - self.only_b) / self.images


def class_differences(
    labels: NDArray[np.int32],
    a: NDArray[np.bool_],
    b: NDArray[np.bool_],
    classes: tuple[str, ...],
) -> tuple[ClassDifference, ...]:
    """The classes in which two networks differ, by their labels (N,) and hits (N,).

    First those that decide most images for one network; among equals the smallest class.
    """
    counts = [
        np.bincount(labels[chosen], minlength=len(classes)).tolist()
        for chosen in (slice(None), a & b, a & ~b, b & ~a)
    ]
    every = map(ClassDifference, range(len(classes)), classes, *counts)
    differing = [one for one in every if one.only_a or one.only_b]
    return tuple(sorted(differing, key=lambda one: (-abs(one.only_a - one.only_b), one.images)))
