"""The dialog that asks whether to delete runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.screens.question import QuestionScreen
from tui.screens.runs import runs_screen_text


class DeleteQuestion(QuestionScreen):
    """Keep the runs (the default), or move them to the trash."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "answer('delete')", show=False)]

    def __init__(self, labels: Sequence[str], trash: str) -> None:
        question = runs_screen_text.delete_question(len(labels), trash)
        title = runs_screen_text.some_of(labels)
        super().__init__(title, question, runs_screen_text.delete_answers(len(labels)))
