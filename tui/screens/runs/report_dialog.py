"""The dialog that writes a report on a run, and says where."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar, TypeAlias

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label

from engine.errors import EngineError
from engine.protocol.answers import Note, Progress, Written
from engine.protocol.requests import Report
from engine.recipes import watched_recipe
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.report import report_target
from engine.run.run_paths import RunDir
from engine.run.target_files import target_file
from engine.start import network_requests
from engine.start.engine_request import EngineRequest
from engine.text import harmless
from tui import shared_text
from tui.screens.runs import runs_screen_text
from tui.widgets.dialog import Dialog

Answer: TypeAlias = Progress | Note | Written


class ReportDialog(Dialog[None]):
    """Writes `LABEL.html` into the working folder, as `cnn-tui report` does; Escape cancels."""

    DEFAULT_CSS = """
    ReportDialog Label { width: 100%; height: auto; }
    ReportDialog .note { color: $ink-warning; }
    """
    SCROLLS = False
    SUB_TITLE = runs_screen_text.REPORT_FOOT
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", show=False)]

    def __init__(self, run: RunDir) -> None:
        super().__init__()
        self.title = f"{runs_screen_text.REPORT_TITLE}: {harmless(run.label)}"
        self._run = run
        self._request: EngineRequest[Answer] | None = None
        self._closed = False

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

    def _said(self) -> Iterator[str]:
        """What there is to say while the report is written, at last where it is."""
        target = Path(f"{self._run.label}.html")
        if target.exists():
            yield runs_screen_text.report_exists(target.absolute(), self._run.selector)
            return
        report_target.check(target, None, force=False)
        with target_file(target) as file:
            self._request = _request(self._run, file.temporary)
            if self._closed:  # before there was a request to cancel
                self._request.cancel()
            with closing(self._request.answers()) as answers:
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

    def _add_note(self, said: str) -> None:
        if self.is_attached:
            self.query_one(".note", Label).update(self.plain(harmless(said)))

    def on_unmount(self) -> None:
        self._closed = True
        if self._request is not None:
            self._request.cancel()


def _request(run: RunDir, target: Path) -> EngineRequest[Answer]:
    wanted = Report(run=os.fsencode(run.path.resolve()), target=os.fsencode(target.absolute()))
    program = watched_recipe.watched_program(run.recipe)
    recipe = read_recipe(run.recipe) if program is None else Recipe()
    return network_requests.report(wanted, recipe)
