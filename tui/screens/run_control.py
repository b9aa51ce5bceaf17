"""The user's commands to the engine of a run: pause, continue, save, steer, stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.protocol import commands, events
from engine.run import spool
from engine.run.run_paths import RunDir
from engine.text import harmless
from tui import shared_text
from tui.screens import screen_text
from tui.screens.following_screen import FollowingScreen
from tui.shared_text import GoOn

if TYPE_CHECKING:
    from tui.screens.resumption import Resumption

# The code of the alert in which a program answers a stop, if it does not end at once.
ANSWER_TO_STOP = "stop"
# The kinds of commands, as `Watched.refusals` names them.
KINDS = ("Pause", "Checkpoint", "Steer", "Stop", "Probe")
# What only the engine's own runs can do.
RESUME = "Resume"


class RunControl:
    """Sends commands to the engine of the run that a screen follows.

    If there is no engine, or the source is only shown, a note on the screen says so.
    """

    def __init__(self, screen: FollowingScreen, resumed: Callable[[RunDir], object]) -> None:
        """`resumed` is called with the run when an engine trains it again."""
        self._screen, self._when_resumed = screen, resumed
        # Whether a pause was requested last, or its end; and the sequence number of the last event
        # at that time.
        self._requested: tuple[bool, int] | None = None
        # The sequence number of the last event when a stop was sent; None once it was answered.
        self._stop_sent_at: int | None = None

    @property
    def selector(self) -> str:
        """The name of the run on the command line."""
        return self._screen.source.selector

    @property
    def go_on(self) -> GoOn | None:
        """How a run that has ended too early goes on; None if it is live or done."""
        history = self._screen.history
        ended = history.ended
        if ended is None or ended.reason == "done" or self._screen.alive or self._refusal:
            return None
        if history.watched is not None:
            return shared_text.start_again(history.watched.program)
        command = screen_text.resume_command(self.selector, ended.setting)
        return GoOn(shared_text.GO_ON, command)

    @property
    def resume_command(self) -> str:
        """The command that resumes the run; empty if it is live or done, or no run of ours."""
        go_on = self.go_on if self._screen.history.watched is None else None
        return go_on.command if go_on is not None else ""

    @property
    def report_command(self) -> str:
        """The command that reports on the run; empty unless it is done."""
        ended = self._screen.history.ended
        if ended is None or ended.reason != "done" or self._screen.alive or self._refusal:
            return ""
        return screen_text.report_command(self.selector)

    @property
    def trainer(self) -> str:
        """What trains the run, in a word."""
        watched = self._screen.history.watched
        return screen_text.ENGINE if watched is None else watched.program

    @property
    def pausing(self) -> bool:
        """Whether a pause was requested and the engine has not replied yet."""
        return self._unanswered is True

    @property
    def _unanswered(self) -> bool | None:
        """Whether a pause was requested, or its end; None once the engine has replied."""
        if self._requested is None:
            return None
        pause, seq = self._requested
        phase = self._screen.history.phase
        return pause if phase is None or phase.seq <= seq else None

    @property
    def paused(self) -> bool:
        """Whether the run is paused, or will be once the engine has replied."""
        unanswered = self._unanswered
        return self._screen.history.paused if unanswered is None else unanswered

    @property
    def _refusal(self) -> str:
        return self._screen.source.refusal

    def refusal_of(self, kind: str) -> str:
        """Why a command of this kind is never obeyed; empty if it is.

        A source may only be shown, and somebody's own program says itself what it cannot do.
        """
        watched = self._screen.history.watched
        return self._refusal or (watched.refusals.get(kind, "") if watched is not None else "")

    def refused(self, kind: str = "") -> bool:
        """Whether a command of this kind is never obeyed; if so, a note says why."""
        why = self.refusal_of(kind)
        if why:
            self._screen.notify(harmless(why), markup=False)
        return bool(why)

    @property
    def refusals(self) -> frozenset[str]:
        """The kinds of commands that are never obeyed."""
        refused = frozenset(kind for kind in KINDS if self.refusal_of(kind))
        is_ours = self._screen.history.watched is None and not self._refusal
        return refused if is_ours else refused | {RESUME}

    @property
    def resumable(self) -> bool:
        """Whether an engine can train the run further: it is ours, and none trains it."""
        over = self._screen.source.liveness == "gone" and self._screen.history.ended is not None
        return over and RESUME not in self.refusals

    @property
    def inspection_refusal(self) -> str:
        """Why nothing inside the network can be shown now; empty if it can.

        Without its program, nobody can build the network of a script.
        """
        gone = self._screen.history.watched is not None and not self._screen.alive
        return self.refusal_of("Probe") or (self._absence() if gone else "")

    def tell(self, kind: type[commands.Command], **fields: float) -> bool:
        """Send a command; whether it was sent. Without an engine, a note says why not."""
        if self.refused(kind.__name__):
            return False
        if not self._screen.alive:
            self._warn(self._absence())
            return False
        assert self._screen.source.run is not None
        try:
            spool.send(self._screen.source.run, kind, **fields)
        except EngineError as error:
            self._warn(str(error))
            return False
        return True

    def pause_or_continue(self) -> None:
        if self.refused("Pause"):
            return
        self._screen.read()  # the newest state decides what the key does
        if self._screen.history.paused:
            if self.tell(commands.Continue):
                self._requested = False, self._screen.history.last_seq
        elif self.tell(commands.Pause):
            self._requested = True, self._screen.history.last_seq
            self._screen.show_news(frozenset({events.Phase}))

    def stop(self) -> None:
        """Ask whether to stop the run, and do so; `show_answer_to_stop` says what comes of it."""
        from tui.screens.leave import StopScreen

        if self.refused("Stop"):
            return
        self._screen.read()
        if self._screen.alive:
            self._screen.app.push_screen(StopScreen(self._screen.source.label), self._stop)
        else:
            self._warn(self._absence())

    def _stop(self, answer: str | None) -> None:
        if answer == "stop" and self.tell(commands.Stop):
            self._stop_sent_at = self._screen.history.last_seq
            self._screen.notify(screen_text.STOP_SENT)

    def show_answer_to_stop(self) -> None:
        """Show the sentence of a program that ends later, or cannot be ended."""
        if self._stop_sent_at is None:
            return
        for event in reversed(self._screen.history.log):
            if event.seq <= self._stop_sent_at:
                return
            if isinstance(event, events.Alert) and event.code == ANSWER_TO_STOP:
                self._stop_sent_at = None
                self._warn(harmless(event.text))
                return

    def resume(self) -> None:
        """Train the run further; a note says so where that cannot be."""
        if self.refused():
            return
        self._screen.read()
        if self._screen.alive:
            self._warn(screen_text.STILL_LIVE)
        else:
            assert self._screen.source.run is not None
            self._resumption.of(self._screen.source.run)

    def save_checkpoint(self) -> None:
        if self.refused("Checkpoint"):
            return
        self._screen.read()
        if self._screen.alive and (phase := self._phase_before_training):
            self._warn(screen_text.nothing_to_save(phase))
        elif self.tell(commands.Checkpoint):
            self._screen.notify(screen_text.SAVING_CHECKPOINT)

    def steer(self) -> None:
        """Open the form for another rate or another end, unless there is no engine."""
        from tui.screens.steer import SteerScreen

        if self.refused("Steer"):
            return
        self._screen.read()
        if self._screen.alive:
            form = SteerScreen(self._screen.history, self._cannot_steer)
            self._screen.app.push_screen(form, self._steer)
        else:
            self._warn(self._absence())

    @cached_property
    def _resumption(self) -> Resumption:
        """Imported at the first resume: most viewers resume nothing."""
        from tui.screens.resumption import Resumption

        return Resumption(self._screen, self._when_resumed)

    def _cannot_steer(self) -> str:
        """The reason why the engine cannot be steered now; empty if it can."""
        self._screen.read()
        if not self._screen.alive:
            return self._absence()
        phase = self._phase_before_training
        return screen_text.steer_later(phase) if phase else ""

    @property
    def _phase_before_training(self) -> str:
        """The phase of an engine that trains nothing yet; empty if it has begun."""
        history = self._screen.history
        if history.run is not None and history.has_begun:
            return ""
        return history.phase.name if history.phase is not None else "starting"

    def _steer(self, changes: Mapping[str, float] | None) -> None:
        if changes and self.tell(commands.Steer, **changes):
            self._screen.notify(screen_text.steering(self.trainer), markup=False)

    def _absence(self) -> str:
        """The sentence that there is no engine, and how to go on."""
        sentence, go_on = self._screen.source.why_not_live(), self.go_on
        if go_on is not None:
            return screen_text.then_go_on(sentence, go_on)
        return screen_text.then_resume(sentence) if self.resumable else sentence

    def _warn(self, sentence: str) -> None:
        self._screen.notify(sentence, severity="warning", markup=False)
