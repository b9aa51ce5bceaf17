"""What a screen asks of the engine, for whom, and what becomes of the answer."""

from __future__ import annotations

from textual.screen import Screen

from engine.errors import EngineError
from engine.protocol import events
from engine.protocol.commands import InspectionKind
from engine.protocol.events import Event
from engine.run.run_paths import RunDir
from tui.panes.base.pane import Pane
from tui.screens import screen_text
from tui.viewer.inspection_requests import InspectionRequests

# How often an answer is looked for while a question is open.
ANSWER_SECONDS = 0.05


class InspectionQuestions:
    """The questions of one screen, one at a time; a recording has nobody who would answer."""

    def __init__(self, screen: Screen[str], run: RunDir, *, recorded: bool) -> None:
        self._screen, self._recorded = screen, recorded
        self._asking = InspectionRequests(run)
        # Which pane asked; None where it was the key for augmented images.
        self._asker: Pane | None = None
        self._timer = screen.set_interval(ANSWER_SECONDS, self.look_for_answer, pause=True)

    @property
    def waiting(self) -> bool:
        """Whether a question is open."""
        return self._asking.waiting

    def ask(
        self,
        pane: Pane | None,
        kind: InspectionKind,
        layer: str = "",
        images: tuple[int, ...] = (0,),
    ) -> None:
        """Ask for this pane, or for the screen itself, instead of what was asked before."""
        if self.waiting and self._asker is not None and self._asker is not pane:
            self._asker.answer(events.Alert("info", "probe", screen_text.ASKED_ANOTHER))
        if self._recorded:
            self._screen.notify(screen_text.RECORDING)
            if pane is not None:
                pane.answer(events.Alert("info", "recording", screen_text.RECORDING))
            return
        self._asker = pane
        try:
            self._asking.ask(kind, layer, images)
        except EngineError as error:
            self._take(events.Alert("warning", "probe", str(error)))
        else:
            self._timer.resume()

    def look_for_answer(self) -> None:
        """Hand the answer on, once it is there."""
        try:
            answer = self._asking.reply()
        except EngineError as error:
            answer = events.Alert("warning", "probe", str(error))
        if answer is not None:
            self._take(answer)
        if not self.waiting:
            self._timer.pause()

    def _take(self, answer: Event) -> None:
        if isinstance(answer, events.Alert):
            self._screen.notify(answer.text, severity="warning", markup=False)
        if self._asker is not None:
            self._asker.answer(answer)
        elif isinstance(answer, events.Augmented):
            from tui.screens.augmented import AugmentedScreen

            self._screen.app.clear_notifications()  # that they were asked for
            self._screen.app.push_screen(AugmentedScreen(answer))
