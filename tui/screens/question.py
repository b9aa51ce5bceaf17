"""A dialog that asks a question and takes one of a few answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from engine.text import harmless
from tui.widgets.dialog import Dialog

# The answer that changes nothing, as Escape does.
STAY = "stay"


class QuestionScreen(Dialog[str]):
    """A list of answers, the first of them chosen; a subclass binds their keys."""

    DEFAULT_CSS = """
    QuestionScreen > .box { width: 58; }
    QuestionScreen Label { width: 100%; color: $ink-dim; margin-bottom: 1; }
    QuestionScreen OptionList, QuestionScreen OptionList:focus {
        height: auto; border: none; padding: 0; background: $background;
        background-tint: $background 0%;
    }
    """
    SCROLLS = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, label: str, question: str, answers: Mapping[str, tuple[str, str]]) -> None:
        """`answers` maps the name of each answer to its key and its words."""
        super().__init__()
        self.title, self._question, self._answers = harmless(label), question, answers

    def inside(self) -> ComposeResult:
        yield Label(self.plain(self._question), markup=False)
        answers = (
            Option(self.plain(f"{key:<5}{said}"), id=name)
            for name, (key, said) in self._answers.items()
        )
        yield OptionList(*answers, markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_answer(event.option_id or STAY)

    def action_answer(self, answer: str) -> None:
        if answer == STAY:
            self.dismiss()
        else:
            self.dismiss(answer)
