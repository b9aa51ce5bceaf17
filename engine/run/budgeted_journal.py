"""Appends to a journal within its budget, and says when the disk refuses its events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.run import run_text
from engine.run.journal import Journal
from engine.run.journal_budget import JournalBudget


class BudgetedJournal:
    """The events of one attempt, as far as the budget of its journal has room for them.

    Several threads may append. `RunEnded` stays the last line: readers look there for how a run
    ended. What comes after it is dropped, and `ended` says that it was written.
    """

    def __init__(
        self, journal: Journal, step: Callable[[], int], written: Callable[[Event], None]
    ) -> None:
        """`step` is that of events which have none. `written` gets each event with its number."""
        self._journal, self._step, self._written = journal, step, written
        self._budget = JournalBudget(time.monotonic)
        self._appending = threading.Lock()
        # Whether the journal keeps events in memory, because the disk refuses them.
        self._held = False
        self.ended = False

    def append(self, event: Event) -> None:
        """Append an event, unless the run has ended or the budget holds it back.

        Raises OSError where the journal can take no more.
        """
        event = self._at_this_step(event)
        self._append_due(lambda: self._budget.admitted(event))

    def append_overdue(self) -> None:
        """Append what is due although nothing has happened. Call it every few seconds."""
        self._append_due(self._budget.overdue)

    def append_wanted(self) -> None:
        """Append the newest pictures that were held back, if a person looks."""
        self._append_due(self._budget.wanted)

    def _at_this_step(self, event: Event) -> Event:
        return replace(event, step=event.step or self._step())

    def _append_due(self, due: Callable[[], list[Event]]) -> None:
        with self._appending:
            if self.ended:
                return
            for event in map(self._at_this_step, due()):
                self._written(self._journal.append(event))
                self.ended = isinstance(event, events.RunEnded)
            if self._journal.write_error and not self._held:
                sentence = run_text.journal_held(self._journal.write_error)
                alert = events.Alert("error", "journal", sentence, step=self._step())
                self._written(self._journal.append(alert))
            self._held = bool(self._journal.write_error)
