"""An image large, beside the nearest images of the class that it has and of the other one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.protocol.events import Example, Neighbours, Picture
from engine.run.label_decisions import Decision
from engine.suspicion import list_text
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting, frame
from tui.drawing.mistakes import class_name
from tui.drawing.shades import pictured
from tui.drawing.wrapping import wrapped
from tui.panes.suspects import suspects_pane_text
from tui.panes.suspects.listed_suspects import ListedImage
from tui.panes.suspects.suspect_caption import CAPTION, caption

# The width of the large picture, as a share of the frame and in cells.
SHARE, LEAST, LARGEST = 0.36, 16, 64
# The widths of a neighbour's picture in cells; it should have `USUAL` if all have room then.
SMALLEST, USUAL, GREATEST = 10, 14, 32
# What the corners of the frame take of its width.
ROUND = 10
# Between pictures, and between the image and its neighbours.
BETWEEN, GAP = 2, 4
# As many neighbours of each class should be seen before their pictures become larger.
ENOUGH = 4


class LookedAt(NamedTuple):
    """An image, what was decided, and the network's reply `at` an epoch, if it has come.

    `why_none` stands in the place of a reply. So many suspects are `listed`.
    """

    image: ListedImage
    classes: Sequence[str]
    decision: Decision | None
    picture: Picture | None
    found: Neighbours | None
    why_none: str
    at: str
    listed: int
    coloured: bool


class Grid(NamedTuple):
    """The width of a picture, and how many stand in a row and below each other."""

    side: int
    across: int
    down: int

    @property
    def page(self) -> int:
        return self.across * self.down


def rows(looked: LookedAt, width: int, height: int) -> list[Row]:
    """The whole dialog, in a frame of this outer size."""
    inner, body = max(0, width - 6), max(0, height - 3)
    large = _large(inner, body)
    left = _image_rows(looked, large)
    right = _neighbour_rows(looked, inner - large - GAP, body)
    room = max(0, width - ROUND)
    forms = (suspects_pane_text.DIALOG_FOOT, suspects_pane_text.DIALOG_FOOT_SHORT)
    keys = fitting([(Span(form, "dim"),) for form in forms], room)
    return frame(
        [(), *((Span("  "), *row) for row in cells.beside(left, large, GAP, right))],
        width,
        height,
        title=_title(looked.image, room),
        facts=(Span(_rank(looked), "dim"),),
        foot=_foot(looked, max(0, room - cells.width(keys) - 3)),
        foot_right=keys,
        focused=True,
    )


def lost(image: ListedImage, why: str, width: int, height: int) -> list[Row]:
    """The dialog on an image that is no longer one of the run, in a frame of this outer size."""
    room = max(0, width - ROUND)
    said = [(Span("  "), Span(line)) for line in wrapped(why, max(1, width - 6))]
    foot = fitting([(Span(suspects_pane_text.LOST_FOOT, "dim"),)], room)
    title = _title(image, room)
    return frame([(), *said], width, height, title=title, foot_right=foot, focused=True)


def _title(image: ListedImage, room: int) -> Row:
    return (Span(cells.end_of(harmless(image.title), room), "title"),)


def _foot(looked: LookedAt, room: int) -> Row:
    """When the network was as the neighbours are shown, if there is room."""
    at = suspects_pane_text.seen_at(looked.at) if looked.at else ""
    return fitting([(Span(at, "dim"),)], room)


def _rank(looked: LookedAt) -> str:
    """`2 of 20`; of an image that stands twice, where it does."""
    image = looked.image
    return image.since if image.note else suspects_pane_text.rank_of(image.rank, looked.listed)


def _large(width: int, height: int) -> int:
    side = min(int(width * SHARE), 2 * (height - CAPTION), LARGEST)
    return max(LEAST, side // 2 * 2)


def _image_rows(looked: LookedAt, side: int) -> list[Row]:
    said = caption(looked.image, looked.classes, looked.decision, side)
    if looked.picture is None:
        return [*[()] * (side // 2), *said]
    return [*pictured(looked.picture, side, side // 2, looked.coloured), *said]


def _neighbour_rows(looked: LookedAt, width: int, height: int) -> list[Row]:
    if width < SMALLEST:
        return []
    if looked.found is None:
        return [(Span(line, "dim"),) for line in wrapped(looked.why_none, width)]
    image, classes, found = looked.image, looked.classes, looked.found
    most = max(len(found.given), len(found.held), 1)
    shape = grid(most, width, height // 2)
    given = suspects_pane_text.nearest(class_name(classes, image.given))
    above = _band(given, found.given, shape, width, looked.coloured)
    if image.held is None:
        return above
    held = suspects_pane_text.nearest_held(class_name(classes, image.held))
    return [*above, *_band(held, found.held, shape, width, looked.coloured)]


def grid(count: int, width: int, height: int) -> Grid:
    """The grid of `count` pictures below a heading and above a blank row, in this room.

    All are shown where they have their usual size then; else the largest ones of which enough fit.
    """
    rows = height - 2
    fitting = [s for s in range(SMALLEST, GREATEST + 1, 2) if s <= width and s // 2 < rows]
    forms = [_grid(side, width, rows) for side in fitting or [SMALLEST]]
    all_shown = [form for form in forms if form.page >= count and form.side >= USUAL]
    enough = [form for form in forms if form.page >= min(ENOUGH, count)]
    if all_shown or enough:
        return max(all_shown or enough, key=lambda form: form.side)
    return max(forms, key=lambda form: (form.page, form.side))


def _grid(side: int, width: int, rows: int) -> Grid:
    across = max(1, (width + BETWEEN) // (side + BETWEEN))
    return Grid(side, across, max(1, rows // (side // 2 + 1)))


def _band(
    heading: str, shown: Sequence[Example], shape: Grid, width: int, coloured: bool
) -> list[Row]:
    """The heading, the pictures with their names below them, and a blank row."""
    found: list[Row] = [(Span(cells.fit_text(heading, width), "dim"),)]
    if not shown:
        found.append((Span(cells.fit_text(suspects_pane_text.NO_NEIGHBOURS, width)),))
    for start in range(0, min(len(shown), shape.page), shape.across):
        line = shown[start : start + min(shape.across, shape.page - start)]
        columns = [_neighbour(example, shape.side, coloured) for example in line]
        found += [
            cells.row(*(span for part in parts for span in (*part, Span(" " * BETWEEN))))
            for parts in zip(*columns, strict=True)
        ]
    return [*found, ()]


def _neighbour(example: Example, side: int, coloured: bool) -> list[Row]:
    name = harmless(example.name) or list_text.image_number(example.image)
    end = Span(cells.fit_text(cells.end_of(name, side), side), "dim")
    return [*pictured(example.picture, side, side // 2, coloured), (end,)]
