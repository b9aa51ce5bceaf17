"""The dialog that writes a report on runs, and says where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import ClassVar, TypeAlias

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label

from engine.errors import EngineError
from engine.protocol.answers import Note, Progress, Written
from engine.report import report_target
from engine.run.run_paths import RunDir
from engine.run.target_files import target_file
from engine.start import report_requests
from engine.text import harmless
from tui import shared_text
from tui.screens.runs import runs_screen_text
from tui.screens.runs.ending_request import EndingRequest
from tui.widgets.dialog import Dialog

Answer: TypeAlias = Progress | Note | Written


class ReportDialog(Dialog[None]):
    """Writes a file into the working folder, as `cnn-tui report` does; Escape cancels."""

    DEFAULT_CSS = """
    ReportDialog Label { width: 100%; height: auto; }
    ReportDialog .note { color: $ink-warning; }
    """
    SCROLLS = False
    SUB_TITLE = runs_screen_text.REPORT_CANCEL
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", show=False)]

    def __init__(self, runs: Sequence[RunDir]) -> None:
        super().__init__()
        self.title = runs_screen_text.report_on([run.label for run in runs])
        self._runs = runs
        self._request = EndingRequest[Answer]()

    def inside(self) -> ComposeResult:
        yield Label(runs_screen_text.BEGINNING, id="news", markup=False)
        yield Label("", classes="note", markup=False)

    def on_mount(self) -> None:
        self._write()

    @work(thread=True)
    def _write(self) -> None:
        try:
            for said in self._said():
                self.app.call_from_thread(self._tell, said)
        except EngineError as error:
            self.app.call_from_thread(self._tell, str(error))
        self.app.call_from_thread(self._end)

    def _said(self) -> Iterator[str]:
        """What there is to say while the report is written, at last where it is."""
        target = report_requests.usual_file(self._runs)
        if target.exists():
            selectors = [run.selector for run in self._runs]
            yield runs_screen_text.report_exists(target.absolute(), selectors)
            return
        report_target.check(target, None, force=False)
        with target_file(target) as file:
            request = self._request.begin(report_requests.report(self._runs, file.temporary))
            with closing(request.answers()) as answers:
                for answer in answers:
                    if isinstance(answer, Written):
                        file.keep()
                        yield runs_screen_text.written(target.absolute(), answer.bytes)
                    elif isinstance(answer, Progress):
                        yield shared_text.progress(answer.stage, answer.fraction)
                    else:
                        self.app.call_from_thread(self._add_note, answer.text)

    def _tell(self, said: str) -> None:
        if self.is_attached:
            self.query_one("#news", Label).update(self.plain(said))

    def _end(self) -> None:
        """There is nothing left to cancel."""
        if self.is_attached:
            self.query_one(".box").border_subtitle = runs_screen_text.REPORT_BACK

    def _add_note(self, said: str) -> None:
        if self.is_attached:
            self.query_one(".note", Label).update(self.plain(harmless(said)))

    def on_unmount(self) -> None:
        self._request.end()
