"""Why an image cannot be read where it lies, in words for the user."""

from __future__ import annotations

FILE_CUT_OFF = "it is cut off"
ENTRY_DAMAGED = "its bytes in the archive are damaged"


def row_out_of_range(low: float, high: float, white: int) -> str:
    return f"its values go from {low:g} to {high:g}, and those of other images from 0 to {white}"
