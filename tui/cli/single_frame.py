"""One frame of a dashboard as text, for a log, a mail or a script."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from tui.app import CnnTui
from tui.screens.following_screen import SLICE_BREAK_SECONDS, FollowingScreen
from tui.terminal.plain_screen import screen_text
from tui.viewer.event_source import EventSource


def frame(source: EventSource, *, ascii_only: bool = False) -> str:
    """The frame that `cnn-tui attach` would show now, without the keys.

    Its size is that of this terminal, or 120×40. Waits until the whole source is read.
    """
    size = shutil.get_terminal_size((120, 40))
    return asyncio.run(_frame(source, (size.columns, size.lines), ascii_only))


async def _frame(source: EventSource, size: tuple[int, int], ascii_only: bool) -> str:
    app = CnnTui(Path(), watch=lambda: source, ascii_only=ascii_only)
    app.text_only = True
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        while isinstance(app.screen, FollowingScreen) and app.screen.history.read_share < 1.0:
            await pilot.pause(SLICE_BREAK_SECONDS)
        await pilot.pause()
        return screen_text(app).rstrip()
