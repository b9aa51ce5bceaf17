"""A long run with a viewer that is resized, paused and made to save at random, by `make soak`.

CNN_TUI_SOAK_SECONDS says for how long; an hour where it is not set.
"""

from __future__ import annotations

import fcntl
import os
import random
import statistics
import struct
import subprocess
import termios
import time
from pathlib import Path

import psutil
import pytest

from engine.protocol import commands, events
from engine.run import lock_owner, spool
from engine.run.journal_reader import JournalReader
from engine.run.run_paths import RunDir
from tests.processes import COMMAND, TIMEOUT, LiveJournal, Terminal, start_process, wait_for

SECONDS = float(os.environ.get("CNN_TUI_SOAK_SECONDS", "3600"))
SIZES = [(24, 80), (40, 120), (60, 200), (6, 20), (14, 60)]
# What the allocators may take in the second half of the time, as a share of the first half's.
GROWTH = 1.15
# A line of the journal at most, and events a second at most, without epochs' own.
LARGEST_LINE, EVENTS_A_SECOND = 64 * 1024, 8

pytestmark = [pytest.mark.soak, pytest.mark.timeout(SECONDS + 2 * TIMEOUT)]


class Usage:
    """Memory (bytes) and open files of a process over time."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.memory: list[int] = []
        self.files: list[int] = []

    def sample(self) -> None:
        self.memory.append(self._process.memory_info().rss)
        self.files.append(self._process.num_fds())

    def check(self, name: str) -> None:
        half = len(self.memory) // 2
        early, late = (statistics.median(part) for part in (self.memory[:half], self.memory[half:]))
        assert late < early * GROWTH, f"the {name}'s memory grows: {early:,} to {late:,} bytes"
        assert max(self.files[half:]) <= max(self.files[:half]) + 2, f"the {name} leaks files"


def disturb(terminal: Terminal, run: RunDir, dice: random.Random) -> None:
    """One thing that a restless user does."""
    match dice.randrange(4):
        case 0:
            size = struct.pack("HHHH", *dice.choice(SIZES), 0, 0)
            fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, size)
        case 1:
            terminal.type(dice.choice(["1", "2", "3", "4", "5", "6", "7", "z", "\t"]))
        case 2:
            spool.send(run, commands.Checkpoint)
        case 3:
            spool.send(run, commands.Pause)
            spool.send(run, commands.Continue)


def test_nothing_grows(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "1-lenet5-digits")
    arguments = (
        *("--no-ui", "-m", "lenet5", "-d", "digits", "--epochs", "1000000"),
        *("--set", "threads=1", "--set", "save_every=5s", "--runs-dir", str(tmp_path)),
    )
    # Not into a pipe: nobody would read it for an hour.
    engine = start_process(*COMMAND, *arguments, stdout=subprocess.DEVNULL)
    journal = LiveJournal(run.journal)
    wait_for(lambda: journal.count(events.EpochEnded) > 0)
    terminal = Terminal("attach", str(run.path), columns=120, rows=40)
    owner = lock_owner.read_owner(run)
    assert owner is not None
    usages = {"engine": Usage(owner.pid), "viewer": Usage(terminal.pid)}
    dice = random.Random(0)
    began = due = time.monotonic()
    while time.monotonic() < began + SECONDS:
        terminal.pump()
        if time.monotonic() > due:
            due += min(10.0, SECONDS / 60)
            disturb(terminal, run, dice)
            for usage in usages.values():
                usage.sample()
    size = run.journal.stat().st_size
    spool.send(run, commands.Stop)
    assert engine.wait(TIMEOUT) == 0
    terminal.wait_for("stopped")
    terminal.kill()
    for name, usage in usages.items():
        usage.check(name)
    said = [event for batch in JournalReader(run.journal).slices() for event in batch.events]
    frequent = sum(not isinstance(e, events.EpochEnded | events.Confusion) for e in said)
    epochs = len(said) - frequent
    assert frequent < SECONDS * EVENTS_A_SECOND + 20 * epochs
    assert size < len(said) * LARGEST_LINE
