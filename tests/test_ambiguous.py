"""How wide a terminal draws is asked of real pseudo-terminals, which answer or do not."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pyte
import pytest
from textual.events import CursorPosition

from engine.run import run_lock
from tests import scripted
from tests.processes import TIMEOUT, Terminal, start_process
from tests.test_dashboard import app_of, screen
from tui.terminal import ambiguous_width

# The time is not over until so many pieces were heard; where none comes it is the real one.
ASK = """
import sys, time
from tui.terminal import ambiguous_width
pieces = int(sys.argv[1])
times = iter([0.0, *[-1000.0] * pieces])
began = time.monotonic()
with ambiguous_width.asked((lambda: next(times, 1.0)) if pieces else time.monotonic) as terminal:
    pass
print(terminal.wide, repr(terminal.typed), time.monotonic() - began, file=sys.stderr)
"""


def told(*said: bytes) -> tuple[str, str, float]:
    """What is found out where a terminal says this after the question, and in how many seconds."""
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    command = (sys.executable, "-c", ASK, str(len(said)))
    process = start_process(*command, stdin=slave, stdout=slave, stderr=subprocess.PIPE)
    asked = b""
    while b"\x1b8" not in asked:
        asked += os.read(master, 100)
    for piece in said:
        os.write(master, piece)
    wide, typed, seconds = process.communicate(timeout=TIMEOUT)[1].split()
    assert asked == ambiguous_width.QUESTION
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)
    return wide, typed, float(seconds)


@pytest.mark.parametrize(("column", "wide"), [(2, "False"), (3, "True")])
def test_a_terminal_that_answers(column: int, wide: str) -> None:
    assert told(f"\x1b[24;{column}R".encode())[:2] == (wide, "''")


def test_a_terminal_that_does_not_is_waited_for_a_moment_alone() -> None:
    wide, typed, seconds = told()
    assert (wide, typed) == ("False", "''")
    assert seconds >= ambiguous_width.SECONDS


def test_what_is_typed_meanwhile_is_kept() -> None:
    assert told(b"p\x1b[A\x1b[1;3Rq\r")[:2] == ("True", repr("p\x1b[Aq\r"))
    assert told("时\r".encode())[:2] == ("False", repr("时\r"))


def test_without_a_terminal_nothing_is_written() -> None:
    command = [sys.executable, "-c", ASK, "0"]
    done = subprocess.run(command, input="\x1b[1;3R", capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr.startswith("False ''")


class Wide(pyte.Screen):
    """An emulator that says what one would that draws ambiguous characters wide."""

    asked_of: Terminal

    def report_device_status(self, mode: int, **options: Any) -> None:
        if mode == 6:
            self.asked_of.type("\x1b[1;3R?")


def test_a_wide_terminal_gets_ascii_and_a_key_typed_at_once_acts(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    emulator = Wide(80, 24)
    terminal = Terminal("attach", screen=emulator)
    emulator.asked_of = terminal
    terminal.wait_for("Esc back")
    terminal.type("\x1b")
    terminal.wait_for("p pause")
    # Where the answer came too late for the first frame, the next one is plain.
    terminal.wait_until(lambda: terminal.text.isascii(), "an ASCII screen")
    terminal.type("q")
    assert terminal.wait_end() == 0
    os.close(lock)


async def test_a_late_answer_counts(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with app_of(run).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert not screen(pilot).isascii()
        pilot.app.post_message(CursorPosition(2, 0))
        await pilot.pause()
        assert screen(pilot).isascii()
