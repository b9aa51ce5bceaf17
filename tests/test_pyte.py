"""The bytes that the program writes to a real terminal produce the screen that was meant."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from rich.color import Color
from textual.color import Color as TextualColor
from textual.pilot import Pilot

from engine.protocol import events
from engine.run import run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import scripted
from tests.processes import TIMEOUT, Terminal
from tests.scripted import Clock
from tests.test_dashboard import app_of

Cell = tuple[str, str]


@pytest.fixture(autouse=True)
def true_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COLORFGBG", "15;0")


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[RunDir]:
    """A run that has only begun, whose lock is held as an engine would."""
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run()[:4])
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def emulated(terminal: Terminal) -> list[list[Cell]]:
    """Each cell of the emulator with its colour; the second cell of a wide character is empty."""
    columns = range(terminal.screen.columns)
    rows = (terminal.screen.buffer[y] for y in range(terminal.screen.lines))
    return [[shown(row[x].data, row[x].fg) for x in columns] for row in rows]


def differences(real: list[list[Cell]], wanted: list[list[Cell]]) -> list[object]:
    """The cells that differ: row, column, what is there and what should be."""
    return [
        (y, x, *pair)
        for y, rows in enumerate(zip(real, wanted, strict=True))
        for x, pair in enumerate(zip(*rows, strict=True))
        if pair[0] != pair[1]
    ]


def shown(character: str, colour: str) -> Cell:
    """A blank has no colour that anybody sees."""
    return character, "" if character in (" ", "") else colour


def meant(pilot: Pilot[str]) -> list[list[Cell]]:
    """Each cell of a whole drawing with its colour, as the emulator would write them."""
    strips = pilot.app.screen._compositor.render_strips()
    return [
        [
            shown(character, written(style.color if style else None))
            for text, style, _ in strip
            for character in text
        ]
        for strip in strips
    ]


def written(colour: Color | None) -> str:
    return TextualColor.from_rich_color(colour).hex6[1:].lower()


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (61, 17)])
async def test_bytes_make_the_screen(growing: RunDir, size: tuple[int, int]) -> None:
    columns, rows = size
    terminal = Terminal("attach", columns=columns, rows=rows)
    terminal.wait_for("training")
    journal = Journal(growing.journal, Clock())
    for event in scripted.half_a_run()[4:]:
        journal.append(event)
        terminal.pump()
    journal.append(events.RunEnded("done", 2, 0.9, seconds=60.0, step=40))
    terminal.wait_for("✓ done")
    async with app_of(growing).run_test(size=size) as pilot:
        await pilot.pause()
        wanted = meant(pilot)
    deadline = time.monotonic() + TIMEOUT
    while differences(emulated(terminal), wanted) and time.monotonic() < deadline:
        terminal.pump()
    assert differences(emulated(terminal), wanted) == []
    terminal.type("q")
    assert terminal.wait_end() == 0


@pytest.mark.parametrize("dialog", ["", "?"])
@pytest.mark.parametrize("by", [signal.SIGSTOP, signal.SIGTSTP])
async def test_a_continued_viewer_draws_every_cell_again(
    growing: RunDir, by: signal.Signals, dialog: str
) -> None:
    """Even what no event changes: the shell has written over the screen."""
    journal = Journal(growing.journal, Clock())
    for event in scripted.half_a_run()[4:]:
        journal.append(event)
    journal.append(events.RunEnded("done", 2, 0.9, seconds=60.0, step=40))
    terminal = Terminal("attach", columns=80, rows=24)
    terminal.wait_for("✓ done")
    async with app_of(growing).run_test(size=(80, 24)) as pilot:
        await pilot.press(*dialog)
        await pilot.pause()
        wanted = meant(pilot)
    terminal.type(dialog)
    terminal.wait_until(lambda: differences(emulated(terminal), wanted) == [], "the screen")
    os.kill(terminal.pid, by)
    stopped = psutil.Process(terminal.pid)
    terminal.wait_until(lambda: stopped.status() == psutil.STATUS_STOPPED, "the stop")
    terminal.screen.reset()
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait_until(lambda: differences(emulated(terminal), wanted) == [], "the screen again")
    terminal.kill()


async def test_pasted_text_is_never_taken_for_keys(growing: RunDir) -> None:
    terminal = Terminal("attach", columns=80, rows=24)
    terminal.wait_for("training")
    terminal.type("\x1b[200~qqd?\x1b[201~")
    terminal.type("e")
    terminal.wait_for("A pure guess among")
    terminal.type("q")
    terminal.type("q")
    assert terminal.wait_end() == 0


def test_a_full_width_key_is_the_one_that_it_looks_like(growing: RunDir) -> None:
    terminal = Terminal("attach", columns=80, rows=24)
    terminal.wait_for("training")
    terminal.type("？")
    terminal.wait_for("save a checkpoint now")
    terminal.type("ｑ")
    terminal.type("ｑ")
    assert terminal.wait_end() == 0
