"""The app: which screen comes first, and the themes. All else is in screens and panes."""

from __future__ import annotations

import gc
import os
import select
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input

from engine.run.rundir import RunDir
from tui import text
from tui.screens.opening import Opening
from tui.terminal import ambiguous_width, fullwidth_keys
from tui.terminal.driver import SteadyDriver

WATCH_SECONDS = 0.5
BRIEF_SECONDS = 2.5
# By then all that the first screen needs is there to stay.
SETTLED_SECONDS = 3.0

# Okabe & Ito's palette: told apart with every common kind of colour vision.
INKS_DARK = {
    "ink-dim": "#8a8a8a",
    "ink-border": "#4e4e4e",
    "ink-key": "#d0d0d0",
    "ink-train": "#56b4e9",
    "ink-validation": "#e69f00",
    "ink-rate": "#56b4e9",
    "ink-good": "#2fbf8f",
    "ink-warning": "#f0e442",
    "ink-error": "#ff6b5b",
    "ink-miss2": "#b5794f",
    "ink-miss3": "#d98e4a",
    "ink-miss4": "#ffb25a",
    "ink-selected": "#f0c060",
}
INKS_LIGHT = {
    "ink-dim": "#707070",
    "ink-border": "#b8b8b8",
    "ink-key": "#303030",
    "ink-train": "#0072b2",
    "ink-validation": "#b35900",
    "ink-rate": "#0072b2",
    "ink-good": "#00795a",
    "ink-warning": "#8a6d00",
    "ink-error": "#c03020",
    "ink-miss2": "#b08060",
    "ink-miss3": "#b06020",
    "ink-miss4": "#a04000",
    "ink-selected": "#9a5b00",
}
# Of sixteen colours the nearest would often be yellow or cyan, which nobody reads on white, and on
# black what is good would look as training does.
FEW_DARK = {"ink-good": "#55ff55"}
FEW_LIGHT = {
    "ink-train": "#0000aa",
    "ink-validation": "#aa00aa",
    "ink-rate": "#0000aa",
    "ink-good": "#00aa00",
    "ink-warning": "#aa00aa",
    "ink-error": "#aa0000",
    "ink-miss2": "#555555",
    "ink-miss3": "#aa00aa",
    "ink-miss4": "#aa0000",
    "ink-selected": "#aa00aa",
}
DARK = Theme(
    name="cnn-dark",
    primary="#56b4e9",
    foreground="#d4d4d4",
    background="#0c0c0c",
    surface="#1a1a1a",
    panel="#262626",
    dark=True,
    variables=INKS_DARK,
)
LIGHT = Theme(
    name="cnn-light",
    primary="#0072b2",
    foreground="#222222",
    background="#ffffff",
    surface="#f0f0f0",
    panel="#e4e4e4",
    dark=False,
    variables=INKS_LIGHT,
)


def themes(few_colours: bool) -> tuple[Theme, Theme]:
    """Dark and light, for a terminal of many colours or of sixteen."""
    if not few_colours:
        return DARK, LIGHT
    pairs = ((DARK, FEW_DARK), (LIGHT, FEW_LIGHT))
    dark, light = (replace(one, variables=one.variables | few) for one, few in pairs)
    return dark, light


def on_light(colours: str) -> bool:
    """Whether a terminal that says so in COLORFGBG, `15;0` or so, has a light background."""
    return colours.rpartition(";")[2] in ("7", "15")


def _actions() -> type[Provider]:
    """The palette's commands, imported when it is opened."""
    from tui.widgets.palette import Actions

    return Actions


def settle() -> None:
    """Collect garbage from now on, but not among what is there to stay.

    Looking through all of it takes longer than drawing the screen.
    """
    gc.freeze()
    gc.enable()


class CnnTui(App[str]):
    """The viewer: a dashboard of the run to watch, else the launcher."""

    TITLE = text.PROGRAM
    COMMANDS = {_actions}  # noqa: RUF012 (Textual's own type)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("colon,ctrl+p", "command_palette", show=False),
    ]
    CSS = """
    CommandPalette > Vertical { background: $background; margin-top: 2; max-width: 76; }
    CommandPalette > Vertical:dark { background: $background; }
    CommandPalette #--input { border: round $ink-selected; background: $background; height: 3; }
    CommandPalette #--input CommandInput { height: 1; padding: 0 1; margin: 0; border: none; }
    CommandPalette #--input.--list-visible { border: round $ink-selected; }
    CommandPalette SearchIcon { display: none; }
    CommandPalette CommandList {
        background: $background; border: round $ink-border; scrollbar-size-vertical: 1;
    }
    CnnTui.-ascii .box { border: ascii $ink-selected; }
    CnnTui.-ascii CommandPalette #--input { border: ascii $ink-selected; }
    CnnTui.-ascii CommandPalette CommandList { border: ascii $ink-border; }
    CnnTui.-ascii * { scrollbar-size: 0 0; }
    """

    def __init__(
        self,
        runs_dir: Path,
        *,
        data_dir: str = "",
        watch: RunDir | None = None,
        started: bool = False,
        recorded: bool = False,
        ascii_only: bool = False,
        typed: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`started` says that this viewer started the run, `recorded` that no engine ever will.

        `typed` is what was already typed for it, before it was there.
        """
        super().__init__(driver_class=SteadyDriver)
        self.ascii_only = ascii_only
        self.set_class(ascii_only, "-ascii")
        self._runs_dir, self._data_dir = runs_dir, data_dir
        self._run, self._started, self._recorded = watch, started, recorded
        self._typed, self.clock = typed, clock
        # The keys that were pressed while the opening was seen; None from then on.
        self._early: list[events.Key] | None = None
        # For which screen a key was meant that is on its way through the widgets; keys that have
        # come back since that was covered, and those that were typed after them.
        self._meant_for: WeakKeyDictionary[events.Key, Screen[Any]] = WeakKeyDictionary()
        self._returned: list[events.Key] = []
        self._behind: list[events.Key] = []
        self._typed_on: Screen[Any] | None = None
        for theme in themes(self.console.color_system == "standard"):
            self.register_theme(theme)
        self.theme = LIGHT.name if on_light(os.environ.get("COLORFGBG", "")) else DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return INKS_DARK

    def on_mount(self) -> None:
        if self.is_headless:
            self._open()
            return
        self.set_interval(WATCH_SECONDS, self._end_with_terminal)
        self.set_timer(SETTLED_SECONDS, settle)
        self._early = []
        self.call_after_refresh(self._open)

    def get_default_screen(self) -> Opening:
        run = self._run
        if run is None:
            return Opening(text.PROGRAM, boxed=False)
        name = run.label if run.number is None else f"{run.number} {run.name}"
        return Opening(name, boxed=True)

    def _open(self) -> None:
        """Go to the first screen, which is imported while a person sees the opening."""
        if self._run is None:
            from tui.screens.launcher import Launcher

            self.push_screen(Launcher(self._runs_dir, self._data_dir))
        else:
            from tui.screens.dashboard import Dashboard

            dashboard = Dashboard(
                self._run, started=self._started, recorded=self._recorded, clock=self.clock
            )
            self.push_screen(dashboard)
        self.call_after_refresh(self._type)

    def _type(self) -> None:
        """Take the keys that were typed before the first screen was there."""
        early, self._early = self._early or [], None
        for message in (*XTermParser().feed(self._typed), *early):
            self.post_message(message)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """A far terminal answers late how wide it draws; see `ambiguous`."""
        if event.x >= ambiguous_width.AFTER_ONE_CELL and not self.ascii_only:
            self.ascii_only = True
            self.add_class("-ascii")
            self.refresh_css(animate=False)

    async def on_event(self, event: events.Event) -> None:
        """Full-width characters are the keys that they look like, except where text is typed."""
        if isinstance(event, events.Key):
            if self._early is not None:
                self._early.append(event)
                return
            if not self._is_ahead(event):
                await self._take(event)
            return
        await super().on_event(event)

    async def _take(self, key: events.Key) -> None:
        if not isinstance(self.focused, Input):
            key = fullwidth_keys.ascii_twin(key)
        self._meant_for[key] = self.screen
        await super().on_event(key)

    def _is_ahead(self, key: events.Key) -> bool:
        """Whether a key waits for a screen that has just been opened.

        A key that comes back unused after the one before it has opened a screen was typed for that
        screen, as over a slow line, where several keys arrive at once. The first keys on another
        screen wait for those.
        """
        if key in self._meant_for:
            queue = self._returned if self._meant_for[key] is not self.screen else None
        else:
            waiting = self._returned or self._behind or self._typed_on is not self.screen
            queue = self._behind if waiting else None
        if queue is None:
            return False
        if not self._returned and not self._behind:
            self.screen.call_after_refresh(self._let_go)
        queue.append(key)
        return True

    async def _let_go(self) -> None:
        """Take the keys that wait; those that arrive meanwhile go behind them."""
        self._typed_on = self.screen
        while queue := self._returned or self._behind:
            await self._take(events.Key(queue[0].key, queue[0].character))
            queue.pop(0)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in passing: once while it is seen, and briefly where it is no warning."""
        if any(note.message == message for note in self._notifications):
            return
        if timeout is None and severity == "information":
            timeout = BRIEF_SECONDS
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def action_command_palette(self) -> None:
        from tui.widgets.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(placeholder=text.SEARCH_COMMANDS))

    def further_actions(self) -> Iterator[tuple[str, str, str]]:
        """What the palette offers beside the bindings: in words, its keys, and the action."""
        yield text.TOGGLE_THEME, "", "toggle_theme"

    def action_toggle_theme(self) -> None:
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def _end_with_terminal(self) -> None:
        """Leave at once when the terminal is gone: Textual would spin on its dead input."""
        poll = select.poll()
        poll.register(0, 0)
        if any(
            state & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, state in poll.poll(0)
        ):
            self.terminal_gone()

    def terminal_gone(self) -> None:
        os._exit(1)
