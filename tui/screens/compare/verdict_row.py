"""One line on whether the best two runs differ by more than chance."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work
from textual.worker import get_current_worker

from engine.comparison import comparison_text
from engine.comparison.compared_pairs import ComparedPair
from engine.comparison.compared_training import compared
from engine.comparison.comparison import comparison
from engine.run.history import History
from engine.run.run_paths import RunDir
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.screens.compare import compare_text as words
from tui.screens.compare.comparing import Comparing
from tui.widgets.drawn import CellWidget


class VerdictRow(CellWidget):
    """Tests the runs once all is read and none trains, and again after one has trained further.

    It calls runs by their letters, or by their labels while folded seeds have no letters.
    """

    DEFAULT_CSS = "VerdictRow { height: 1; display: none; }"

    def __init__(self, comparing: Comparing, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._comparing = comparing
        self._pair: ComparedPair | None = None
        # What had been read when the runs were tested last.
        self._tested = -1

    def judge(self) -> None:
        """Test the runs, unless that is done or they are not ready; takes no time."""
        read = self._comparing.compared
        trains = any(run.source.liveness == "live" for run in read.runs)
        if trains or read.read_share < 1.0:
            self._say(None)
        elif self._tested != read.version:
            self._tested = read.version
            self._test([(run.label, run.history.at_rest(), run.source.run) for run in read.runs])

    @work(thread=True, exclusive=True)
    def _test(self, runs: Sequence[tuple[str, History, RunDir | None]]) -> None:
        """Test in a thread: many kept judgements take seconds."""
        pair = comparison([compared(*run) for run in runs]).best_tested
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._say, pair)

    def _say(self, pair: ComparedPair | None) -> None:
        self._pair = pair
        self.display = pair is not None
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        pair = self._pair
        if pair is None or pair.paired is None:
            return []
        a, b = map(self._called, (pair.a, pair.b))
        sentence = comparison_text.verdict(a, b, pair.paired, pair.adjusted)
        return [cells.shortened((Span(f" {words.verdict(sentence)}"),), width)]

    def _called(self, at: int) -> str:
        run = self._comparing.compared.runs[at]
        folds = self._comparing.view.folded and self._comparing.has_folded
        return harmless(run.label) if folds else run.letter
