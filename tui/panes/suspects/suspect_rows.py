"""The list of suspects below the standing's sentence, and the picture of the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.protocol.events import Picture
from engine.run.label_decisions import Decision
from engine.suspicion import list_text
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.choices import scrolled_range
from tui.drawing.mistakes import class_name
from tui.drawing.shades import pictured
from tui.drawing.table import Column, fitting_columns, table
from tui.drawing.wrapping import wrapped
from tui.panes.suspects import suspects_pane_text
from tui.panes.suspects.listed_suspects import ListedImage
from tui.panes.suspects.suspect_caption import (
    CAPTION,
    caption,
    decision_ink,
    decision_words,
    shortened,
)

# The cells of a name that a picture leaves to the list.
NAME = 30
# The least and the greatest width of the picture in cells, and the space before it.
SMALLEST, LARGEST, GAP = 20, 64, 4
# A pane of fewer rows has only the sentence above the list; of still fewer, not even that.
HIGH, LOW = 14, 4


class SuspectsView(NamedTuple):
    """What the pane shows: the images of a split, of which the one `at` a place is chosen.

    `first` is the first image on the screen before, `picture` that of the chosen one, if it is
    there, and `waiting` what stands in its place. `decisions` are by the names of images.
    """

    told: str
    images: Sequence[ListedImage]
    classes: Sequence[str]
    decisions: Mapping[str, Decision]
    notes: Sequence[str] = ()
    at: int = 0
    first: int = 0
    picture: Picture | None = None
    waiting: str = ""
    coloured: bool = False

    @property
    def ahead(self) -> bool:
        """Whether the images have no probabilities, but a lead of the other class."""
        return any(image.leads for image in self.images)

    @property
    def chosen(self) -> ListedImage | None:
        return self.images[self.at] if self.images else None

    def decision(self, image: ListedImage) -> Decision | None:
        return self.decisions.get(image.name) if image.name is not None else None


class Places(NamedTuple):
    """The rows of the sentence, the images that are shown, and the width of the picture or 0."""

    told: Sequence[Row]
    shown: range
    side: int

    @property
    def first_row(self) -> int:
        """The row of the first image that is shown, below the heading."""
        return len(self.told) + 1


def places(view: SuspectsView, width: int, height: int) -> Places:
    """What has room in a pane of this inner size."""
    told = _told(view, width, height)
    body = max(0, height - len(told))
    shown = scrolled_range(len(view.images), view.at, max(1, body - 1), view.first)
    return Places(told, shown, _side(_columns(view), width, body) if view.images else 0)


def suspects_pane(view: SuspectsView, width: int, height: int) -> list[Row]:
    """The rows inside the frame."""
    found = places(view, width, height)
    if not view.images:
        return [*found.told]
    left = min(width - found.side - GAP, _natural(_columns(view))) if found.side else width
    listed = _list_rows(view, found.shown, left)
    if not found.side:
        return [*found.told, *listed]
    picture = _picture_rows(view, found.side)
    return [*found.told, *cells.beside(listed, left, GAP, picture)]


def _told(view: SuspectsView, width: int, height: int) -> list[Row]:
    """The sentence; in a high pane also the notes, and a blank row."""
    if height < LOW:
        return []
    lines = wrapped(harmless(view.told), max(2, width - 2))
    most = max(1, height // 4) if view.images else height
    cut = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    rows: list[Row] = [cells.shortened((Span(f" {line}"),), width) for line in cut if line]
    if height < HIGH or not view.images:
        return rows
    notes = ((Span(cells.fit_text(f" {harmless(note)}", width), "dim"),) for note in view.notes)
    return [*rows, *notes, ()]


def _columns(view: SuspectsView) -> list[Column]:
    """All columns but that of the ranks; a narrow pane leaves out the last ones first."""
    images, classes = view.images, view.classes
    decided = [view.decision(image) for image in images]
    since = Column(list_text.SINCE, [image.since for image in images], 2, ink="dim")
    sure = list_text.AHEAD if view.ahead else list_text.SURE
    return [
        Column(list_text.IMAGE, [harmless(image.title) for image in images]),
        Column(list_text.GIVEN, [_class(classes, image.given) for image in images]),
        Column(list_text.HELD, [_class(classes, image.held) for image in images]),
        Column(sure, [image.sure for image in images], 1, right=True),
        *([since] if any(since.texts) else []),
        Column(
            suspects_pane_text.DECIDED,
            [decision_words(choice) for choice in decided],
            inks=[decision_ink(choice) for choice in decided],
        ),
    ]


def _class(classes: Sequence[str], label: int | None) -> str:
    return "" if label is None else shortened(class_name(classes, label))


def _side(columns: Sequence[Column], width: int, body: int) -> int:
    """The width of a picture beside the whole table; 0 if there is no room."""
    needed = _natural(columns) - max(0, columns[0].cells - NAME)
    side = min(width - needed - GAP - 1, 2 * (body - CAPTION), LARGEST)
    return side // 2 * 2 if side >= SMALLEST else 0


def _natural(columns: Sequence[Column]) -> int:
    """The cells of the whole table with its longest name."""
    first, *others = columns
    return _before(columns) + 2 + first.cells + sum(column.room for column in others)


def _before(columns: Sequence[Column]) -> int:
    """The cells of the mark and of the ranks before the table."""
    return 1 + len(str(len(columns[0].texts)))


def _list_rows(view: SuspectsView, shown: range, width: int) -> list[Row]:
    every = _columns(view)
    before = _before(every)
    kept = [c.only(shown) for c in fitting_columns(every, width - before)]
    head, *rows = table(kept, width - before)
    listed = [
        _row(view.images[at], row, at == view.at, before)
        for at, row in zip(shown, rows, strict=True)
    ]
    return [(Span(" " * before), *head), *listed]


def _row(image: ListedImage, row: Row, chosen: bool, before: int) -> Row:
    rank = f"{image.rank:>{before - 1}}"
    if image.further:
        row = tuple(s._replace(ink="dim") if s.ink == "plain" else s for s in row)
    if not chosen:
        return (Span(f" {rank}", "dim"), *row)
    marked = (s._replace(ink="selected") if s.ink in ("plain", "dim") else s for s in row)
    return (Span(f"▸{rank}", "selected"), *marked)


def _picture_rows(view: SuspectsView, side: int) -> list[Row]:
    """The picture of the chosen image above what stands in its row."""
    image = view.chosen
    assert image is not None
    if view.picture is None:
        empty: list[Row] = [()] * (side // 2)
        empty[side // 4] = cells.centred(side, view.waiting)
        shown = empty
    else:
        shown = [*pictured(view.picture, side, side // 2, view.coloured)]
    return [*shown, *caption(image, view.classes, view.decision(image), side)]
