"""What every reader of a foreign log does: it yields the log as events, live or finished."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from engine.protocol.step_columns import LogEvent
from engine.text import harmless


def end_of(log: Path) -> str:
    """The end of its path, which is what the screen calls it: `resnet18/metrics.csv`."""
    return harmless("/".join(log.absolute().parts[-2:]).lstrip("/"))


class LogNews(NamedTuple):
    """What was read since the last time.

    `events` are in the order of their steps, and the first of all is `RunStarted`. With `anew` they
    replace all events of before: the file was replaced, a restart has superseded steps, or what is
    known of it has changed. With `more` there is more to read at once.
    """

    events: Sequence[LogEvent]
    anew: bool = False
    more: bool = False


class LogReader(Protocol):
    """Follows one log. It never writes, and never waits for its writer."""

    @property
    def label(self) -> str:
        """What the screen calls the log: the end of its path."""

    @property
    def read_share(self) -> float:
        """The share of the known bytes that was read, 0 to 1."""

    @property
    def written_at(self) -> float:
        """When the log last grew, in unix seconds."""

    def read(self, seconds: float) -> LogNews:
        """Read what is new, for about this many seconds at most.

        A damaged record becomes an `Alert` that names the file and the offset in it. Raises
        RunError if the log cannot be read at all.
        """
