"""The columns of a list of logs, and its order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine import numbers
from engine.logs import search_text
from engine.logs.log_search import FoundLog
from engine.text import harmless
from tui.drawing.table import Column
from tui.viewer import viewer_text
from tui.viewer.log_follower import QUIET_SECONDS


def is_live(log: FoundLog, now: float) -> bool:
    """Whether a log grew a short while ago."""
    return now - log.written_at < QUIET_SECONDS


def ordered(logs: Sequence[FoundLog], now: float) -> list[FoundLog]:
    """Live logs by name, so that they keep their places, then the others, the newest first."""
    live = sorted(log for log in logs if is_live(log, now))
    others = [log for log in logs if not is_live(log, now)]
    return [*live, *sorted(others, key=lambda log: -log.written_at)]


def log_columns(logs: Sequence[FoundLog], folder: Path, now: float) -> list[Column]:
    """Sign, name, kind, size, and how long ago it grew."""
    signs = [viewer_text.SIGNS["live" if is_live(log, now) else "done"] for log in logs]
    return [
        Column("", [f"{sign} {name(log, folder)}" for sign, log in zip(signs, logs, strict=True)]),
        Column("", [kind(log) for log in logs], 2),
        Column("", [numbers.size(log.bytes) for log in logs], 1, True),
        Column("", [grew(log, now) for log in logs], 0, True),
    ]


def name(log: FoundLog, folder: Path) -> str:
    """The path below the folder that was searched; of that folder itself, its name."""
    inside = log.path.relative_to(folder)
    return harmless(str(inside) if inside.parts else folder.resolve().name)


def kind(log: FoundLog) -> str:
    if log.kind == "tensorboard":
        return search_text.TENSORBOARD
    return search_text.CSV if log.path.suffix.lower() in (".csv", ".tsv") else search_text.JSON


def grew(log: FoundLog, now: float) -> str:
    return viewer_text.grew_ago(max(0.0, now - log.written_at))
