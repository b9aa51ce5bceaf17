"""The dialogs that ask what a run does after its viewer leaves, and whether to stop it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.screens import screen_text
from tui.screens.question import QuestionScreen


class LeaveScreen(QuestionScreen):
    """Only leave the run as it is (the default), stop and save, or stay; Escape stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "answer('keep')", show=False),
        Binding("s", "answer('stop')", show=False),
    ]

    def __init__(self, label: str, *, paused: bool) -> None:
        question = screen_text.LEAVE_QUESTION_PAUSED if paused else screen_text.LEAVE_QUESTION
        super().__init__(label, question, screen_text.leave_answers(paused=paused))


class StopScreen(QuestionScreen):
    """Let the run be (the default), or stop and save it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("s", "answer('stop')", show=False)]

    def __init__(self, label: str) -> None:
        super().__init__(label, screen_text.STOP_QUESTION, screen_text.STOP_ANSWERS)
