"""The dashboard: one run, seen live. The state is here; panes only draw what they are shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events as textual_events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.layout import Layout
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from engine.errors import EngineError
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.run import run_lock, run_search, spool
from engine.run.history import History
from engine.run.run_paths import RunDir
from tui import text
from tui.drawing.frame import tabs
from tui.panes.base.chart import Chart
from tui.panes.base.chart_view import ChartView
from tui.panes.base.pane import Pane
from tui.panes.base.past_view import PAST, Past
from tui.panes.confusion.confusion_pane import ConfusionPane
from tui.panes.curves.curve_panes import AccuracyPane, LossPane
from tui.panes.layers.layers_pane import LayersPane
from tui.panes.log.log_pane import LogPane
from tui.panes.machine.machine_pane import MachinePane
from tui.panes.maps.maps_pane import MapsPane
from tui.panes.rate.rate_pane import RatePane
from tui.screens import screen_text
from tui.screens.dashboard_layout import Placing
from tui.screens.dashboard_places import SHELF, layout_kind, places
from tui.terminal.compositor import FineCompositor
from tui.terminal.viewer_cost import CostMeter
from tui.viewer.run_follower import RunFollower
from tui.widgets.strips import Footer, News, Numbers, Progress, Status, Strip

if TYPE_CHECKING:
    from tui.screens.inspection_questions import InspectionQuestions

TICK_SECONDS = 0.5
# A viewer that started an engine is there so soon.
JUST_SECONDS = 2.0

PANES: dict[str, type[Pane]] = {
    "loss": LossPane,
    "accuracy": AccuracyPane,
    "rate": RatePane,
    "layers": LayersPane,
    "confusion": ConfusionPane,
    "maps": MapsPane,
    "machine": MachinePane,
    "log": LogPane,
}


class Dashboard(Screen[str]):
    """Shows a run and steers it; the result of the screen is what is said on leaving."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", screen_text.KEY_PAUSE),
        Binding("c", "checkpoint", screen_text.KEY_CHECKPOINT),
        Binding("s", "steer", screen_text.KEY_STEER),
        Binding("tab", "next_pane(1)", show=False),
        Binding("shift+tab", "next_pane(-1)", show=False),
        Binding("enter,z", "zoom", screen_text.KEY_ZOOM),
        Binding("escape", "back", screen_text.KEY_BACK, show=False),
        Binding("a", "augmented", text.KEY_AUGMENTED),
        Binding("comma,left_square_bracket", "past(-1)", show=False),
        Binding("full_stop,right_square_bracket", "past(1)", show=False),
        Binding("e", "explain", screen_text.KEY_EXPLAIN),
        Binding("y", "copy", screen_text.KEY_COPY_ATTACH, show=False),
        Binding("d", "detach", screen_text.KEY_DETACH),
        Binding("q,ctrl+c", "leave", screen_text.KEY_LEAVE),
        Binding("question_mark", "help", text.KEY_HELP),
        Binding("0", "pane('log')", show=False),
        *(
            Binding(str(number), f"pane('{name}')", show=False)
            for number, name in enumerate(PANES, start=1)
        ),
    ]

    # Textual would send the whole screen whenever another pane gets the keys.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    class EngineEvents(Message):
        """The journal grew: what kinds of events came, None where all was read anew."""

        def __init__(self, kinds: frozenset[type[Event]] | None) -> None:
            super().__init__()
            self.kinds = kinds

    class Held(Message):
        """The recording is to stand still, or to go on."""

    def __init__(
        self,
        run: RunDir,
        *,
        started: bool,
        below: bool = False,
        recorded: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`started` says that this viewer started the run, `below` that a launcher lies beneath.

        A `recorded` run is played back: there is nobody to be told or asked anything.
        """
        super().__init__()
        self._compositor = FineCompositor()
        self.run_dir = run
        self._follower = RunFollower(run)
        self._started, self._below, self._clock = started, below, clock
        self._recorded = recorded
        self._past = Past(run)
        self._pane = "loss"
        self._shelf = "confusion"
        # Whether the pane has the terminal for itself.
        self.zoomed = False
        # What was shown before the log alone was, of a run that never began; None where it is not.
        self._unbegun: tuple[str, str, bool] | None = None
        # The panes over the epochs share one x-axis.
        self._view = ChartView()
        # The last event that was known when a pause was asked for.
        self._asked_pause: int | None = None
        self.placing = Placing()

    @property
    def layout(self) -> Layout:
        return self.placing

    def compose(self) -> ComposeResult:
        yield Status(id="status")
        yield Progress(id="progress")
        yield Numbers(id="numbers")
        for number, (name, kind) in enumerate(PANES.items(), start=1):
            pane = kind(number, id=name)
            if isinstance(pane, Chart):
                pane.view = self._view
            yield pane
        yield News(id="news")
        yield Footer(id="footer")

    def on_mount(self) -> None:
        if self.app._driver is not None and not self.app.is_headless:
            machine = self.get_child_by_id("machine", expect_type=MachinePane)
            machine.cost = CostMeter.of(self.app._driver).read
        self.read()
        if self._started and self.alive:
            self._follower.expect_engine(self._clock() - JUST_SECONDS)
        self._place()
        self.set_interval(TICK_SECONDS, self.read)

    # What the journal says

    def read(self) -> None:
        """The one timer: read what is new, fold it, and say so."""
        was_alive = self.alive
        news = self._follower.update()
        if news.more:
            self.set_timer(0.001, self.read)
        if was_alive and not self.alive:
            self._explain_absence()
        if self._unbegun is not None and self._has_begun:
            (self._pane, self._shelf, self.zoomed), self._unbegun = self._unbegun, None
            self._place()
        if news.kinds is None or news.kinds:
            self.post_message(self.EngineEvents(news.kinds))

    @property
    def history(self) -> History:
        return self._follower.history

    @property
    def alive(self) -> bool:
        return self._follower.alive

    def _explain_absence(self) -> None:
        """Say why there is no engine where the journal does not; where nothing began, only that."""
        if self._follower.liveness == "silent":
            sentence = run_lock.why_not_live(self.run_dir)
            self.notify(sentence, severity="warning", timeout=60, markup=False)
        elif self._follower.died:
            self.notify(self._follower.died, severity="error", timeout=60, markup=False)
        if self.history.ended is not None and not self._has_begun:
            # No other pane has anything to show, unless the run is resumed.
            self._unbegun = self._unbegun or (self._pane, self._shelf, self.zoomed)
            self._pane, self._shelf, self.zoomed = "log", "log", True
            self._place()

    @property
    def _has_begun(self) -> bool:
        """Whether anything is known that a pane but the log shows."""
        return self.history.run is not None or self.history.steps is not None

    def on_dashboard_engine_events(self, message: EngineEvents) -> None:
        kinds = message.kinds
        if self._quiet and kinds == frozenset({events.Hardware}):
            return
        if self.app.screen is not self:
            return
        self.show_news(kinds)

    def on_screen_resume(self) -> None:
        self.show_news(None)

    def _compositor_refresh(self) -> None:
        """Send what changed; under a dialog Textual would send the whole screen at every tick."""
        if self.app.screen is self:
            super()._compositor_refresh()

    @property
    def _quiet(self) -> bool:
        """A paused or ended run draws nothing: not even the machine's load."""
        return not self.alive or self.history.paused

    @property
    def _pausing(self) -> bool:
        """Whether a pause was asked for and the engine has not answered."""
        if self._asked_pause is None:
            return False
        return self.history.phase is None or self.history.phase.seq <= self._asked_pause

    def show_news(self, kinds: frozenset[type[Event]] | None) -> None:
        """Tell every visible part what changed."""
        for name in self.placing.boxes:
            part = self.get_child_by_id(name)
            if isinstance(part, Pane):
                shown = self._past.of(name, self.history)
                # What is past has no news.
                part.show(shown, kinds if shown is self.history else kinds and frozenset())
            elif isinstance(part, Strip):
                part.show(self.history, self._state(), kinds)

    def _state(self) -> Strip.State:
        return Strip.State(
            label=self.run_dir.label,
            now=self._clock(),
            pausing=self._pausing,
            keys=tuple(self._keys()),
            silent=self._follower.liveness == "silent",
            go_on=self._go_on,
        )

    @property
    def _go_on(self) -> str:
        """The command that goes on with the run; empty where it goes on already, or is done."""
        ended = self.history.ended
        over = ended is not None and ended.reason != "done" and not self.alive
        return screen_text.resume_command(self._selector) if over else ""

    def _absence(self) -> str:
        """That there is no engine to be told anything, and how to go on."""
        said = run_lock.why_not_live(self.run_dir)
        return screen_text.then_go_on(said, self._go_on) if self._go_on else said

    def _keys(self) -> Iterator[tuple[str, str]]:
        """What the footer offers now, the most useful first, but the last two are always there."""
        told = self.alive and not self._recorded
        if self.alive:
            yield "p", screen_text.KEY_CONTINUE if self.history.paused else screen_text.KEY_PAUSE
        if told:
            yield "c", screen_text.KEY_CHECKPOINT
            yield "s", screen_text.KEY_STEER
        yield "⏎", screen_text.KEY_UNZOOM if self.zoomed else screen_text.KEY_ZOOM
        if self._below:
            yield "esc", screen_text.KEY_BACK
        yield "e", screen_text.KEY_EXPLAIN
        if self._pane in self.placing.boxes:
            yield from self.get_child_by_id(self._pane, expect_type=Pane).KEYS
            if self._pane in PAST and len(self.history.epochs) > 1:
                yield ", .", screen_text.KEY_PAST
        yield screen_text.DIGITS, screen_text.KEY_PANES
        if told:
            yield "d", screen_text.KEY_DETACH
        yield ":", screen_text.KEY_COMMANDS
        yield "q", screen_text.KEY_LEAVE
        yield "?", text.KEY_HELP

    # Where things are

    def on_resize(self, event: textual_events.Resize) -> None:
        self._place()
        if self.app.screen is not self:
            # A dialog shows what lies beneath as it was when the dialog was drawn.
            self.call_after_refresh(self.app.screen.refresh)

    def _place(self) -> None:
        width, height = self.app.size
        on_shelf = layout_kind(width, height) == "shelf" and not self.zoomed
        before = self.placing.boxes
        self.placing.arrange_for(width, height, self._pane, self._shelf, self.zoomed)
        for name in PANES:
            pane = self.get_child_by_id(name, expect_type=Pane)
            shelved = on_shelf and name in SHELF
            pane.tabs = tabs(self._tab_names(), SHELF.index(name)) if shelved else ()
        self.get_child_by_id(self._pane).focus()
        if self.placing.boxes == before:
            # All stands where it stood: other keys work, and two borders have another colour.
            self.get_child_by_id("footer", Footer).show(self.history, self._state(), None)
            return
        if not before:
            return  # the first layout is still to come, and what is known is shown with it
        # Textual keeps the arrangement of a size; this one also depends on pane and zoom.
        self._clear_arrangement_cache()
        self.refresh(layout=True)
        self.call_after_refresh(self.show_news, None)

    def _tab_names(self) -> list[str]:
        numbers = {name: number for number, name in enumerate(PANES, start=1)}
        return [f"{numbers[name]} {screen_text.TABS[name]}" for name in SHELF]

    def action_pane(self, name: str) -> None:
        """Go to a pane; where it is not on the screen, show it alone."""
        if name == self._pane and name in self.placing.boxes:
            return
        self._pane, self._unbegun = name, None
        if name in SHELF:
            self._shelf = name
        if name not in places(*self.app.size, name, self._shelf, zoomed=False):
            self.zoomed = self._fits_alone
        self._place()

    def on_pane_chosen(self, message: Pane.Chosen) -> None:
        self.action_pane(message.pane.id or self._pane)

    def action_next_pane(self, step: int) -> None:
        names = list(PANES)
        if layout_kind(*self.app.size) == "medium" and not self.zoomed:
            names.remove("log")
        at = names.index(self._pane) if self._pane in names else 0
        self.action_pane(names[(at + step) % len(names)])

    @property
    def _fits_alone(self) -> bool:
        """Whether the pane would be seen if it had the whole terminal."""
        return self._pane in places(*self.app.size, self._pane, self._shelf, zoomed=True)

    def action_zoom(self) -> None:
        self.zoomed, self._unbegun = not self.zoomed and self._fits_alone, None
        if not self.zoomed and self._pane == "log" and layout_kind(*self.app.size) == "medium":
            self._pane = "loss"
        self._place()

    def action_back(self) -> None:
        if self.zoomed:
            self.action_zoom()
        elif self._below:
            self.dismiss("")

    def on_chart_viewed(self) -> None:
        """The panes on one x-axis are drawn together."""
        for name in self.placing.boxes:
            part = self.get_child_by_id(name)
            if isinstance(part, Chart):
                part.redraw()

    # What is told to the engine

    def _tell(self, kind: Callable[..., commands.Command], **fields: float | int) -> str:
        """Send a command and return its id; where nobody would hear it, say so."""
        if self._is_recording():
            return ""
        if not self.alive:
            self.notify(self._absence(), severity="warning", markup=False)
            return ""
        try:
            return spool.send(self.run_dir, kind, **fields)
        except EngineError as error:
            self.notify(str(error), severity="warning", markup=False)
            return ""

    def action_pause(self) -> None:
        if self._recorded and self.alive:
            self.post_message(self.Held())
            return
        if self._is_recording():
            return
        self.read()  # what the key means depends on the newest state
        if self.history.paused:
            self._tell(commands.Continue)
        elif self._tell(commands.Pause):
            self._asked_pause = self.history.last_seq
            self.show_news(frozenset({events.Phase}))

    def action_checkpoint(self) -> None:
        if self._tell(commands.Checkpoint):
            self.notify(screen_text.CHECKPOINT_ASKED)

    def action_steer(self) -> None:
        """Ask for another rate or another end; a run that is over has none."""
        from tui.screens.steer import SteerScreen

        if self._is_recording():
            return
        self.read()
        if self.alive:
            self.app.push_screen(SteerScreen(self.history, self._cannot_steer), self._steer)
        else:
            self.notify(self._absence(), severity="warning", markup=False)

    def _cannot_steer(self) -> str:
        """Why the engine would refuse to be steered now; nothing where it would not."""
        self.read()
        if not self.alive:
            return self._absence()
        if self.history.run is not None and self.history.has_begun:
            return ""
        phase = self.history.phase
        return screen_text.steer_later(phase.name if phase is not None else "starting")

    def _steer(self, changes: Mapping[str, float | int] | None) -> None:
        if changes and self._tell(commands.Steer, **changes):
            self.notify(screen_text.STEER_ASKED)

    # What is asked of the engine

    @cached_property
    def questions(self) -> InspectionQuestions:
        """Imported with the first question: most viewers ask none."""
        from tui.screens.inspection_questions import InspectionQuestions

        return InspectionQuestions(self, self.run_dir, recorded=self._recorded)

    def action_augmented(self) -> None:
        self.questions.ask(None, "augmented")
        if self.questions.waiting:
            self.notify(screen_text.ASKED_AUGMENTED)

    def on_pane_asked(self, message: Pane.Asked) -> None:
        self.questions.ask(message.pane, message.kind, message.layer, message.images)

    def on_pane_pointed(self, message: Pane.Pointed) -> None:
        maps = self.get_child_by_id("maps", expect_type=MapsPane)
        maps.point(message.layer)

    # What was

    def action_past(self, epochs: int) -> None:
        """Show confusion and feature maps of an epoch so many earlier or later than the shown.

        Where neither is on the screen nothing would be seen to change, so nothing does.
        """
        if self.placing.boxes.keys().isdisjoint(PAST) or not self._past.turn(self.history, epochs):
            return
        for name in PAST:
            self.get_child_by_id(name, expect_type=Pane).past = self._past.title
        self.show_news(None)

    # What it means

    def action_explain(self) -> None:
        from tui.explain import explain
        from tui.screens.explain import ExplainScreen

        pane = self.get_child_by_id(self._pane, expect_type=Pane)
        said = explain(self._pane, self._past.of(self._pane, self.history))
        if self.history.ended is not None:
            over = text.RUN_ENDED[self.history.ended.reason]
            said = f"{screen_text.explain_over(over, self.history.epoch)} {said}"
        self.app.push_screen(ExplainScreen(pane.TITLE, said))

    def action_copy(self) -> None:
        """Copy the command that watches this run, also through SSH where the terminal lets it."""
        if self._is_recording():
            return
        self._copy(screen_text.attach_command(self._selector))

    def action_copy_resume(self) -> None:
        self._copy(self._go_on)

    def _copy(self, command: str) -> None:
        self.app.copy_to_clipboard(command)
        self.notify(screen_text.copied(command), markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A run that goes on, or is done, is not to be gone on with."""
        if action == "copy_resume":
            return bool(self._go_on)
        return super().check_action(action, parameters)

    def _is_recording(self) -> bool:
        """Whether this is a recording; then it says so, for somebody wanted an engine."""
        if self._recorded:
            self.notify(screen_text.RECORDING)
        return self._recorded

    # Leaving

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        shown = screen_text.HELP_RECORDING if self._recorded else screen_text.HELP_RUN
        self.app.push_screen(HelpScreen(self._pane, shown))

    def action_detach(self) -> None:
        self.app.exit(self._farewell())

    def action_leave(self) -> None:
        """A viewer that only attached leaves at once; the one that started the run asks."""
        from tui.screens.leave import LeaveScreen

        if self._started and self.alive:
            self.app.push_screen(LeaveScreen(self.run_dir.label), self._leave)
        else:
            self.app.exit(self._farewell())

    def _leave(self, answer: Literal["keep", "stop"] | None) -> None:
        if answer == "keep":
            self.app.exit(self._farewell())
        elif answer == "stop" and self._tell(commands.Stop):
            self.app.exit(screen_text.stopping(self.run_dir.label, self._selector))

    @property
    def _selector(self) -> str:
        return run_search.selector_of(self.run_dir)

    def _farewell(self) -> str:
        if self._recorded:
            return screen_text.RECORDING_OVER
        if self.alive:
            return text.goes_on(self.run_dir.label, self._selector)
        return screen_text.is_over(self.run_dir.label, self._selector)
