"""The dashboard: one training, seen live. The state is here; panes draw the history they get."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import events as textual_events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.layout import Layout

from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.run.run_paths import RunDir
from tui import shared_text
from tui.panes.base.chart import Chart
from tui.panes.base.chart_view import ChartView
from tui.panes.base.pane import Pane, Standing
from tui.panes.base.shown_epoch import ShownEpoch
from tui.panes.pane_list import PANES
from tui.screens import screen_text
from tui.screens.dashboard_layout import DashboardLayout
from tui.screens.following_screen import FollowingScreen
from tui.screens.footer_keys import Situation, footer_keys
from tui.screens.pane_arrangement import PaneArrangement
from tui.screens.run_control import RunControl
from tui.screens.verdict_line import VerdictLine
from tui.screens.verdicts import fitting, verdicts
from tui.viewer.event_source import EventSource
from tui.widgets.drawn import text_only
from tui.widgets.strips import Footer, News, Numbers, Progress, Status, Strip

if TYPE_CHECKING:
    from tui.screens.inspection_router import InspectionRouter


class Dashboard(FollowingScreen):
    """Shows a run and steers it; its result is the message that is printed at the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", screen_text.PAUSE),
        Binding("c", "checkpoint", screen_text.SAVE_CHECKPOINT),
        Binding("s", "steer", screen_text.STEER),
        Binding("R", "resume", screen_text.RESUME),
        Binding("tab", "next_pane(1)", screen_text.NEXT_PANE, show=False),
        Binding("shift+tab", "next_pane(-1)", screen_text.PREVIOUS_PANE, show=False),
        Binding("enter,z", "zoom", screen_text.ZOOM),
        Binding("escape", "back", show=False),
        Binding("a", "augmented", screen_text.SHOW_AUGMENTED),
        Binding("comma,left_square_bracket", "past(-1)", screen_text.EARLIER_EPOCH, show=False),
        Binding("full_stop,right_square_bracket", "past(1)", screen_text.LATER_EPOCH, show=False),
        Binding("e", "explain", screen_text.EXPLAIN),
        Binding("y", "copy", screen_text.COPY, show=False),
        Binding("d", "detach", screen_text.DETACH),
        Binding("q,ctrl+c", "leave", screen_text.LEAVE),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        *(Binding(digit, f"numbered({digit})", show=False) for digit in "0123456789"),
    ]

    def __init__(
        self,
        source: EventSource,
        *,
        started: bool = False,
        below: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`started` says that this viewer started the run, `below` that a launcher is below."""
        super().__init__(source)
        self._started, self._below = started, below
        self._clock = clock
        self._panes = {pane.NAME: pane for pane in PANES}
        self._arrangement = PaneArrangement(PANES)
        self._layout = DashboardLayout()
        self._epoch = ShownEpoch(source)
        self._control = RunControl(self, self._resumed)

    @property
    def layout(self) -> Layout:
        return self._layout

    def compose(self) -> ComposeResult:
        yield Status(id="status")
        yield Progress(id="progress")
        yield VerdictLine(id="verdict")
        yield Numbers(id="numbers")
        shared = ChartView()  # the panes over the epochs have one x-axis
        for number, kind in enumerate(self._panes.values(), start=1):
            pane = kind(number)
            if isinstance(pane, Chart):
                pane.view = shared
            yield pane
        yield News(id="news")
        yield Footer(id="footer")

    def on_mount(self) -> None:
        self.follow()
        if self._started:
            self.follow_closely()
        self._arrangement.take(self._standing)
        self._arrangement.resize(*self.app.size)
        self._arrange()

    # News from the journal

    def show_news(self, kinds: frozenset[type[Event]] | None) -> None:
        if self._arrangement.take(self._standing):
            self._arrange()
        state = self._strip_state
        for part in self.children:
            if part.id not in self._layout.regions:
                continue
            if isinstance(part, Pane):
                self._show_in(part, kinds)
            elif isinstance(part, Strip):
                part.show(self.history, state, kinds)

    @property
    def _standing(self) -> Mapping[str, Standing]:
        """The place of each pane for this training."""
        return {name: pane.standing(self.history) for name, pane in self._panes.items()}

    def _show_in(self, pane: Pane, kinds: frozenset[type[Event]] | None) -> None:
        shown = self._epoch.history_for(type(pane), self.history)
        # A past epoch does not change.
        pane.show(shown, kinds if shown is self.history else kinds and frozenset())

    @property
    def _strip_state(self) -> Strip.State:
        return Strip.State(
            label=self.source.label,
            now=self._clock(),
            pausing=self._control.pausing,
            keys=() if text_only(self.app) else tuple(footer_keys(self._situation)),
            silence=self.source.silence(self._clock()),
            go_on=self._control.go_on,
            report=self._control.report_command,
            tests=self.source.tests,
        )

    @property
    def _situation(self) -> Situation:
        name = self._arrangement.pane
        return Situation(
            steerable=self.alive and not self.source.refusal,
            refused=self._control.refusals,
            resumable=self._control.resumable,
            playing=self.alive and self.source.hold is not None,
            paused=self.history.paused,
            zoomed=self.zoomed,
            below=self._below,
            pane=self._panes[name] if name in self._layout.regions else None,
            past_epochs=len(self.history.epochs) > 1,
            panes=len(self._panes),
        )

    def writer_is_gone(self) -> None:
        """Say that the writer is silent; if the run never began, show only the pane with its end.

        The news and the log say why an engine died.
        """
        silent = self.source.liveness == "silent"
        if silent and (sentence := self.source.why_not_live()):
            self.notify(sentence, severity="warning", timeout=60, markup=False)
        elif self.was_live and self.source.run is not None:
            self._tell_end()
        if self.history.ended is not None and not self._has_begun:
            self._arrangement.show_before_start()
            self._arrange()

    def _tell_end(self) -> None:
        """Call somebody who waits for the end of the run; who stopped it waits for nothing."""
        ended = self.history.ended
        if ended is not None and ended.reason != "stopped":
            self.call_attention(screen_text.over(self.source.label, ended))

    def source_was_read(self) -> None:
        if self.history.read_share < 1.0:
            status = self.get_child_by_id("status", Status)
            status.show(self.history, self._strip_state, None)
        self._control.show_answer_to_stop()
        if self._has_begun and self._arrangement.show_again():
            self._arrange()

    @property
    def _has_begun(self) -> bool:
        """Whether the run began, so that there is more to show than its log."""
        return self.history.run is not None or self.history.steps is not None

    # Layout

    def on_resize(self, event: textual_events.Resize) -> None:
        self._arrangement.resize(*self.app.size)
        self._arrange()
        if self.app.screen is not self:
            # The dialog on top shows this screen as it was when the dialog was drawn.
            self.call_after_refresh(self.app.screen.refresh)

    def _arrange(self) -> None:
        """Lay out all parts as chosen, and focus the chosen pane."""
        before, now = self._layout.regions, self._arrangement.regions
        self._layout.regions = now
        for pane in self.query_children(Pane):
            pane.tabs = self._arrangement.tabs_of(pane.NAME)
        self._pane.focus()
        if now == before:
            # Nothing moved: only the keys and the colours of two borders change.
            footer = self.get_child_by_id("footer", Footer)
            footer.show(self.history, self._strip_state, None)
        elif before:  # the first layout draws all parts by itself
            self.arrange_again()
            self.call_after_refresh(self.show_news, None)

    @property
    def zoomed(self) -> bool:
        """Whether one pane is shown alone."""
        return self._arrangement.zoomed

    @property
    def _pane(self) -> Pane:
        """The pane with the focus."""
        return self.get_child_by_id(self._arrangement.pane, expect_type=Pane)

    def action_pane(self, name: str) -> None:
        """Go to a pane; if it has no region on the screen, show it alone."""
        if name != self._arrangement.pane or name not in self._layout.regions:
            self._drop_note()
            self._arrangement.go_to(name)
            self._arrange()

    def _drop_note(self) -> None:
        if "inspection" in vars(self):  # else nothing was requested
            self.inspection.drop_note()

    def action_numbered(self, digit: int) -> None:
        if name := self._arrangement.numbered(str(digit)):
            self.action_pane(name)

    def action_next_pane(self, panes: int) -> None:
        self._drop_note()
        self._arrangement.step(panes)
        self._arrange()

    def action_zoom(self) -> None:
        self._arrangement.toggle_zoom()
        self._arrange()

    def action_back(self) -> None:
        if self.zoomed:
            self.action_zoom()
        elif self._below:
            self.dismiss("")

    def on_pane_chosen(self, message: Pane.Chosen) -> None:
        self.action_pane(message.pane.NAME)

    def on_chart_viewed(self) -> None:
        """Draw all panes that share the x-axis."""
        for chart in self.query_children(Chart):
            if chart.NAME in self._layout.regions:
                chart.redraw()

    # Commands and requests to the engine

    def action_pause(self) -> None:
        hold = self.source.hold
        if hold is None or not hold():
            self._control.pause_or_continue()

    def action_checkpoint(self) -> None:
        self._control.save_checkpoint()

    def action_stop(self) -> None:
        self._control.stop()

    def action_steer(self) -> None:
        self._control.steer()

    def action_resume(self) -> None:
        self._control.resume()

    def _resumed(self, run: RunDir) -> None:
        """An engine trains the run again, started here."""
        self._started = True
        self.read()

    @cached_property
    def inspection(self) -> InspectionRouter:
        """Imported at the first request: most viewers send none."""
        from tui.screens.inspection_router import InspectionRouter

        return InspectionRouter(self, self.source)

    def action_augmented(self) -> None:
        if why := self._control.inspection_refusal:
            self.notify(why, markup=False)
            return
        from tui.screens.augmented import AugmentedScreen

        waiting = (
            screen_text.waiting_for_augmented(self._control.trainer)
            if self.alive
            else screen_text.READS_IMAGES
        )
        dialog = AugmentedScreen(waiting)
        self.app.push_screen(dialog)
        self.inspection.request(dialog, commands.InspectionRequest("augmented"))

    def on_pane_inspection_requested(self, message: Pane.InspectionRequested) -> None:
        if why := self._control.inspection_refusal:
            self.notify(why, markup=False)
            message.pane.receive(events.Alert("info", "refused", why))
        else:
            self.inspection.request(message.pane, message.request)

    def on_pane_folder_wanted(self, message: Pane.FolderWanted) -> None:
        message.pane.take_folder(self.source.run)

    def on_pane_layer_selected(self, message: Pane.LayerSelected) -> None:
        for pane in self.query_children(Pane):
            pane.select_layer(message.layer)

    # Past epochs, explanations and help

    def action_past(self, epochs: int) -> None:
        """Show the epoch this many later, or earlier if negative; each pane says what it shows."""
        if self._epoch.turn(self.history, epochs):
            for pane in self.query_children(Pane):
                pane.go_to_epoch(self._epoch.past_epoch)
            self.show_news(None)

    def action_explain(self) -> None:
        from tui.screens.explain import ExplainScreen

        self._show_in(self._pane, None)  # it may not have been visible until the last key
        sentences = [*self._pane.explain()]
        if (ended := self.history.ended) is not None:
            reason = shared_text.RUN_ENDED[ended.reason]
            over = screen_text.explain_over(reason, self.history.epoch, ended.error)
            sentences.insert(0, over)
        reasons = self._verdict_reasons if "verdict" in self._layout.regions else ""
        self.app.push_screen(ExplainScreen(self._pane.TITLE, " ".join(sentences) + reasons))

    @property
    def _verdict_reasons(self) -> str:
        """What the line under the header says, with the reason of each verdict."""
        found = verdicts(self.history, self._control.go_on, self.source.tests)
        said = [f"{one.text}. {one.reason}" for one in fitting(found, self.app.size.width)]
        return "\n\n" + "\n".join([screen_text.EXPLAIN_LINE, *said]) if said else ""

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen, of_dashboard

        shown = screen_text.help_run(self._control.refusals)
        if self.source.refusal:
            shown = screen_text.HELP_RECORDING if self.source.hold else screen_text.HELP_LOG
        panes = [self._panes[name] for name in self._arrangement.names]
        groups = of_dashboard(panes, self._arrangement.pane, shown)
        self.app.push_screen(HelpScreen(groups))

    def further_actions(self) -> Iterator[tuple[str, str, str]]:
        """Actions of the palette that are not bindings: words, keys, and the action itself."""
        for name in self._arrangement.names:
            pane = self._panes[name]
            keys = [d for d in "1234567890" if self._arrangement.numbered(d) == name]
            yield pane.GO_TO, " ".join(keys), f"pane('{name}')"
        if self.alive and not self.source.refusal:
            yield screen_text.STOP, "", "stop"
        if self._control.resume_command:
            yield screen_text.COPY_RESUME, "", "copy_resume"
        if not (self.alive or self.source.refusal):
            yield screen_text.COPY_REPORT, "", "copy_report"

    def useless_actions(self) -> frozenset[str]:
        """Actions whose keys would now only say why nothing happens."""
        commands_to_engine = {"checkpoint", "steer", "augmented"}
        if self.source.hold is not None:
            return frozenset({*commands_to_engine, "resume", "copy"})
        if self.source.refusal:
            return frozenset({*commands_to_engine, "resume", "pause", "detach"})
        refusals = self._control.refusals
        refused = {action for kind, action in screen_text.ACTIONS.items() if kind in refusals}
        if self.alive:
            return frozenset({"resume", *refused})
        unseen = {"augmented"} if self.history.watched is not None else set()
        return frozenset({"pause", "checkpoint", "steer", "detach", *unseen, *refused})

    # Copying commands, and leaving

    def action_copy(self) -> None:
        """Copy the command that watches this run; over SSH this works if the terminal allows it."""
        if self.source.selector or not self._control.refused():
            self._copy(screen_text.attach_command(self.source.selector))

    def action_copy_resume(self) -> None:
        self._copy(self._control.resume_command)

    def action_copy_report(self) -> None:
        self._copy(screen_text.report_command(self._control.selector))

    def _copy(self, command: str) -> None:
        self.app.copy_to_clipboard(command)
        self.notify(screen_text.copied(command), markup=False)

    def action_detach(self) -> None:
        self.read()  # the newest state decides what is said
        super().action_leave()

    def action_leave(self) -> None:
        """Leave; the viewer that started the run asks first whether to stop it."""
        from tui.screens.leave import LeaveScreen

        self.read()
        if self._started and self.alive:
            self.app.push_screen(
                LeaveScreen(self.source.label, paused=self._control.paused), self._leave
            )
        else:
            super().action_leave()

    def _leave(self, answer: str | None) -> None:
        if answer == "keep":
            super().action_leave()
        elif answer == "stop" and self._control.tell(commands.Stop):
            self.app.exit(screen_text.stopping(self.source.label, self.source.selector))

    @property
    def farewell(self) -> str:
        label, selector = self.source.label, self.source.selector
        if not selector:
            return screen_text.RECORDING_OVER
        if self.alive and not self.source.refusal:
            left = shared_text.stays_paused if self._control.paused else shared_text.goes_on
            return left(label, selector)
        return screen_text.see_again(label, selector)
