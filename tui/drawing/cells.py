"""Rows of spans: a span is a piece of text and the name of its ink.

An ink is a meaning ("train", "error"), never a colour. The widget turns it into a style, so that
themes, 16 colours and NO_COLOR need no drawing of their own.
Widths are terminal cells, not characters: a Chinese character is two cells wide.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from rich.cells import cell_len, chop_cells, set_cell_size

Ink: TypeAlias = Literal[
    "plain",
    "dim",
    "border",
    "title",
    "key",
    "train",
    "validation",
    "rate",
    "good",
    "warning",
    "error",
    "hit",
    "miss",
    "hit1",
    "hit2",
    "hit3",
    "hit4",
    "miss1",
    "miss2",
    "miss3",
    "miss4",
    "selected",
    "run1",
    "run2",
    "run3",
    "run4",
    "run5",
    "run6",
    "run7",
]
# Inks that fill areas, the weakest first: of mistakes, and of hits.
FILLS: tuple[tuple[Ink, ...], ...] = (
    ("miss1", "miss2", "miss3", "miss4"),
    ("hit1", "hit2", "hit3", "hit4"),
)

# The foreground and the background of pixels as `#rrggbb`; either may be empty.
Colours: TypeAlias = tuple[str, str]


class Span(NamedTuple):
    """A piece of text in one ink; pixels of a picture have colours instead."""

    text: str
    ink: Ink = "plain"
    colours: Colours | None = None


Row: TypeAlias = tuple[Span, ...]

_INK = operator.attrgetter("ink")

# ASCII, frames, blocks and braille: each of these characters takes one cell in any context.
NARROW = frozenset(map(chr, (*range(0x20, 0x7F), *range(0x2500, 0x25A0), *range(0x2800, 0x2900))))


def row(*parts: Span | str) -> Row:
    """A row from spans and plain strings; empty ones are left out."""
    spans = (part if isinstance(part, Span) else Span(part) for part in parts)
    return tuple(span for span in spans if span.text)


def width(row: Sequence[Span]) -> int:
    """The row's width in cells."""
    whole = text(row)
    return len(whole) if NARROW.issuperset(whole) else sum(cell_len(span.text) for span in row)


def text(row: Iterable[Span]) -> str:
    """The row without its inks."""
    return "".join([span.text for span in row])


def fit(row: Row, cells: int) -> Row:
    """The row, cut or filled with plain spaces to exactly this many cells."""
    missing = cells - width(row)
    if missing >= 0:
        return (*row, Span(" " * missing)) if missing else row
    left, spans = cells, []
    for span in row:
        if left <= 0:
            break
        size = cell_len(span.text)
        spans.append(span if size <= left else span._replace(text=set_cell_size(span.text, left)))
        left -= min(size, left)
    return tuple(spans)


def filled(rows: Iterable[Row], width: int, height: int) -> list[Row]:
    """The rows, each of exactly this width, cut or filled with blank ones to this height."""
    blank: list[Row] = [()] * max(0, height)
    return [fit(row, width) for row in [*rows, *blank][: max(0, height)]]


def beside(left: Sequence[Row], width: int, gap: int, right: Sequence[Row]) -> list[Row]:
    """The rows on the left, each of exactly this width, a gap, and those on the right."""
    whole = filled(left, width, max(len(left), len(right)))
    pairs = itertools.zip_longest(whole, right, fillvalue=())
    return [(*one, Span(" " * gap), *other) for one, other in pairs]


def merged(row: Iterable[Span]) -> Row:
    """The row with neighbours of one ink joined to one span."""
    return tuple([Span(text(group), ink) for ink, group in itertools.groupby(row, key=_INK)])


def inked(letters: Sequence[str], inks: Sequence[Ink]) -> Row:
    """One row of these letters, each in its ink; faster than `merged` with a span for each."""
    spans: list[Span] = []
    start = 0
    for ink, group in itertools.groupby(inks):
        end = start + len(list(group))
        spans.append(Span("".join(letters[start:end]), ink))
        start = end
    return tuple(spans)


def centred(width: int, *forms: str) -> Row:
    """The first of these sentences that fits, else the last one cut; dim, in the middle."""
    sentence = next((form for form in forms if len(form) <= width), forms[-1])
    return fit(shortened((Span(f"{sentence:^{max(0, width)}}", "dim"),), width), width)


def shortened(row: Row, cells: int) -> Row:
    """The row, cut with `…` if it is wider than this."""
    if width(row) <= cells:
        return row
    return (*fit(row, cells - 1), Span("…", "dim")) if cells > 1 else ()


def fit_text(string: str, cells: int) -> str:
    """The string, cut with `…` or filled with spaces to exactly this many cells."""
    if cell_len(string) <= cells:
        return set_cell_size(string, cells)
    if cells <= 0:
        return ""
    return set_cell_size(chop_cells(string, cells - 1)[0] + "…", cells) if cells > 1 else "…"


def end_of(string: str, cells: int) -> str:
    """The string, or `…` and as much of its end as these cells hold."""
    if cell_len(string) <= cells:
        return string
    end = string[-max(0, cells - 1) :] if cells > 1 else ""
    while cell_len(end) > cells - 1 > 0:
        end = end[1:]
    return f"…{end}"[: max(0, cells)]


def right(string: str, cells: int) -> str:
    """The string, cut or filled on the left to exactly this many cells."""
    return " " * (cells - cell_len(string)) + fit_text(string, min(cells, cell_len(string)))
