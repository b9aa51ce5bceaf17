"""Replies to `Inspect` commands: one event each, in `probes/ID.json`. Only the newest are kept."""

from __future__ import annotations

from engine import regular_files
from engine.protocol import events
from engine.protocol.events import Event
from engine.run.durable_files import write_durably
from engine.run.run_paths import RunDir

KEPT = 16


def write_reply(run: RunDir, command_id: str, reply: Event) -> None:
    """Write the reply to the command with this id.

    Raises OSError, also if the run's folder has gone: it was renamed or deleted.
    """
    run.replies.mkdir(mode=0o700, exist_ok=True)
    write_durably(run.replies / f"{command_id}.json", events.encode(reply))
    kept = sorted(run.replies.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for old in kept[:-KEPT]:
        old.unlink(missing_ok=True)


def read_reply(run: RunDir, command_id: str) -> Event | None:
    """The reply to the command with this id; None while there is none."""
    try:
        return events.decode(regular_files.read_bytes(run.replies / f"{command_id}.json"))
    except (OSError, *events.UNREADABLE):
        return None
