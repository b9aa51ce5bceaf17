"""A dialog with what a data set holds, which fills while it is read."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.data.survey.survey import ContactSheet, Findings, Message, Survey
from engine.protocol.answers import Progress
from engine.start.engine_request import EngineRequest
from tui import shared_text
from tui.drawing import survey_rows
from tui.drawing.cells import Row, Span
from tui.drawing.wrapping import wrapped
from tui.screens.launcher import launcher_text
from tui.screens.scrolled_screen import ScrolledScreen
from tui.widgets.drawn import has_shades
from tui.widgets.scrolled_rows import ScrolledRows


class SurveyBox(ScrolledRows):
    """What was found so far."""

    def __init__(self) -> None:
        super().__init__(
            launcher_text.SURVEY_TITLE, launcher_text.SURVEY_FOOT, launcher_text.READING_DATA
        )
        self._survey: Survey | None = None
        self._sheet = ContactSheet(())
        self._findings: Findings | None = None
        self._complaint = ""

    def show(self, message: Message) -> None:
        if isinstance(message, Progress):
            self.waiting = shared_text.progress(message.stage, message.fraction)
        elif isinstance(message, Survey):
            self._survey = message
        elif isinstance(message, ContactSheet):
            self._sheet = message
        elif isinstance(message, Findings):
            self._findings, self.waiting = message, ""
        self.make_anew()

    def complain(self, sentence: str) -> None:
        self._complaint, self.waiting = sentence, ""
        self.make_anew()

    def content(self, width: int) -> list[Row]:
        rows: list[Row] = []
        if self._survey:
            rows += [*survey_rows.survey_rows(self._survey, width), ()]
        if self._findings:
            rows += [*survey_rows.findings_rows(self._findings, width), ()]
        if self._sheet.samples:
            rows += survey_rows.sheet_rows(self._sheet, width, has_shades(self.app))
        if self._complaint:
            lines = wrapped(self._complaint, width - 2)
            rows += [(Span(f" {line}", "warning"),) for line in lines]
        return rows


class SurveyScreen(ScrolledScreen):
    """Shows what a data set holds; `i` closes it, too. The request ends with the dialog."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("i", "dismiss", show=False)]

    def __init__(self, request: EngineRequest[Message]) -> None:
        self._request, self._box = request, SurveyBox()
        super().__init__(self._box)

    def receive(self, message: Message) -> None:
        if self.is_attached:
            self._box.show(message)

    def complain(self, sentence: str) -> None:
        """Say why nothing more comes."""
        if self.is_attached:
            self._box.complain(sentence)

    def on_unmount(self) -> None:
        self._request.cancel()
