"""A dialog with what a data set holds, which fills while it is read."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.data.survey.survey import ContactSheet, Findings, Message, Survey
from engine.protocol.answers import Progress
from engine.start.engine_request import EngineRequest
from tui import shared_text
from tui.drawing import survey_rows
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.drawing.wrapping import wrapped
from tui.screens.launcher import launcher_text
from tui.terminal.fine_screen import FineModalScreen
from tui.widgets.drawn import CellWidget, has_shades


class SurveyBox(CellWidget):
    """What was found so far, in a frame. The arrows move it where it is longer than the frame."""

    def __init__(self) -> None:
        super().__init__()
        self._survey: Survey | None = None
        self._sheet = ContactSheet(())
        self._findings: Findings | None = None
        self._waiting, self._complaint = launcher_text.READING_DATA, ""
        self._top = self._rows_below = 0

    def show(self, message: Message) -> None:
        if isinstance(message, Progress):
            self._waiting = shared_text.progress(message.stage, message.fraction)
        elif isinstance(message, Survey):
            self._survey = message
        elif isinstance(message, ContactSheet):
            self._sheet = message
        elif isinstance(message, Findings):
            self._findings, self._waiting = message, ""
        self.redraw()

    def complain(self, sentence: str) -> None:
        self._complaint, self._waiting = sentence, ""
        self.redraw()

    def move(self, rows: int) -> None:
        self._top = max(0, min(self._top + rows, self._rows_below))
        self.redraw()

    def page(self, pages: int) -> None:
        self.move(pages * max(1, self.size.height - 3))

    def draw(self, width: int, height: int) -> list[Row]:
        inside = max(1, height - 2)
        rows = self._content(max(1, width - 3))
        self._rows_below = max(0, len(rows) - inside)
        self._top = min(self._top, self._rows_below)
        below = self._rows_below - self._top
        more = self.spelled(launcher_text.more_rows(below)) if below else ""
        return frame(
            rows[self._top : self._top + inside],
            width,
            height,
            title=(Span(launcher_text.SURVEY_TITLE, "title"),),
            facts=(Span(self._waiting, "dim"),),
            foot=(Span(launcher_text.SURVEY_FOOT, "dim"),),
            foot_right=(Span(more, "dim"),),
            focused=True,
        )

    def _content(self, width: int) -> list[Row]:
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


class SurveyScreen(FineModalScreen[None]):
    """The dialog, which opens before anything is read; Escape, Enter, q or i closes it.

    The request ends with the dialog.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i,enter", "dismiss", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
    ]

    def __init__(self, request: EngineRequest[Message]) -> None:
        super().__init__()
        self._request, self._box = request, SurveyBox()

    def compose(self) -> ComposeResult:
        yield self._box

    def receive(self, message: Message) -> None:
        if self.is_attached:
            self._box.show(message)

    def complain(self, sentence: str) -> None:
        """Say why nothing more comes."""
        if self.is_attached:
            self._box.complain(sentence)

    def action_move(self, rows: int) -> None:
        self._box.move(rows)

    def action_page(self, pages: int) -> None:
        self._box.page(pages)

    def on_mouse_scroll_down(self) -> None:
        self._box.move(3)

    def on_mouse_scroll_up(self) -> None:
        self._box.move(-3)

    def on_unmount(self) -> None:
        self._request.cancel()
