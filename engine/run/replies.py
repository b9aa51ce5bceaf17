"""Answers to looks inside: one event in `probes/ID.json`, the newest few kept."""

from __future__ import annotations

import os

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.durable_files import write_durably
from engine.run.run_paths import RunDir

KEPT = 16


def write_reply(run: RunDir, question: str, content: Event) -> None:
    """Answer the look inside with this id. Raises OSError."""
    os.makedirs(run.replies, mode=0o700, exist_ok=True)
    write_durably(run.replies / f"{question}.json", events.encode(content))
    kept = sorted(run.replies.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for old in kept[:-KEPT]:
        old.unlink(missing_ok=True)


def read_reply(run: RunDir, question: str) -> Event | None:
    """The answer, or None while there is none."""
    try:
        return events.decode((run.replies / f"{question}.json").read_bytes())
    except (OSError, *events.UNREADABLE):
        return None
