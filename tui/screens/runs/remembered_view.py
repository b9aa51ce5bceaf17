"""The columns and the order of the table, which the user's state folder remembers."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tui.viewer import remembered
from tui.viewer.run_columns import NAMES
from tui.viewer.shown_runs import RunsView


class _Kept(msgspec.Struct):
    columns: tuple[str, ...]
    order: str = ""


def read() -> RunsView:
    """What was chosen last; the usual view where nothing was, or nothing of use is there."""
    kept = remembered.read(_file(), _Kept) or _Kept(())
    columns = tuple(name for name in NAMES if name in kept.columns)
    order = kept.order if kept.order.removeprefix("-") in NAMES else ""
    return RunsView(columns or RunsView().columns, order)


def write(view: RunsView) -> None:
    """Remember the columns and the order of this view."""
    remembered.write(_file(), _Kept(view.columns, view.order))


def _file() -> Path:
    return remembered.file("runs-screen.json")
