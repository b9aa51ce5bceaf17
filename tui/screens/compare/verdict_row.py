"""One line on whether the best two runs differ by more than chance."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work
from textual.worker import get_current_worker

from engine.comparison import comparison_text
from engine.comparison.compared_training import compared
from engine.comparison.comparison import comparison
from engine.run.history import History
from engine.run.run_paths import RunDir
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.screens.compare import compare_text as words
from tui.viewer.compared import Compared
from tui.widgets.drawn import CellWidget


class VerdictRow(CellWidget):
    """Tests the runs once all is read and none trains, and again after one has trained further."""

    DEFAULT_CSS = "VerdictRow { height: 1; display: none; }"

    def __init__(self, runs: Compared, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._compared = runs
        self._sentence = ""
        # What had been read when the runs were tested last.
        self._tested = -1

    def judge(self) -> None:
        """Test the runs, unless that is done or they are not ready; takes no time."""
        runs = self._compared.runs
        trains = any(run.source.liveness == "live" for run in runs)
        if trains or self._compared.read_share < 1.0:
            self._say("")
        elif self._tested != self._compared.version:
            self._tested = self._compared.version
            self._test([(run.label, run.history.at_rest(), run.source.run) for run in runs])

    @work(thread=True, exclusive=True)
    def _test(self, runs: Sequence[tuple[str, History, RunDir | None]]) -> None:
        """Test in a thread: many kept judgements take seconds."""
        found = comparison([compared(*run) for run in runs])
        pair, sentence = found.best_tested, ""
        if pair is not None and pair.paired is not None:
            a, b = (self._compared.runs[i].letter for i in (pair.a, pair.b))
            sentence = comparison_text.verdict(a, b, pair.paired, pair.adjusted)
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._say, sentence)

    def _say(self, sentence: str) -> None:
        self._sentence = sentence
        self.display = bool(sentence)
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        said = Span(f" {words.verdict(self._sentence)}")
        return [cells.shortened((said,), width)]
