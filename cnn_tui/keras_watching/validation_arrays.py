"""The validation images that a script gave to `KerasCallback`, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from cnn_tui.keras_watching import keras_text

# The range of values is that of this many images.
SAMPLE = 8


class ValidationArrays:
    """Images (N, H, W, C), or (N, C, H, W) where Keras is set so, and their labels.

    Labels are class numbers (N,) or (N, 1), or one-hot rows (N, classes). Any array that can be
    indexed by a slice will do; only what is shown or judged is read.
    """

    def __init__(self, data: Any) -> None:
        """Raises ValueError if `data` is no pair of arrays of the same length."""
        if not isinstance(data, (tuple, list)) or len(data) != 2 or not _same_length(*data):
            raise ValueError(keras_text.DATA_IS_A_PAIR)
        self.images, self._labels = data
        self.are_images = len(self.images.shape) == 4

    def __len__(self) -> int:
        return len(self.images)

    def shape(self) -> tuple[int, int, int]:
        """(C, H, W); zeros for what are no images."""
        if not self.are_images:
            return (0, 0, 0)
        first, second, third = (int(side) for side in self.images.shape[1:])
        return (third, first, second) if _channels_last() else (first, second, third)

    def batch(self, images: Sequence[int]) -> Any:
        """The images with these indices, as the model takes them."""
        return np.stack([_array(self.images[index]) for index in images])

    def shown(self, image: int) -> NDArray[np.float32]:
        """An image as (C, H, W)."""
        pixels = _array(self.images[image]).astype(np.float32)
        return pixels.transpose(2, 0, 1) if _channels_last() else pixels

    def white(self) -> tuple[float, float]:
        """The values of black and white.

        They are 0 and 1, or 0 and 255, for images in these ranges; else the range of the first
        images, since what normalised them is not known.
        """
        first = _array(self.images[:SAMPLE])
        low, high = float(first.min()), float(first.max())
        if first.dtype == np.uint8 or (low >= 0 and 1 < high <= 255):
            return 0.0, 255.0
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)

    def labels(self) -> NDArray[np.int64] | None:
        """The class numbers (N,); None if the labels are no classes."""
        labels = _array(self._labels)
        if labels.ndim == 2 and labels.shape[1] > 1:
            one_hot = np.isin(labels, (0, 1)).all() and (labels.sum(1) == 1).all()
            return labels.argmax(1) if one_hot else None
        flat = labels.reshape(len(labels), -1)[:, 0]
        return flat.astype(np.int64) if (flat == flat.astype(np.int64)).all() else None


def _same_length(images: Any, labels: Any) -> bool:
    return hasattr(images, "shape") and hasattr(labels, "shape") and len(images) == len(labels) > 0


def _channels_last() -> bool:
    return bool(keras.config.image_data_format() == "channels_last")


def _array(values: Any) -> NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(values))
