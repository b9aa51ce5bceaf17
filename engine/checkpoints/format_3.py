"""Converts checkpoints of format 3, in which all images were cut to their largest square."""

from __future__ import annotations

from typing import Any

FORMAT = 3

FITS = {"center-square": "crop"}


def to_format_4(old: dict[str, Any]) -> dict[str, Any]:
    """The dict of a file of format 4 with the content of one of format 3.

    Raises KeyError or TypeError where something is missing.
    """
    new, described = {**old, "format": 4}, old["description"]
    if described is not None:
        given = described["input"]
        seen = {"fit": FITS[given["fit"]], "crop_pct": 1.0, "canvas": 0}
        new["description"] = {**described, "input": {**given, **seen}}
    return new
