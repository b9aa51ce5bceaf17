"""An app that sends to the terminal only what it does not show already."""

from __future__ import annotations

import os
from functools import partial
from typing import TypeVar

from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.geometry import Offset
from textual.screen import Screen

from tui.terminal import attention
from tui.terminal.compositor import FineUpdate
from tui.terminal.driver import SteadyDriver
from tui.terminal.shown_cells import ShownCells

Result = TypeVar("Result")


class FineApp(App[Result]):
    """Remembers what the terminal shows, until something else writes to it."""

    @property
    def _shown(self) -> ShownCells | None:
        """None without a terminal, as in tests."""
        return self._driver.shown if isinstance(self._driver, SteadyDriver) else None

    def action_draw_anew(self) -> None:
        """Send every cell again."""
        if isinstance(self._driver, SteadyDriver):
            self._driver.draw_anew()

    @property
    def last_words(self) -> str:
        """What the screens say of what goes on without them: the upper one first, a line once."""
        said = [getattr(screen, "farewell", "") for screen in reversed(self.screen_stack)]
        lines = "\n".join(filter(None, said)).split("\n")
        return "\n".join(dict.fromkeys(lines))

    def call_attention(self, text: str) -> None:
        """Ring the terminal's bell once, and show this text outside of it where it can do that."""
        if self._shown is not None:
            self.run_worker(partial(self._call, text), thread=True, exit_on_error=False)

    def _call(self, text: str) -> None:
        """Write the call from the app's own thread, after tmux has answered in this one."""
        assert self._driver is not None
        self.call_from_thread(self._driver.write, attention.call(text, os.environ))

    def on_resize(self, event: events.Resize) -> None:
        """Forget what a terminal of another size showed: it may have cut or moved its lines."""
        if self._shown is not None:
            self._shown.forget()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Write an update; Textual would also move the cursor each time."""
        shown = self._shown
        if shown is None or renderable is None:
            super()._display(screen, renderable)
        elif not isinstance(renderable, FineUpdate):
            shown.forget()
            super()._display(screen, renderable)
        elif self._running and not self._closed and not self._batch_count:
            renderable.shown = shown
            self._send(renderable.render_segments(self.console), shown)

    def _send(self, text: str, shown: ShownCells) -> None:
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        if cursor != Offset(0, 0):  # an input method shows its window there
            text += shown.cursor_to(*cursor)
        if text:
            assert self._driver is not None
            self._begin_update()
            self._driver.write(text)
            self._end_update()
