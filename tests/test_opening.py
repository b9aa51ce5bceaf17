"""The first frame: empty boxes, before all that is heavy is imported; keys are kept meanwhile."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.run import run_lock
from tests import scripted
from tests.processes import Terminal
from tui.app import CnnTui, settle
from tui.drawing import cells
from tui.screens.launcher.launcher_screen import Launcher
from tui.screens.leave import StopScreen
from tui.screens.opening import EmptyFrames

SHELF = """\
 43 resnet18


╭────────────────────────────╮╭────────────────────────────╮
│                            ││                            │
│                            ││                            │
│                            ││                            │
│                            ││                            │
│                            ││                            │
╰────────────────────────────╯╰────────────────────────────╯
╭──────────────────────────────────────────────────────────╮
│                                                          │
│                                                          │
│                                                          │
│                                                          │
│                                                          │
│                                                          │
╰──────────────────────────────────────────────────────────╯

"""


def drawn(boxes: EmptyFrames, width: int, height: int) -> str:
    return "\n".join(cells.text(row) for row in boxes.draw(width, height))


def test_the_boxes_stand_where_the_panes_will() -> None:
    assert drawn(EmptyFrames("43 resnet18", boxed=True), 60, 20) == SHELF


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (70, 15), (40, 10), (20, 2), (1, 1)])
def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    rows = EmptyFrames("43 \x1bresnet18", boxed=True).draw(*size)
    assert len(rows) == size[1]
    assert all(cells.width(row) in (0, size[0]) for row in rows[1:])
    assert "\x1b" not in cells.text(rows[0])


def test_a_tiny_terminal_and_the_launcher_have_no_boxes() -> None:
    assert drawn(EmptyFrames("43 resnet18", boxed=True), 40, 3) == " 43 resnet18\n\n"
    assert drawn(EmptyFrames("cnn-tui", boxed=False), 40, 3) == " cnn-tui\n\n"


def test_nothing_heavy_is_imported_for_it() -> None:
    heavy = (
        "tui.screens.dashboard",
        "tui.screens.launcher",
        "tui.widgets.palette",
        "plotext",
        "torch",
    )
    asked = f"print(*(m for m in {heavy} if m in sys.modules))"
    code = f"import sys, tui.cli.command_line, tui.app; {asked}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_key_pressed_while_it_is_seen_acts(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    terminal = Terminal("attach")
    terminal.wait_for("╭")
    terminal.type("?")
    terminal.wait_for("Esc back")
    terminal.type("\x1b")
    terminal.wait_for("p pause")
    terminal.type("q")
    assert terminal.wait_end() == 0
    os.close(lock)


def test_garbage_is_collected_again_once_all_is_there() -> None:
    gc.disable()
    settle()
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count()
    finally:
        gc.freeze()  # as it was for all tests
        gc.enable()


async def test_keys_wait_for_a_screen_that_opens_over_one_that_is_not_drawn_yet(
    tmp_path: Path,
) -> None:
    """Else they, and all after them, wait for a screen that stays covered."""
    async with CnnTui(tmp_path).run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, CnnTui)
        app._typed_ahead.waiting = True
        app._typed_ahead.ask(app.screen)
        await app.push_screen(StopScreen("1-lenet5-digits"))
        await pilot.press("escape")
        assert isinstance(app.screen, Launcher)
