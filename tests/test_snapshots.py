"""Pictures of the screens as SVG: a change of looks is seen, and meant."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import hardware, rundir
from engine.rundir import RunDir
from tests import scripted
from tests.scripted import Clock
from tui.app import CnnTui

Compare = Callable[..., bool]
SIZES = [(120, 40), (80, 24)]


@pytest.fixture(autouse=True)
def same_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu07")
    monkeypatch.setattr(hardware, "gpus", lambda: ())
    monkeypatch.setattr(hardware, "cores", lambda: 2)


@pytest.fixture
def live() -> Iterator[RunDir]:
    """A run in its third epoch, whose lock is held as an engine would."""
    run = scripted.run_dir(Path("runs"), scripted.half_a_run())
    lock = rundir.take(run)
    yield run
    os.close(lock)


def app_of(run: RunDir, **options: Any) -> CnnTui:
    return CnnTui(run.path.parent, watch=run, clock=Clock(), **options)


@pytest.mark.parametrize("size", SIZES)
def test_dashboard(snap_compare: Compare, live: RunDir, size: tuple[int, int]) -> None:
    assert snap_compare(app_of(live), terminal_size=size)


@pytest.mark.parametrize("size", SIZES)
def test_launcher(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def settle(pilot: Any) -> None:
        await pilot.app.workers.wait_for_complete()

    assert snap_compare(CnnTui(Path("runs")), terminal_size=size, run_before=settle)


def test_leave_dialog(snap_compare: Compare, live: RunDir) -> None:
    assert snap_compare(app_of(live, started=True), terminal_size=(80, 24), press=["q"])


def test_help(snap_compare: Compare, live: RunDir) -> None:
    assert snap_compare(app_of(live), terminal_size=(80, 24), press=["question_mark"])


def test_zoomed_pane(snap_compare: Compare, live: RunDir) -> None:
    assert snap_compare(app_of(live), terminal_size=(80, 24), press=["1", "enter"])
