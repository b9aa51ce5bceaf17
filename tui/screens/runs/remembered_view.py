"""The columns and the order of the table, which the user's state folder remembers."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from engine import regular_files
from engine.catalog.user_folders import state_folder
from engine.run.durable_files import write_durably
from tui.viewer.run_columns import NAMES
from tui.viewer.shown_runs import RunsView


class _Remembered(msgspec.Struct):
    columns: tuple[str, ...]
    order: str = ""


def read() -> RunsView:
    """What was chosen last; the usual view where nothing was, or nothing of use is there."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        content = regular_files.read_bytes(_file())
        kept = msgspec.json.decode(content, type=_Remembered)
        columns = tuple(name for name in NAMES if name in kept.columns)
        order = kept.order if kept.order.removeprefix("-") in NAMES else ""
        return RunsView(columns or RunsView().columns, order)
    return RunsView()


def write(view: RunsView) -> None:
    """Remember this view; a folder that cannot be written remembers nothing."""
    with contextlib.suppress(OSError):
        _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(_file(), msgspec.json.encode(_Remembered(view.columns, view.order)))


def _file() -> Path:
    return state_folder() / "runs-screen.json"
