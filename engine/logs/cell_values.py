"""The numbers in the cells of a table and in JSON, as programs write them."""

from __future__ import annotations

import re

# What PyTorch prints for a number on a device, where a script forgot `.item()`.
_TENSOR = re.compile(r"tensor\(([^,)]+)[^)]*\)")


def cell_number(text: str) -> float | None:
    """The number of a cell; None for text and for an empty cell, which is "not measured"."""
    try:
        # Python would take 1_000 for a number.
        return float(text) if "_" not in text else None
    except ValueError:
        tensor = _TENSOR.fullmatch(text.strip()) if "tensor" in text else None
        return cell_number(tensor[1]) if tensor is not None else None


def is_missing(text: str) -> bool:
    """Whether a cell says that nothing was measured; Keras writes NA."""
    return text.strip().lower() in ("", "na", "n/a", "none", "null", "-")
