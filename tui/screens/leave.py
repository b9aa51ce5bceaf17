"""The dialog that asks what a run does after its viewer leaves."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from engine.text import harmless
from tui.screens import screen_text
from tui.widgets.dialog import Dialog


class LeaveScreen(Dialog[Literal["keep", "stop"]]):
    """Only leave the run as it is (the default), stop and save, or stay; Escape stays."""

    DEFAULT_CSS = """
    LeaveScreen > .box { width: 58; }
    LeaveScreen Label { width: 100%; color: $ink-dim; margin-bottom: 1; }
    LeaveScreen OptionList, LeaveScreen OptionList:focus {
        height: auto; border: none; padding: 0; background: $background;
        background-tint: $background 0%;
    }
    """
    SCROLLS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("k", "answer('keep')", show=False),
        Binding("s", "answer('stop')", show=False),
    ]

    def __init__(self, label: str, *, paused: bool) -> None:
        super().__init__()
        self.title, self._paused = harmless(label), paused

    def inside(self) -> ComposeResult:
        question = screen_text.LEAVE_QUESTION
        yield Label(screen_text.LEAVE_QUESTION_PAUSED if self._paused else question)
        answers = screen_text.leave_answers(paused=self._paused).items()
        yield OptionList(*(Option(f"{key:<5}{said}", id=name) for name, (key, said) in answers))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_answer(event.option_id or "stay")

    def action_answer(self, answer: str) -> None:
        if answer == "keep":
            self.dismiss("keep")
        elif answer == "stop":
            self.dismiss("stop")
        else:
            self.dismiss()
