"""The order of a journal's events: an event that it holds twice is dropped.

A line that was cut just before its newline is whole. Its writer, or the next one, does not know
that, and writes the event or its number again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.protocol.events import Event, Resumed, RunStarted

# A tuple: each event of a long journal is looked at, and a union takes three times as long.
BEGINNINGS = (RunStarted, Resumed)


class EventOrder:
    """Passes events on whose numbers rise, as they do within an attempt."""

    def __init__(self) -> None:
        self._last_seq = 0
        self._attempt = ""

    def rising(self, new: Iterable[Event]) -> Iterator[Event]:
        """The events without those whose number is not above the last one of their attempt."""
        for event in new:
            if isinstance(event, BEGINNINGS) and event.attempt != self._attempt:
                self._attempt = event.attempt
            elif event.seq <= self._last_seq:
                continue
            self._last_seq = event.seq
            yield event
