"""Words around what a data set holds."""

from __future__ import annotations

from collections.abc import Mapping

LAYOUT, IMAGES, SIZES, COLOURS, NETWORK = "layout", "images", "sizes", "colours", "network"
UNEQUAL, DECIDED, SKIPPED, BROKEN = "unequal", "decisions", "skipped", "broken"
NOTE = "note"
TWICE, LABELS, LEAKS, ONE_COLOUR, NEAR = "twice", "classes", "overlap", "one colour", "near"
CLASS = "class"
VALIDATES: Mapping[str, str] = {
    "separate": "",
    "test": " (the test split)",
    "held out": " (held out)",
}


def split(name: str, images: int, validates: str) -> str:
    """`validation 355 (held out)`."""
    return f"{name} {images:,}{VALIDATES[validates] if name == 'validation' else ''}"


def classes(count: int) -> str:
    return f"{count:,} classes"


def more_classes(count: int) -> str:
    return f"{count:,} more between them"
