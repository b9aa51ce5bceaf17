"""Why an image cannot be read where it lies, in words for the user."""

from __future__ import annotations

from engine.text import harmless

FILE_CUT_OFF = "it is cut off"
ENTRY_DAMAGED = "its bytes in the archive are damaged"
EMPTY_CELL = "its row holds no image"


def row_out_of_range(low: float, high: float, white: int) -> str:
    return f"its values go from {low:g} to {high:g}, and those of other images from 0 to {white}"


# Items of a data set in Python


def no_pair(kind: str) -> str:
    return f"an item is of the type {harmless(kind)}, return a pair of an image and its class"


def no_label(value: object) -> str:
    shown = harmless(repr(value)[:40])
    return f"an item has the label {shown}, return the class as a whole number"


def other_label(listed: int | None, found: int | None) -> str:
    return f"its data set gives it the label {found}, and gave {listed} before"


def no_image(kind: str) -> str:
    return (
        f"its image is of the type {harmless(kind)}; return an image of Pillow, an array of NumPy "
        "or a tensor"
    )


def other_shape(shape: tuple[int, ...]) -> str:
    return (
        f"its image has the shape {shape}; return an array (H, W, 3) or (H, W), or a tensor "
        "(3, H, W) or (1, H, W)"
    )


def out_of_range(low: float, high: float, white: int) -> str:
    return (
        f"its values go from {low:g} to {high:g}; return values from 0 to {white}, and leave "
        "normalising to the program"
    )
