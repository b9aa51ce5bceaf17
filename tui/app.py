"""The app: it opens the first screen, and handles keys, notes and themes on every screen."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from textual import events
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Input

from engine.catalog import user_config
from tui import shared_text
from tui.screens.opening import Opening
from tui.terminal import ambiguous_width, ending_signals, fullwidth_keys, hangup
from tui.terminal.driver import SteadyDriver
from tui.terminal.fine_app import FineApp
from tui.terminal.typed_ahead import TypedAhead, keys_in
from tui.widgets import themes

if TYPE_CHECKING:
    from tui.viewer.event_source import EventSource

TERMINAL_SECONDS = 0.5
BRIEF_SECONDS = 2.5
# By then, everything that the first screen needs has been imported.
SETTLED_SECONDS = 3.0


def _actions() -> type[Provider]:
    """The commands of the palette, imported when it opens."""
    from tui.widgets.palette import Actions

    return Actions


def settle() -> None:
    """Turn garbage collection on, except for the modules and widgets that exist already.

    Searching all of these takes longer than drawing the screen.
    """
    gc.freeze()
    gc.enable()


class CnnTui(FineApp[str]):
    """The viewer: a dashboard of the training to watch, else the launcher."""

    TITLE = shared_text.PROGRAM
    COMMANDS = {_actions}  # noqa: RUF012 (Textual's own type)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("colon,ctrl+p", "command_palette", show=False),
        Binding("ctrl+l", "draw_anew", shared_text.DRAW_ANEW, show=False),
    ]
    # Notes stand above the newest line of the log and the keys, in one row where they fit.
    CSS = """
    ToastRack { margin-bottom: 2; }
    Toast { width: auto; max-width: 76; padding: 0 1; }
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
        watch: Callable[[], EventSource] | None = None,
        name: str = "",
        started: bool = False,
        ascii_only: bool = False,
        typed: str = "",
        farewell: str = "",
        note: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Watch a training, or open the launcher.

        `watch` gives its source, as soon as the terminal shows the opening with its `name`.
        `started` says that this viewer started it. `typed` is the text that the user typed before
        the app started.
        `farewell` is printed if the app is ended before its first screen is open. `note` is
        shown with it.
        """
        super().__init__(driver_class=SteadyDriver)
        self.ascii_only = ascii_only
        # Whether pictures and shades must be text, without any colour.
        self.text_only = False
        self.set_class(ascii_only, "-ascii")
        self._runs_dir, self._data_dir = runs_dir, data_dir
        self._watch, self._name, self._started = watch, name, started
        self._farewell, self._note = farewell, note
        self.clock = clock
        self._typed_ahead = TypedAhead(keys_in(typed))
        for theme in themes.dark_and_light(self.console.color_system == "standard"):
            self.register_theme(theme)
        self.theme = themes.at_start(user_config.current().theme, os.environ.get("COLORFGBG", ""))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.INKS_DARK

    def on_mount(self) -> None:
        if self.is_headless:
            self._open()
            return
        self.set_interval(TERMINAL_SECONDS, self._end_with_terminal)
        self.set_timer(SETTLED_SECONDS, settle)
        self.call_after_refresh(self._open)

    def get_default_screen(self) -> Opening:
        return Opening(self._name or shared_text.PROGRAM, boxed=self._watch is not None)

    def _open(self) -> None:
        """Import and show the first screen; until then, the terminal shows the opening."""
        self.push_screen(self.first_screen())
        if self._note:
            self.notify(self._note, severity="warning", markup=False)
        self._release_soon()

    def first_screen(self) -> Screen[Any]:
        """The screen that follows the opening."""
        if self._watch is None:
            from tui.screens.launcher.launcher_screen import Launcher

            return Launcher(self._runs_dir, self._data_dir)
        from tui.screens.dashboard import Dashboard

        return Dashboard(self._watch(), started=self._started, clock=self.clock)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """Draw in ASCII if a slow terminal answers the question of `ambiguous_width` late."""
        if event.x >= ambiguous_width.AFTER_ONE_CELL and not self.ascii_only:
            self.ascii_only = True
            self.add_class("-ascii")
            self.refresh_css(animate=False)

    async def on_event(self, event: events.Event) -> None:
        """Keep keys until the screen that they were typed for is open."""
        if not isinstance(event, events.Key):
            await super().on_event(event)
            return
        if not self._typed_ahead.keeps(event, self.screen):
            await self._hand_on(event)
        elif self._typed_ahead.wants(self.screen):
            self._release_soon()

    async def _hand_on(self, key: events.Key) -> None:
        """Send a key to the widgets; a full-width character acts as ASCII, except in an input."""
        if not isinstance(self.focused, Input):
            key = fullwidth_keys.ascii_key(key)
        self._typed_ahead.handed_on(key, self.screen)
        await super().on_event(key)

    def _release_soon(self) -> None:
        """Release the keys that wait once the screen on top is drawn."""
        self._typed_ahead.ask(self.screen)
        self.screen.call_after_refresh(self._release_keys)

    async def _release_keys(self) -> None:
        for key in self._typed_ahead.released(self.screen):
            await self._hand_on(key)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a note unless it is on the screen; warnings stay longer than other notes."""
        if any(note.message == message for note in self._notifications):
            return
        if timeout is None and severity == "information":
            timeout = BRIEF_SECONDS
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def action_command_palette(self) -> None:
        from tui.widgets.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(placeholder=shared_text.SEARCH_COMMANDS))

    def further_actions(self) -> Iterator[tuple[str, str, str]]:
        """Actions of the palette that are not bindings: words, keys, and the action itself."""
        yield shared_text.TOGGLE_THEME, "", "toggle_theme"
        yield shared_text.DRAW_ANEW, "Ctrl+L", "draw_anew"

    def action_toggle_theme(self) -> None:
        dark, light = themes.DARK.name, themes.LIGHT.name
        self.theme = light if self.theme == dark else dark

    def call_attention(self, text: str) -> None:
        """Ring once and tell this text, unless the user wants no bell."""
        if user_config.current().bell:
            super().call_attention(text)

    def _end_with_terminal(self) -> None:
        """Exit when the terminal is gone: Textual would read its dead input in a busy loop."""
        if hangup.is_gone():
            self.end_at_once(ending_signals.exit_code(signal.SIGHUP))

    def end_at_once(self, code: int) -> NoReturn:
        """Give the terminal back and end the process, whatever the app is doing."""
        try:
            assert isinstance(self._driver, SteadyDriver)
            self._driver.give_back(self.last_words or self._farewell)
        finally:
            os._exit(code)
