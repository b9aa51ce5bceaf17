"""The pairs of the compared runs: exact tests, and where two networks differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.comparison import comparison_tables
from engine.comparison.compared_pairs import ComparedPair, PairImages, pair_images
from engine.comparison.compared_training import ComparedTraining, compared
from engine.comparison.comparison import Comparison, comparison
from engine.errors import UsageError
from engine.run.history import History
from engine.run.run_paths import RunDir
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.screens import screen_text
from tui.screens.compare import pair_rows, pairs_text
from tui.screens.compare.asked_images import ImageRequests
from tui.screens.help import HelpScreen
from tui.terminal.fine_screen import FineScreen
from tui.viewer.compared import Compared
from tui.widgets.drawn import CellWidget
from tui.widgets.long_list import LongList
from tui.widgets.strips import keys_row

# The runs are read by the screen below. So often it is looked whether all is there.
TICK_SECONDS = 0.5
# The list of pairs takes at most this share of the height, and at least so many rows.
LIST_SHARE, LEAST_LIST = 0.4, 4


class PairsScreen(FineScreen[str]):
    """Tests all pairs in a thread, and shows the selected one in detail."""

    CSS = """
    PairsScreen #pairs { height: 10; }
    PairsScreen #pair { height: 1fr; }
    PairsScreen #keys { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "images_of_first", pairs_text.SHOW_IMAGES),
        Binding("o", "images_of_second", pairs_text.SHOW_OTHERS),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        Binding("escape,p", "back", pairs_text.BACK),
        Binding("q,ctrl+c", "leave", screen_text.LEAVE),
    ]

    def __init__(self, runs: Compared) -> None:
        super().__init__()
        self._compared = runs
        self._requests = ImageRequests(self)
        self._trainings: Sequence[ComparedTraining] = ()
        self._found: Comparison | None = None
        self._images: PairImages | None = None

    @property
    def _letters(self) -> str:
        return "".join(run.letter for run in self._compared.runs)

    @property
    def _pair(self) -> ComparedPair | None:
        """The chosen pair; None until all are tested."""
        chosen = self.query_one(PairList).chosen
        return self._found.pairs[int(chosen)] if self._found is not None and chosen else None

    def compose(self) -> ComposeResult:
        yield PairList(id="pairs", heading=True)
        yield PairBox(id="pair")
        yield PairKeys(id="keys")

    def on_mount(self) -> None:
        pairs = self.query_one(PairList)
        pairs.entitle((Span(pairs_text.TITLE, "title"),))
        self.watch(pairs, "chosen", self._show_pair)
        self._compare_once_read()

    def on_resize(self) -> None:
        pairs = self.query_one(PairList)
        most = max(LEAST_LIST, int(LIST_SHARE * self.size.height))
        pairs.styles.height = max(LEAST_LIST, min(len(pairs) + 3, most))

    # Testing

    def _compare_once_read(self) -> None:
        """Test as soon as all runs are read, which may be much later."""
        is_read = self._compared.read_share >= 1.0
        self.query_one(PairBox).wait(pairs_text.WAITING if is_read else pairs_text.NOT_READ)
        if not is_read:
            self.set_timer(TICK_SECONDS, self._compare_once_read)
            return
        runs = self._compared.runs
        self._compare([(run.label, run.history.at_rest(), run.source.run) for run in runs])

    @work(thread=True)
    def _compare(self, runs: Sequence[tuple[str, History, RunDir | None]]) -> None:
        """Test in a thread: many kept judgements take seconds."""
        trainings = [compared(*run) for run in runs]
        found = comparison(trainings)
        self.app.call_from_thread(self._take, trainings, found)

    def _take(self, trainings: Sequence[ComparedTraining], found: Comparison) -> None:
        self._trainings, self._found = trainings, found
        order = sorted(range(len(found.pairs)), key=lambda at: found.pairs[at].paired is None)
        columns = pair_rows.pair_columns([found.pairs[at] for at in order], self._letters)
        # This chooses the first pair, which shows it: one with a test, if there is any.
        self.query_one(PairList).fill([*map(str, order)], columns)
        self.on_resize()

    # Showing

    def _show_pair(self) -> None:
        found, pair = self._found, self._pair
        if found is None or pair is None:
            return
        self._images = self._images_of(pair)
        self.query_one(PairBox).show(found, pair, self._images, self._letters)

    def _images_of(self, pair: ComparedPair) -> PairImages | None:
        """What the pair disagrees on; None without a test."""
        try:
            return pair_images(self._trainings[pair.a], self._trainings[pair.b])
        except UsageError:
            return None  # the words of the pair say why

    def action_images_of_first(self) -> None:
        """Show images that only the first of the pair has right, with what the second says."""
        if self._pair is not None and self._images is not None:
            self._show_images(self._pair.a, self._pair.b, self._images.only_a)

    def action_images_of_second(self) -> None:
        """Show images that only the second of the pair has right, with what the first says."""
        if self._pair is not None and self._images is not None:
            self._show_images(self._pair.b, self._pair.a, self._images.only_b)

    def _show_images(self, right: int, wrong: int, images: tuple[int, ...]) -> None:
        if images:
            runs = self._compared.runs
            self._requests.ask(runs[right], runs[wrong], images)
        else:
            self.notify(pairs_text.NO_IMAGES, markup=False)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen((pairs_text.HELP, screen_text.HELP_BOXES)))

    def action_back(self) -> None:
        self.dismiss("")


class PairList(LongList):
    """All pairs, one of which is chosen."""


class PairBox(CellWidget):
    """The chosen pair in a frame; before, what is waited for."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._waiting = ""
        self._shown: tuple[Comparison, ComparedPair, PairImages | None, str] | None = None

    def wait(self, sentence: str) -> None:
        self._waiting = sentence
        self.redraw()

    def show(
        self, found: Comparison, pair: ComparedPair, images: PairImages | None, letters: str
    ) -> None:
        self._shown = found, pair, images, letters
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if self._shown is None:
            waiting = cells.shortened((Span(f" {self._waiting}", "dim"),), max(0, width - 2))
            return frame([waiting], width, height, title=())
        found, pair, images, letters = self._shown
        recipes = comparison_tables.told_recipes(found)
        rows = pair_rows.pair_details(pair, images, recipes, letters, max(0, width - 2))
        return frame(rows, width, height, title=pair_rows.title(found, pair, letters, width - 6))


class PairKeys(CellWidget):
    """The keys that work now."""

    def draw(self, width: int, height: int) -> list[Row]:
        keys = (
            ("↑↓", pairs_text.KEY_CHOOSE),
            ("⏎", pairs_text.KEY_IMAGES),
            ("o", pairs_text.KEY_OTHERS),
            ("esc", screen_text.KEY_BACK),
            ("q", screen_text.KEY_LEAVE),
            ("?", shared_text.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]
