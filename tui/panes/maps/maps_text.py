"""Words of the maps pane."""

from __future__ import annotations

from collections.abc import Iterable

MAPS_TITLE = "Maps"

STRONGEST_FIRST = "strongest first"

ASKING = "asking …"

KEY_LAYER = "layer"

KEY_IMAGE = "image"

KEY_CHANNELS = "channels"

KEY_ORDER_MAPS = "order"

KEY_KERNELS = "kernels"

KEY_GO_TO = "go to"


def image(number: int) -> str:
    return f"image {number}"


def go_to_image(typed: str, count: int) -> str:
    return f"image 0-{count - 1}: {typed}_"


def times(sizes: Iterable[int]) -> str:
    return "×".join(str(size) for size in sizes)


def sees(side: int) -> str:
    return f"sees {side}×{side} px"


def kernels(count: int, shape: Iterable[int]) -> str:
    return f"{count} kernels of {times(shape)}"


def weights_to(largest: str) -> str:
    return f"weights -{largest} dark, +{largest} light"
