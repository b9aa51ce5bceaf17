"""One frame of a dashboard as text, for a log, a mail or a script."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

from textual.app import App

from engine.run.run_paths import RunDir
from tui.app import CnnTui


def frame(run: RunDir, *, ascii_only: bool = False) -> str:
    """What `cnn-tui attach` would show now, at the size of this terminal (120×40 without one)."""
    size = shutil.get_terminal_size((120, 40))
    return asyncio.run(_frame(run, (size.columns, size.lines), ascii_only))


async def _frame(run: RunDir, size: tuple[int, int], ascii_only: bool) -> str:
    app = CnnTui(run.path.parent, watch=run, ascii_only=ascii_only)
    app.no_color = True  # so that pictures are shades, which text can show
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        return screen_text(app)


def screen_text(app: App[Any]) -> str:
    """The rows of an app's screen, without colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips)
