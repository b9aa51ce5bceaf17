"""The region of each part of the dashboard at a given size of the terminal.

Three columns from 160×45, two from 100×34, curves over a shelf of tabs from 60×20, one pane
from 60×14, and below that three numbers above as much of the pane as fits. No region overlaps
another one or leaves the screen. A pane that is not named here has no tile: it is a tab of the
shelf, or it is shown alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from textual.geometry import Region

LayoutKind: TypeAlias = Literal["wide", "medium", "shelf", "single", "tiny"]

STRIPS = frozenset({"status", "progress", "verdict", "numbers", "news", "footer"})
# The rows of the numbers, and the fewest rows of a useful pane.
NUMBERS, LEAST = 3, 3
# The rows of a pane that shows ten classes below their heading.
TEN_CLASSES = 13


def layout_kind(width: int, height: int) -> LayoutKind:
    """The kind of layout for a terminal of this size."""
    if width >= 160 and height >= 45:
        return "wide"
    if width >= 100 and height >= 34:
        return "medium"
    if width >= 60 and height >= 20:
        return "shelf"
    return "single" if width >= 60 and height >= 14 else "tiny"


def regions(
    width: int, height: int, pane: str, tab: str, zoomed: bool, tiles: frozenset[str]
) -> dict[str, Region]:
    """The regions of the visible parts, by their ids.

    `pane` has the focus, and `tab` is the open tab if there is a shelf. A zoomed pane takes all the
    room between the header and the footer. `tiles` are the panes that have something to show beside
    others. The smallest kinds have no verdict.
    """
    kind = layout_kind(width, height)
    if kind == "tiny":
        return _tiny(width, height, pane, zoomed)
    head = 2 if kind == "single" else 3
    body = Region(0, head, width, height - head - 2)
    ends = {
        "status": Region(0, 0, width, 1),
        "progress": Region(0, 1, width, 1),
        **({"verdict": Region(0, 2, width, 1)} if kind != "single" else {}),
        "news": Region(0, height - 2, width, 1),
        "footer": Region(0, height - 1, width, 1),
    }
    if zoomed or kind == "single":
        return ends | {pane: body}
    if kind == "shelf":
        return ends | _shelf(body, tab, tiles)
    return ends | _columns(body, _WIDE if kind == "wide" else _MEDIUM, tiles)


def _tiny(width: int, height: int, pane: str, zoomed: bool) -> dict[str, Region]:
    """Status, three numbers, the pane below them or instead of them, and the keys, if they fit."""
    if height < 3:
        rows = ("status", "numbers")[:height]
        return {name: Region(0, y, width, 1) for y, name in enumerate(rows)}
    ends = {"status": Region(0, 0, width, 1), "footer": Region(0, height - 1, width, 1)}
    body = Region(0, 1, width, height - 2)
    if zoomed and body.height >= LEAST:
        return ends | {pane: body}
    if body.height < NUMBERS + LEAST:
        return ends | {"numbers": body}
    parts = {"numbers": NUMBERS, pane: body.height - NUMBERS}
    return ends | _stack(0, body.y, width, **parts)[0]


def _shelf(body: Region, tab: str, tiles: frozenset[str]) -> dict[str, Region]:
    """The curves side by side above the open tab; what stands alone takes the whole row.

    Without an accuracy they take the larger part: the loss is what such a training is about.
    """
    curves = max(7, body.height * (2 if "accuracy" in tiles else 3) // 5)
    curves -= body.height - curves == TEN_CLASSES - 1
    if not tab:
        curves = body.height
    above = [name for name in ("loss", beside_loss(tiles)) if name in tiles]
    found, x = {}, 0
    for i, name in enumerate(above, start=1):
        end = body.width * i // len(above)
        found[name] = Region(x, body.y, end - x, curves)
        x = end
    if not above:
        curves = 0
    shelf = Region(0, body.y + curves, body.width, body.height - curves)
    return {**found, **({tab: shelf} if tab else {})}


def beside_loss(tiles: frozenset[str]) -> str:
    """The pane beside the loss on the shelf; without a loss, the scalars stand in its place."""
    return "accuracy" if {"accuracy", "loss"} & tiles else "scalars"


class _Tile(NamedTuple):
    """A pane in a column: its share of the height, and the fewest rows."""

    pane: str
    share: int
    least: int = 0


class _Column(NamedTuple):
    """Tiles one below the other; the pane `rest`, or the last one, takes the rows that are left."""

    share: int
    rest: str
    tiles: Sequence[_Tile]


_MEDIUM = (
    _Column(
        7,
        "layers",
        (_Tile("loss", 10), _Tile("accuracy", 10), _Tile("rate", 6, 6), _Tile("layers", 10)),
    ),
    _Column(5, "maps", (_Tile("confusion", 14, 14), _Tile("machine", 9, 10), _Tile("maps", 13))),
)
_WIDE = (
    _Column(
        42,
        "log",
        (_Tile("loss", 16), _Tile("accuracy", 16), _Tile("rate", 9), _Tile("log", 15)),
    ),
    _Column(
        33,
        "layers",
        (_Tile("layers", 26), _Tile("confusion", 16, 14), _Tile("machine", 14, 12)),
    ),
    _Column(25, "maps", (_Tile("maps", 56),)),
)
ALL_TILES = frozenset(tile.pane for column in (*_MEDIUM, *_WIDE) for tile in column.tiles)
_LOG, _SCALARS = _Tile("log", 15, 6), _Tile("scalars", 16, 8)


def _columns(body: Region, columns: Sequence[_Column], tiles: frozenset[str]) -> dict[str, Region]:
    """The columns side by side, without the panes that have no tile, nor gaps for them."""
    found: dict[str, Region] = {}
    kept = [column for column in _filled(columns, tiles) if column.tiles]
    left, shares = body.x, sum(column.share for column in kept)
    for column in kept:
        is_last = column is kept[-1]
        width = body.right - left if is_last else body.width * column.share // shares
        found |= _stacked(Region(left, body.y, width, body.height), column)
        left += width
    return found


def _filled(columns: Sequence[_Column], tiles: frozenset[str]) -> list[_Column]:
    """The columns with the tiles that there are.

    The second column, where it has little, takes the log and the scalars. Else the scalars stand
    where the accuracy would.
    """
    first, second, *others = (
        column._replace(tiles=[tile for tile in column.tiles if tile.pane in tiles])
        for column in columns
    )
    without_accuracy = [_SCALARS] if {"accuracy", "scalars"} & tiles == {"scalars"} else []
    if len(second.tiles) > 1 or not tiles & {"log", "scalars"}:
        at = 1 if "loss" in tiles else 0
        placed = [*first.tiles[:at], *without_accuracy, *first.tiles[at:]]
        return [first._replace(tiles=placed), second, *others]
    more = [tile for tile in (_SCALARS, _LOG) if tile.pane in tiles]
    kept = [tile for tile in first.tiles if tile.pane != "log"]
    return [first._replace(tiles=kept), second._replace(tiles=[*second.tiles, *more]), *others]


def _stacked(area: Region, column: _Column) -> dict[str, Region]:
    shares = sum(tile.share for tile in column.tiles)
    heights = {
        tile.pane: max(tile.least, area.height * tile.share // shares) for tile in column.tiles
    }
    rest = column.rest if column.rest in heights else column.tiles[-1].pane
    heights[rest] += area.height - sum(heights.values())
    return _stack(area.x, area.y, area.width, **heights)[0]


def _stack(x: int, y: int, width: int, **heights: int) -> tuple[dict[str, Region], int]:
    """Regions one below the other, and the row after the last."""
    found = {}
    for name, height in heights.items():
        found[name] = Region(x, y, width, height)
        y += height
    return found, y
