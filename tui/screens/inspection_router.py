"""Sends the inspection requests of a screen, and passes each reply to the part that asked."""

from __future__ import annotations

from typing import Protocol

from textual.screen import Screen

from engine.errors import EngineError
from engine.protocol import events
from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event
from tui.screens import screen_text
from tui.viewer.event_source import EventSource
from tui.viewer.inspection_requests import InspectionRequests

# The time between two polls for a reply while a request is open.
REPLY_SECONDS = 0.05


class Asker(Protocol):
    """A pane or a dialog that sent a request."""

    def receive(self, reply: Event) -> None:
        """Take the reply, or an `Alert` if there is none."""


class InspectionRouter:
    """The requests of one screen, one at a time; a source that is only shown cannot reply."""

    def __init__(self, screen: Screen[str], source: EventSource) -> None:
        self._screen, self._refusal = screen, source.refusal
        self._requests = InspectionRequests(source.run) if source.run is not None else None
        self._asker: Asker | None = None
        # Whether a note says why a request was refused.
        self._noted = False
        self._timer = screen.set_interval(REPLY_SECONDS, self.look_for_reply, pause=True)

    @property
    def waiting(self) -> bool:
        """Whether a request is open."""
        return self._requests is not None and self._requests.waiting

    def request(self, asker: Asker, request: InspectionRequest) -> None:
        """Send a request; it replaces an open one."""
        if self.waiting and self._asker is not None and self._asker is not asker:
            self._asker.receive(events.Alert("info", "probe", screen_text.REPLACED))
        if self._requests is None:
            self._screen.notify(self._refusal, markup=False)
            asker.receive(events.Alert("info", "refused", self._refusal))
            return
        self._asker = asker
        try:
            self._requests.ask(request)
        except EngineError as error:
            self._hand_on(events.Alert("warning", "probe", str(error)))
        else:
            self._timer.resume()

    def look_for_reply(self) -> None:
        """Poll once, and pass on the reply if it has arrived."""
        assert self._requests is not None
        try:
            reply = self._requests.reply()
        except EngineError as error:
            reply = events.Alert("warning", "probe", str(error))
        if reply is not None:
            self._hand_on(reply)
        if not self.waiting:
            self._timer.pause()

    def drop_note(self) -> None:
        """Take the note on a refused request off the screen: it belongs to the pane that asked."""
        if self._noted:
            self._noted = False
            self._screen.app.clear_notifications()

    def _hand_on(self, reply: Event) -> None:
        if isinstance(reply, events.Alert):
            self._noted = True
            self._screen.notify(reply.text, severity="warning", markup=False)
        if self._asker is not None:
            self._asker.receive(reply)
