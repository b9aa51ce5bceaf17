"""What calls a person to the terminal: one bell, and a note only where it is shown."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pyte
import pytest

from engine.protocol import events
from engine.run import run_lock
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import scripted
from tests.processes import Terminal
from tests.scripted import Clock
from tests.test_user_config import written
from tui.app import CnnTui
from tui.terminal import attention
from tui.viewer.run_follower import RunFollower

NOTE = "\x1b]9;cnn-tui: 1-a is done\x1b\\"
ENVELOPE = "\x1bPtmux;\x1b\x1b]9;cnn-tui: 1-a is done\x1b\x1b\\\x1b\\"


@pytest.mark.parametrize(
    "known",
    [
        {"TERM_PROGRAM": "iTerm.app"},
        {"LC_TERMINAL": "iTerm2", "TERM": "xterm-256color"},
        {"TERM_PROGRAM": "WezTerm"},
        {"TERM_PROGRAM": "ghostty"},
        {"TERM": "xterm-ghostty"},
        {"TERM": "xterm-kitty"},
        {"TERM": "foot-extra"},
    ],
)
def test_a_note_goes_to_terminals_that_show_it(known: dict[str, str]) -> None:
    assert attention.call("1-a is done", known) == "\a" + NOTE


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"TERM": "xterm-256color", "COLORTERM": "truecolor", "VTE_VERSION": "7600"},
        {"WT_SESSION": "x", "TERM": "xterm-256color"},
        {"TERM_PROGRAM": "Apple_Terminal"},
        {"TERM_PROGRAM": "vscode"},
        {"STY": "1.pts", "LC_TERMINAL": "iTerm2"},
        {"STY": "1.pts", "TMUX": "x", "TERM": "xterm-kitty"},
    ],
)
def test_elsewhere_there_is_only_a_bell(other: dict[str, str]) -> None:
    assert attention.call("1-a is done", other) == "\a"


def test_a_note_has_no_control_characters_and_never_means_progress() -> None:
    told = attention.note("4;1;50\x1b]52;c;x\x07\n\u202e" + "x" * 999)
    assert told.startswith("\x1b]9;cnn-tui: 4;1;50\\x1b]52;c;x\\x07\\x0a\\u202e")
    assert told.count("\x1b") == 2
    assert len(told) < 300


def tmux(folder: Path, allowed: str, clients: str) -> dict[str, str]:
    """The environment of a pane of a tmux that answers so."""
    program = folder / "tmux"
    program.write_text(
        f'#!/bin/sh\ncase "$1" in show-options) echo {allowed};; *) printf "{clients}";; esac\n'
    )
    program.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    # That of the terminal in which tmux was started, long ago.
    return {"TMUX": "x", "TMUX_PANE": "%1", "PATH": path, "LC_TERMINAL": "iTerm2"}


@pytest.mark.parametrize(
    ("allowed", "clients", "sent"),
    [
        ("on", "xterm-256color iTerm2 3.5.0\\n", ENVELOPE),
        ("all", "xterm-kitty \\nfoot foot(1.16)\\n", ENVELOPE),
        ("off", "xterm-kitty \\n", ""),
        ("on", "xterm-256color \\n", ""),
        ("on", "xterm-kitty \\nxterm-256color \\n", ""),
        ("on", "", ""),
    ],
)
def test_tmux_is_asked_what_it_is_shown_on(
    tmp_path: Path, allowed: str, clients: str, sent: str
) -> None:
    environment = tmux(tmp_path, allowed, clients)
    assert attention.call("1-a is done", environment) == "\a" + sent


def test_without_an_answer_of_tmux_there_is_only_a_bell(tmp_path: Path) -> None:
    environment = {"TMUX": "x", "PATH": str(tmp_path), "TERM": "xterm-kitty"}
    assert attention.call("1-a is done", environment) == "\a"


# The dashboard


class Attentive(CnnTui):
    """Keeps what would be told."""

    def __init__(self, run: RunDir) -> None:
        super().__init__(run.path.parent, watch=partial(RunFollower, run), clock=Clock())
        self.told: list[str] = []

    def call_attention(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture
def live(tmp_path: Path) -> tuple[RunDir, int]:
    """A run in its third epoch, and the descriptor that holds its lock."""
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    return run, run_lock.acquire(run)


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (events.RunEnded("done", best_top1=0.912), ["1-lenet5-digits is done, best 91.2 %"]),
        (events.RunEnded("failed", error="no room."), ["1-lenet5-digits has failed: no room."]),
        (events.RunEnded("stopped"), []),
    ],
)
async def test_the_end_of_a_run_is_told_once(
    live: tuple[RunDir, int], ended: events.RunEnded, told: list[str]
) -> None:
    run, lock = live
    app = Attentive(run)
    async with app.run_test() as pilot:
        Journal(run.journal).append(ended)
        app.screen.read()  # type: ignore[attr-defined]
        assert app.told == []  # the engine still lives
        os.close(lock)
        app.screen.read()  # type: ignore[attr-defined]
        app.screen.read()  # type: ignore[attr-defined]
        await pilot.pause()
    assert app.told == told


async def test_a_run_that_was_over_before_is_not_told(live: tuple[RunDir, int]) -> None:
    run, lock = live
    Journal(run.journal).append(events.RunEnded("done"))
    os.close(lock)
    app = Attentive(run)
    async with app.run_test():
        app.screen.read()  # type: ignore[attr-defined]
    assert app.told == []


class RingingScreen(pyte.Screen):
    """Counts the bells that are not the end of a sequence."""

    rung = 0

    def bell(self, *args: object) -> None:
        self.rung += 1


@pytest.mark.parametrize("bell", [True, False])
def test_the_terminal_gets_one_bell_unless_the_user_wants_none(
    live: tuple[RunDir, int], bell: bool
) -> None:
    run, lock = live
    written(f"bell = {str(bell).lower()}")
    os.set_inheritable(lock, False)
    screen = RingingScreen(80, 24)
    terminal = Terminal("attach", str(run.path), screen=screen)
    terminal.wait_for("epoch")
    Journal(run.journal).append(events.RunEnded("done", best_top1=0.9))
    os.close(lock)
    terminal.wait_for("done")
    terminal.wait_until(lambda: screen.rung == bell, "the bell")
    terminal.type("q")
    assert terminal.wait_end() == 0
    assert screen.rung == bell
    assert b"\x1b]9;" not in terminal.output
