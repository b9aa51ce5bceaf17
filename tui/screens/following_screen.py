"""A screen that follows one training: it reads its events and shows the news to its parts."""

from __future__ import annotations

from functools import partial

from textual.message import Message

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from tui.drawing import status_rows
from tui.terminal.fine_screen import FineScreen
from tui.viewer.event_source import EventSource

TICK_SECONDS = 0.5
# A run that has just started is followed closely until its first step: the first wait in seconds,
# and by what each wait is longer than the one before. So the delay is a fiftieth of the whole.
FIRST_WAIT, LONGER = 0.02, 1.02
# A long journal is read in slices, between which keys are handled.
SLICE_BREAK_SECONDS = 0.001


# The events of a paused engine.
SIGNS_OF_LIFE: frozenset[type[Event]] = frozenset({events.Hardware, events.Heartbeat})


class FollowingScreen(FineScreen[str]):
    """Shows the history of a source; its parts draw the history and know nothing else."""

    class EngineEvents(Message):
        """New events of these types were read; None if anything may have changed."""

        def __init__(self, kinds: frozenset[type[Event]] | None) -> None:
            super().__init__()
            self.kinds = kinds

    def __init__(self, source: EventSource) -> None:
        super().__init__()
        self.source = source
        self.was_live = False
        """Whether the writer of the events was seen alive."""
        # Whether the last phase that was read is one that every epoch repeats.
        self._trains = False

    @property
    def history(self) -> History:
        return self.source.history

    @property
    def alive(self) -> bool:
        """Whether a process that writes events lives."""
        return self.source.liveness == "live"

    def follow(self) -> None:
        """Read now, and again at every tick; while there is more, as soon as keys are handled."""
        more = self.read()
        self.set_timer(SLICE_BREAK_SECONDS if more else TICK_SECONDS, self.follow)

    def follow_closely(self, wait: float = FIRST_WAIT) -> None:
        """Read more often than at every tick until the first step is there."""
        if self.alive and self.history.steps is None and wait < TICK_SECONDS:
            self.read()
            self.set_timer(wait, partial(self.follow_closely, wait * LONGER))

    def read(self) -> bool:
        """Read new events, and call the hooks below; whether there is more to read."""
        was_alive = self.alive
        news = self.source.update()
        if was_alive and not self.alive:
            self.writer_is_gone()
        self.was_live |= self.alive and not news.more
        self.source_was_read()
        if news.kinds is None or news.kinds:
            self.post_message(self.EngineEvents(news.kinds))
        return news.more

    def writer_is_gone(self) -> None:
        """No process is known any more to write events."""

    def source_was_read(self) -> None:
        """The history is as new as the source."""

    def show_news(self, kinds: frozenset[type[Event]] | None) -> None:
        """Tell every visible part what changed; None if anything may have changed."""
        raise NotImplementedError

    def on_following_screen_engine_events(self, message: EngineEvents) -> None:
        kinds = message.kinds
        trained, self._trains = self._trains, status_rows.trains(self.history)
        if kinds is not None and trained and self._trains and self.history.epochs_are_short:
            kinds -= {events.Phase}  # phases that are too short to be seen
        if self._is_quiet and kinds is not None and kinds <= SIGNS_OF_LIFE:
            return
        if self.is_current:  # also behind a dialog
            self.show_news(kinds)

    def on_screen_resume(self) -> None:
        self.show_news(None)

    @property
    def _is_quiet(self) -> bool:
        """Whether the run is paused or over, so that not even the load of the machine is drawn."""
        return not self.alive or self.history.paused
