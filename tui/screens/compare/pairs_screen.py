"""The pairs of the compared runs: exact tests, and where two networks differ."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.comparison.compared_pairs import ComparedPair, PairImages, pair_images
from engine.comparison.compared_training import ComparedTraining, compared
from engine.comparison.comparison import Comparison, comparison
from engine.errors import UsageError
from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event, Examples
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import frame
from tui.panes.confusion.images_dialog import ImagesDialog
from tui.screens import screen_text
from tui.screens.compare import pair_rows, pairs_text
from tui.screens.compare.comparing import Comparing
from tui.screens.help import HelpScreen
from tui.screens.inspection_router import InspectionRouter
from tui.terminal.fine_screen import FineScreen
from tui.viewer.compared import ComparedRun
from tui.widgets.drawn import CellWidget
from tui.widgets.strips import keys_row

# The list of pairs takes at most this share of the height.
LIST_SHARE = 0.4


class PairsScreen(FineScreen[str]):
    """Tests all pairs in a thread, and shows the selected one in detail."""

    CSS = """
    PairsScreen #pairs { height: 10; }
    PairsScreen #pair { height: 1fr; }
    PairsScreen #keys { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "select(-1)", show=False),
        Binding("down,j", "select(1)", show=False),
        Binding("enter", "images(True)", pairs_text.SHOW_IMAGES),
        Binding("o", "images(False)", pairs_text.SHOW_OTHERS),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        Binding("escape,q,p", "leave", show=False),
    ]

    def __init__(self, comparing: Comparing) -> None:
        super().__init__()
        self.comparing = comparing
        self.selected = 0
        self.found: Comparison | None = None
        self.images: PairImages | None = None
        self._trainings: list[ComparedTraining] = []
        # The open request for images: the title of its dialog and the network that answers.
        self._heading, self._asked, self._count = "", comparing.compared.runs[0], 0

    @property
    def letters(self) -> str:
        return "".join(run.letter for run in self.comparing.compared.runs)

    @property
    def pairs(self) -> tuple[ComparedPair, ...]:
        return self.found.pairs if self.found is not None else ()

    @property
    def pair(self) -> ComparedPair | None:
        return self.pairs[self.selected] if self.pairs else None

    def compose(self) -> ComposeResult:
        yield PairList(self, id="pairs")
        yield PairBox(self, id="pair")
        yield PairKeys(id="keys")

    def on_mount(self) -> None:
        if self.comparing.compared.read_share >= 1.0:
            self._compare()

    def on_resize(self) -> None:
        rows = len(self.pairs) + 3 if self.pairs else 4
        self.query_one(PairList).styles.height = max(
            4, min(rows, int(LIST_SHARE * self.size.height))
        )

    @work(thread=True)
    def _compare(self) -> None:
        """Test in a thread: many kept judgements take seconds."""
        runs = self.comparing.compared.runs
        trainings = [compared(run.label, run.history, run.source.run) for run in runs]
        found = comparison(trainings)
        self.app.call_from_thread(self._take, trainings, found)

    def _take(self, trainings: list[ComparedTraining], found: Comparison) -> None:
        self._trainings, self.found = trainings, found
        self.on_resize()
        self.action_select(0)

    def action_select(self, further: int) -> None:
        self.selected = max(0, min(len(self.pairs) - 1, self.selected + further))
        self.images = self._images()
        for part in self.query(CellWidget):
            part.redraw()

    def _images(self) -> PairImages | None:
        """What the selected pair disagrees on; None without a test."""
        pair = self.pair
        if pair is None:
            return None
        try:
            return pair_images(self._trainings[pair.a], self._trainings[pair.b])
        except UsageError:
            return None  # the words of the pair say why

    def action_images(self, first: bool) -> None:
        """Show images that only one of the pair has right, with what the other one says."""
        pair, images = self.pair, self.images
        if pair is None or images is None:
            return
        runs = self.comparing.compared.runs
        right, wrong = (pair.a, pair.b) if first else (pair.b, pair.a)
        wanted = images.only_a if first else images.only_b
        if not wanted:
            self.notify(pairs_text.NO_IMAGES, markup=False)
            return
        self._heading = pairs_text.images_heading(runs[right].label, runs[wrong].label)
        self._ask(runs[wrong], wanted)

    def _ask(self, run: ComparedRun, wanted: tuple[int, ...]) -> None:
        self._asked, self._count = run, len(wanted)
        self.notify(pairs_text.asking(run.label), markup=False)
        router = InspectionRouter(self, run.source)
        router.request(self, InspectionRequest("images", images=wanted))

    def receive(self, reply: Event) -> None:
        """Show the images that the engine or the inspection server gave."""
        if isinstance(reply, Examples):
            classes = self._asked.history.classes
            dialog = ImagesDialog(self._heading, reply.examples, classes, self._count)
            self.app.push_screen(dialog)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen((pairs_text.HELP, screen_text.HELP_BOXES)))

    def action_leave(self) -> None:
        self.dismiss("")


class PairList(CellWidget):
    """All pairs in a frame."""

    def __init__(self, pairs: PairsScreen, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._pairs = pairs

    def draw(self, width: int, height: int) -> list[Row]:
        inner, rows = max(0, width - 2), max(0, height - 2)
        if self._pairs.found is None:
            whole = self._pairs.comparing.compared.read_share >= 1.0
            said = pairs_text.WAITING if whole else pairs_text.NOT_READ
            inside: list[Row] = [cells.shortened((Span(f" {said}", "dim"),), inner)]
        else:
            listed = self._pairs
            inside = pair_rows.pair_list(listed.pairs, listed.letters, listed.selected, inner, rows)
        title = (Span(pairs_text.TITLE, "title"),)
        return frame(inside, width, height, title=title, focused=True)


class PairBox(CellWidget):
    """The selected pair in a frame."""

    def __init__(self, pairs: PairsScreen, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._pairs = pairs

    def draw(self, width: int, height: int) -> list[Row]:
        found, pair = self._pairs.found, self._pairs.pair
        if found is None or pair is None:
            return frame((), width, height, title=())
        letters = self._pairs.letters
        rows = pair_rows.pair_details(pair, self._pairs.images, letters, max(0, width - 2))
        return frame(rows, width, height, title=pair_rows.title(found, pair, letters, width - 6))


class PairKeys(CellWidget):
    """The keys that work now."""

    def draw(self, width: int, height: int) -> list[Row]:
        keys = (
            ("↑↓", pairs_text.KEY_CHOOSE),
            ("⏎", pairs_text.KEY_IMAGES),
            ("o", pairs_text.KEY_OTHERS),
            ("q", pairs_text.KEY_BACK),
            ("?", shared_text.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]
