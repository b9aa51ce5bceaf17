"""The dialogs that ask for images, and show what the network of a run says of them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from engine.data.inventory.data_files import is_data_file
from engine.data.stored.image_kinds import kind_by_name
from engine.errors import EngineError
from engine.protocol import predicted
from engine.protocol.answers import Progress
from engine.protocol.predicted import Judging, Predicted, Unreadable
from engine.protocol.requests import Predict
from engine.run.run_paths import RunDir
from engine.run.saved_file import find_saved
from engine.start import network_requests
from engine.start.engine_request import EngineRequest
from engine.text import harmless, in_images
from tui import shared_text
from tui.drawing import prediction_rows_text as words
from tui.drawing.cells import Row, Span
from tui.drawing.prediction_cards import SIDES, Card, card_rows
from tui.drawing.prediction_table import PredictedFile, summary_rows, table_rows
from tui.drawing.wrapping import wrapped
from tui.screens.path_dialog import PathDialog
from tui.screens.runs import runs_screen_text
from tui.screens.runs.ending_request import EndingRequest
from tui.screens.scrolled_screen import ScrolledScreen
from tui.widgets.drawn import has_shades
from tui.widgets.scrolled_rows import ScrolledRows


class ImagesPathDialog(PathDialog[str]):
    """Asks for the path of images; stays open until something is there."""

    TITLE, SUB_TITLE = runs_screen_text.PREDICT_TITLE, runs_screen_text.PREDICT_KEYS
    HINT = runs_screen_text.PREDICT_HINT

    def inside(self) -> ComposeResult:
        yield from self.path_line(runs_screen_text.PREDICT_EXAMPLE)

    def is_wanted(self, name: str) -> bool:
        return kind_by_name(name) is not None or is_data_file(name)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if written := event.value.strip():
            self._look(written)
        else:
            self.complain(self.plain(runs_screen_text.NO_PATH))

    @work(thread=True, exclusive=True, group="look")
    def _look(self, written: str) -> None:
        """Look in a thread: a folder on the network takes a while."""
        path = os.path.expanduser(written)
        self.app.call_from_thread(self._take_look, written, path, os.path.exists(path))

    def _take_look(self, written: str, path: str, exists: bool) -> None:
        """Answer with the path, unless it is another one by now."""
        if not self.is_current or self.query_one(Input).value.strip() != written:
            return
        if exists:
            self.dismiss(path)
        else:
            self.complain(self.plain(runs_screen_text.nothing_at(path)))


class PredictionRows(ScrolledRows):
    """A card for each of few images, or a table and a summary of many."""

    def __init__(self, title: str) -> None:
        super().__init__(title, runs_screen_text.PREDICT_FOOT, runs_screen_text.BEGINNING)
        self._judging: Judging | None = None
        self._images: list[Predicted] = []
        self._complaints: list[str] = []

    def take(self, message: predicted.Message) -> None:
        if isinstance(message, Judging):
            self._judging = message
        elif isinstance(message, Predicted):
            self._images.append(message)
        elif isinstance(message, Unreadable):
            self._complaints.append(runs_screen_text.unreadable(message.file, message.why))
        elif isinstance(message, Progress):
            self.waiting = shared_text.progress(message.stage, message.fraction)
        else:
            self._complaints.append(message.text)
        if self._judging is None or self._judging.few or isinstance(message, Progress):
            self.make_anew()

    def end(self, complaint: str = "") -> None:
        """All is there, or no more comes for this reason."""
        self.waiting = in_images(len(self._images)) if self._images else ""
        if complaint:
            self._complaints.append(complaint)
        self.make_anew()

    def content(self, width: int) -> list[Row]:
        rows: list[Row] = []
        judging = self._judging
        if judging is not None:
            head = words.network(judging.network, judging.epoch, judging.top1)
            rows += [(Span(f" {head}", "dim"),), ()]
            if self._images:
                show = self._cards if judging.few else self._table
                rows += show(self._images, judging.classes, width)
        lines = (line for said in self._complaints for line in wrapped(harmless(said), width - 2))
        return rows + [(Span(f" {line}", "warning"),) for line in lines]

    def _cards(self, images: list[Predicted], classes: tuple[str, ...], width: int) -> list[Row]:
        cards = [Card(os.fsdecode(each.file), each.top, each.picture) for each in images]
        screen = width, self.size.height
        return [*card_rows(cards, classes, screen, SIDES, has_shades(self.app))]

    def _table(self, images: list[Predicted], classes: tuple[str, ...], width: int) -> list[Row]:
        files = sorted((_file(each) for each in images), key=lambda each: each.order)
        counts = Counter(each.first for each in files)
        summary = summary_rows(counts, classes, width)
        return [*summary, (), *table_rows(files, classes, width, cut=True), ()]


def _file(image: Predicted) -> PredictedFile:
    (first, probability), *others = image.top[:2]
    return PredictedFile(
        os.fsdecode(image.file), first, probability, *(others[0] if others else ())
    )


class PredictionsScreen(ScrolledScreen):
    """Asks the network of the run's best epoch, as `cnn-tui predict` does, and shows the answers.

    `p` closes it, too. The process ends with the dialog.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("p", "dismiss", show=False)]

    def __init__(self, run: RunDir, images: str) -> None:
        self._shown = PredictionRows(runs_screen_text.predicted(run.label, images))
        super().__init__(self._shown)
        self._run, self._images = run, images
        self._request = EndingRequest[predicted.Message]()

    def on_mount(self) -> None:
        self._ask()

    @work(thread=True)
    def _ask(self) -> None:
        try:
            request = self._request.begin(_request(self._run, self._images))
            for message in request.answers():
                self.app.call_from_thread(self._shown.take, message)
        except EngineError as error:
            self.app.call_from_thread(self._shown.end, str(error))
        else:
            self.app.call_from_thread(self._shown.end)

    def on_unmount(self) -> None:
        self._request.end()


def _request(run: RunDir, images: str) -> EngineRequest[predicted.Message]:
    """Raises what `find_saved` raises."""
    saved = find_saved(str(run.path.absolute()), run.path.parent)
    return network_requests.predictions(
        Predict(
            saved=os.fsencode(saved.path),
            places=(os.fsencode(Path(images).absolute()),),
            pictures=True,
        )
    )
