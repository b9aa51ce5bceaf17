"""A terminal is as before when a signal has ended the program, whenever the signal came."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyte import modes

from engine.run import run_lock
from engine.run.run_paths import RunDir
from tests import scripted
from tests.processes import Terminal

AFTERWARDS = {modes.DECAWM, modes.DECTCEM}
COMES_BACK = "come back with: cnn-tui attach 1"


def is_asked(terminal: Terminal) -> bool:
    """The program wrote its first bytes: the question how wide characters are drawn."""
    return b"\x1b[6n" in terminal.output


def is_entered(terminal: Terminal) -> bool:
    """The program entered the second screen; the other modes are just being set."""
    return b"\x1b[?1049h" in terminal.output


def shows(*words: str) -> Callable[[Terminal], bool]:
    return lambda terminal: all(word in terminal.text for word in words)


@pytest.fixture
def live_run(tmp_path: Path) -> Iterator[RunDir]:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def ended(
    *arguments: str, at: Callable[[Terminal], bool], keys: str = "", by: signal.Signals
) -> Terminal:
    """A viewer that this signal ended at this moment, after these keys; checks all modes."""
    terminal = Terminal(*arguments)
    before = termios.tcgetattr(terminal.master)
    if keys:
        terminal.wait_for("? help")
        terminal.type(keys)
    terminal.wait_until(lambda: at(terminal), "the moment of the signal")
    os.kill(terminal.pid, by)
    assert terminal.wait_end() == 128 + by
    assert terminal.screen.mode == AFTERWARDS
    # The alternate screen has a stack of keyboard modes of its own: one pop too many is harmless.
    assert terminal.output.count(b"\x1b[>") <= terminal.output.count(b"\x1b[<u")
    assert termios.tcgetattr(terminal.master) == before
    return terminal


@pytest.mark.parametrize(
    ("by", "at", "keys"),
    [
        (signal.SIGTERM, is_asked, ""),
        (signal.SIGHUP, is_entered, ""),
        (signal.SIGQUIT, shows("Esc back"), "?"),
        (signal.SIGINT, shows("● training"), ""),
    ],
)
def test_a_viewer(
    live_run: RunDir, by: signal.Signals, at: Callable[[Terminal], bool], keys: str
) -> None:
    terminal = ended("attach", at=at, keys=keys, by=by)
    if at not in (is_asked, is_entered):
        assert COMES_BACK in terminal.text
        assert len(terminal.text.split("\n", 1)[1].strip()) == 0, "the frame is gone"


def test_the_launcher() -> None:
    ended(at=shows("Architecture"), by=signal.SIGTERM)


def test_the_doctor() -> None:
    ended("doctor", at=is_asked, by=signal.SIGTERM)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_the_demo_deletes_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: signal.Signals
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    ended("demo", at=shows("epoch"), by=by)
    assert not list((tmp_path / "temporary").iterdir())
