"""Images whose label is doubtful, and the decisions of a person on them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events as textual_events
from textual import work
from textual.binding import Binding, BindingType

from engine.errors import EngineError
from engine.protocol import events
from engine.protocol.commands import ImageSplit
from engine.protocol.events import Event
from engine.run import label_decisions
from engine.run.history import History
from engine.run.label_decisions import Decision, Decisions, Relabel
from engine.run.run_paths import RunDir
from tui.drawing import cells
from tui.drawing.cells import Row
from tui.panes.base.pane import Border, Pane, Standing
from tui.panes.suspects import suspect_rows, suspects_border, suspects_pane_text
from tui.panes.suspects.chosen_rows import ChosenRows
from tui.panes.suspects.image_replies import ImageReplies
from tui.panes.suspects.listed_suspects import ListedImage, SplitList
from tui.panes.suspects.suspect_rows import SuspectsView
from tui.panes.suspects.suspects_reading import Decided, SuspectsReader, SuspectsReading
from tui.viewer.daemon_threads import in_daemon
from tui.widgets.drawn import has_shades
from tui.widgets.key_group import KeyGroup

if TYPE_CHECKING:
    from tui.panes.suspects.suspect_dialog import SuspectDialog


class SuspectsPane(Pane):
    """The list of a split, the most doubtful first, and the picture of the chosen image.

    What the folder says is read in a thread, when the pane is first seen and after each epoch.
    """

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {events.RunStarted, events.EpochEnded, events.Checkpointed, events.RunEnded}
    )
    NAME = "suspects"
    TITLE = suspects_pane_text.SUSPECTS_TITLE
    TAB = suspects_pane_text.SUSPECTS_TAB
    GO_TO = suspects_pane_text.GO_TO_SUSPECTS
    KEY_HELP = (KeyGroup(suspects_pane_text.HELP_TITLE, suspects_pane_text.HELP_ROWS),)
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("x", suspects_pane_text.KEY_DROP),
        ("r", suspects_pane_text.KEY_RELABEL),
        ("k", suspects_pane_text.KEY_KEEP),
        ("v", suspects_pane_text.KEY_SPLIT),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "decide('drop')", suspects_pane_text.DROP_IMAGE, show=False),
        Binding("r", "relabel", suspects_pane_text.RELABEL_IMAGE, show=False),
        Binding("k", "decide('keep')", suspects_pane_text.KEEP_IMAGE, show=False),
        Binding("v", "split", suspects_pane_text.SHOW_SPLIT, show=False),
        Binding("enter", "look", suspects_pane_text.LOOK_AT_IMAGE, show=False),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home", "move(-1_000_000)", show=False),
        Binding("end", "move(1_000_000)", show=False),
    ]

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._split: ImageSplit = "training"
        self._reader: SuspectsReader | None = None
        self._reading: SuspectsReading | None = None
        self._one_reads = asyncio.Lock()
        self._another_waits = False
        self._has_folder = True
        self._run: RunDir | None = None
        # Why nothing more is read: the folder of the run is no longer there.
        self._gone = ""
        self._chosen = ChosenRows()
        self._first = 0
        self.replies = ImageReplies()
        # Decisions are written one after the other, also those before the program ends.
        self._writer = ThreadPoolExecutor(1)
        self._writing = 0
        # Shown at once, and as what the next key takes back: decisions that are being written.
        self._unwritten: dict[str, Decision | None] = {}
        self._dialog: SuspectDialog | None = None

    @classmethod
    def standing(cls, history: History) -> Standing:
        """Somebody's own program keeps nothing of single images, nor does a log."""
        return "shown" if history.watched is None and not history.is_log else "absent"

    def explain(self) -> Iterator[str]:
        if self._reading is None:
            why = suspects_pane_text.IS_READ if self._has_folder else suspects_pane_text.RECORDED
            return iter((suspects_pane_text.EXPLAIN[self._split], why))
        from tui.panes.suspects import suspects_explanation

        return suspects_explanation.sentences(self._split, self._listed, self._reading.decided)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter to the screen unless an image is chosen."""
        return self.chosen is not None if action == "look" else True

    # The folder

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        super().show(history, kinds)
        if kinds is None or kinds & self.LISTENS:
            self._read_again()

    def _read_again(self) -> None:
        if self._reader is not None and self._run is not None:
            self._read(self._reader, self._run)
        elif self._has_folder:
            self.post_message(self.FolderWanted(self))

    def take_folder(self, run: RunDir | None) -> None:
        self._has_folder = run is not None
        if run is not None and self._reader is None:
            self._run, self._reader = run, SuspectsReader(run)
        if self._has_folder:
            self._read_again()
        self.redraw()

    @work
    async def _read(self, reader: SuspectsReader, run: RunDir) -> None:
        """Read in a thread, once the reading before is done; whoever waits, reads for all."""
        if self._another_waits:
            return
        self._another_waits = True
        async with self._one_reads:
            self._another_waits = False
            found = await asyncio.wrap_future(in_daemon(reader.read))
            self._take(found, "" if run.recipe.exists() else suspects_pane_text.gone(run.path))

    def _take(self, found: SuspectsReading, gone: str) -> None:
        """Show what was read; of a folder that is gone, what it said before."""
        self._gone = gone
        if not gone or self._reading is None:
            self._reading = found
        self._show_change()

    def _show_change(self) -> None:
        self.redraw()
        if self._dialog is not None:
            self._dialog.show_change()
        self._ask_for_picture()

    # What is shown

    @property
    def _listed(self) -> SplitList:
        """The list of the split that is shown, or what is said in its place."""
        if self._reading is not None:
            listed = self._reading.of(self._split)
            return listed._replace(told=self._gone) if self._gone else listed
        return SplitList(
            suspects_pane_text.READING if self._has_folder else suspects_pane_text.RECORDED
        )

    @property
    def view(self) -> SuspectsView:
        """What is drawn of the list, and of its chosen image."""
        listed = self._listed
        return SuspectsView(
            listed.told,
            listed.images,
            listed.found.classes if listed.found is not None else (),
            self._decisions,
            listed.notes,
            self._at,
            self._first,
            self.replies.picture(self.chosen),
            self._why_no_picture,
            has_shades(self.app),
        )

    @property
    def _why_no_picture(self) -> str:
        if self._gone:
            return ""
        return suspects_pane_text.NO_PICTURE if self.replies.refusal else suspects_pane_text.WAITING

    @property
    def why_no_neighbours(self) -> str:
        return self._gone or self.replies.refusal or suspects_pane_text.ASKING_NEIGHBOURS

    @property
    def _places(self) -> suspect_rows.Places:
        width, height = self.size
        return suspect_rows.places(self.view, max(0, width - 2), max(0, height - 2))

    def redraw(self) -> None:
        if self.size:
            self._first = self._places.shown.start
        super().redraw()

    def border(self, width: int, height: int, facts_room: int) -> Border:
        listed, reading = self._listed, self._reading
        places = suspect_rows.places(self.view, max(0, width - 2), max(0, height - 2))
        hint = suspects_border.hint(places.shown, len(listed.images))
        hint = tuple(span._replace(text=self.spelled(span.text)) for span in hint)
        decided = reading.decided if reading is not None else None
        room = max(0, width - 9 - cells.width(hint))
        foot = suspects_border.foot(decided, room)
        return Border(suspects_border.facts(listed.found, facts_room), foot, hint)

    def inside(self, width: int, height: int) -> list[Row]:
        return suspect_rows.suspects_pane(self.view, width, height)

    # Choosing

    @property
    def _at(self) -> int:
        return self._chosen.at(self._split, self._listed.images)

    @property
    def chosen(self) -> ListedImage | None:
        images = self._listed.images
        return images[self._at] if images else None

    def _choose(self, row: int) -> None:
        self._chosen.choose(self._split, self._listed.images, row)
        self._show_change()
        self._read_again()  # somebody else may have decided

    def action_move(self, rows: int) -> None:
        self._choose(self._at + rows)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * len(self._places.shown))

    def turn_wheel(self, rows: int) -> None:
        self.action_move(rows)

    def on_click(self, event: textual_events.Click | None = None) -> None:
        """A click on a row chooses its image."""
        super().on_click()
        if event is not None:
            row = event.y - 1 - self._places.first_row
            shown = self._places.shown
            if 0 <= row < len(shown):
                self._choose(shown[row])

    def action_split(self) -> None:
        self._split = "validation" if self._split == "training" else "training"
        self._first = 0
        self._read_again()
        self._show_change()

    # Decisions

    def action_decide(self, choice: Literal["drop", "keep"]) -> None:
        if self.chosen is not None:
            self.decide(self.chosen, choice)

    def action_relabel(self) -> None:
        if self.chosen is not None:
            self.relabel(self.chosen)

    @property
    def _decisions(self) -> Decisions:
        """The decisions as the rows show them."""
        written = self._reading.decided.decisions if self._reading is not None else {}
        if not self._unwritten:
            return written
        shown = {**written, **self._unwritten}
        return {name: choice for name, choice in shown.items() if choice is not None}

    def decide(self, image: ListedImage, choice: Literal["drop", "keep"]) -> None:
        """Decide on an image, or take back the decision that its row shows."""
        if (name := self._name_of(image)) is None:
            return
        assert self._reading is not None
        meant = self._reading.meant(name, self.view.classes[image.given], choice)
        shown = self._decisions.get(name)
        self._write(image, name, self._reading.taken_back(name) if shown == meant else meant)

    def _name_of(self, image: ListedImage) -> str | None:
        """The name of an image; None where nothing can be decided on it, which is said."""
        return None if self._refuses(image) else image.name

    def _write(self, image: ListedImage, name: str, decision: Decision | None) -> None:
        self._chosen.stay_at(self._split, image)
        assert self._reader is not None
        self._unwritten[name] = decision
        self._writing += 1
        deadline = time.monotonic() + label_decisions.PATIENCE_SECONDS
        decide = self._reader.decide
        self.run_worker(self._await(self._writer.submit(decide, name, decision, deadline)))

    def relabel(self, image: ListedImage) -> None:
        """Ask for the class of an image, the one that it is held for in front."""
        from tui.panes.suspects.class_dialog import ClassDialog

        if (name := self._name_of(image)) is None:
            return
        classes = self.view.classes

        def take(label: int | None) -> None:
            if label is not None and not self._refuses(image):
                assert self._reading is not None
                wanted = Relabel(classes[label])
                self._write(image, name, self._reading.meant(name, classes[image.given], wanted))

        self.app.push_screen(ClassDialog(classes, image), take)

    def _refuses(self, image: ListedImage) -> bool:
        """Whether nothing can be decided on an image; if so, say why."""
        no_name = suspects_pane_text.NO_NAME if image.name is None else ""
        why = self._gone or no_name or self.why_lost(image)
        if why:
            self.notify(why, severity="warning", markup=False)
        return bool(why)

    def why_lost(self, image: ListedImage) -> str:
        """Why an image that was listed is no longer known to be one of the run; empty if it is."""
        listed = self._listed
        if listed.found is None:
            return listed.told
        return suspects_pane_text.OTHER_IMAGES if image.digest != listed.found.digest else ""

    async def _await(self, written: Future[Decided]) -> None:
        """Show a decision once it is in the file, or why it is not."""
        try:
            decided = await asyncio.shield(asyncio.wrap_future(written))
        except EngineError as error:
            self.notify(str(error), severity="error", markup=False)
            self._written()
            self._read_again()
            return
        assert self._reading is not None
        self._reading = self._reading._replace(decided=decided)
        self._written()

    def _written(self) -> None:
        """Show what is in the file, once nothing is still to be written."""
        self._writing -= 1
        if not self._writing:
            self._unwritten.clear()
        self._show_change()

    # The picture and the neighbours

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if has_focus:
            self.replies.try_again()
            self._ask_for_picture()

    def on_resize(self) -> None:
        super().on_resize()
        self._ask_for_picture()

    def _ask_for_picture(self) -> None:
        """Ask for the picture of the chosen image, if it has a place on the screen."""
        image, is_shown = self.chosen, self.has_focus and self._dialog is None
        if image is None or self._gone or not (is_shown and self._places.side):
            return
        if request := self.replies.request_picture(image):
            self.post_message(self.InspectionRequested(self, request))

    def ask_for_neighbours(self, image: ListedImage) -> None:
        if not self._gone and (request := self.replies.request_neighbours(image)):
            self.post_message(self.InspectionRequested(self, request))

    def receive(self, reply: Event) -> None:
        self.replies.receive(reply)
        self.redraw()
        if self._dialog is not None:
            self._dialog.show_change()

    def action_look(self) -> None:
        """Show the chosen image beside its neighbours."""
        from tui.panes.suspects.suspect_dialog import SuspectDialog

        def close(_: None) -> None:
            self._dialog = None
            self._ask_for_picture()

        if self.chosen is not None:
            self._dialog = SuspectDialog(self, self.chosen)
            self.app.push_screen(self._dialog, close)

    def beside(self, image: ListedImage, rows: int) -> ListedImage:
        """Choose the image so many rows further on; the image itself at the end of the list."""
        if self.now(image) in self._listed.images:
            self._choose(self._listed.images.index(self.now(image)))
        self.action_move(rows)
        return self.chosen or image

    def now(self, image: ListedImage) -> ListedImage:
        """The image as the newest list has it; as it was if it has left the list."""
        same = (one for one in self._listed.images if one.row == image.row)
        return next(same, image)
