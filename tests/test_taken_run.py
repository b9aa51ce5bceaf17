"""A name may find a run outside of the runs folder: then a command says which run it takes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.protocol import events
from engine.run import run_creation, run_lock
from engine.run.run_paths import RunDir
from engine.start import network_requests
from tests import scripted
from tui.cli.command_line import main


@pytest.fixture
def elsewhere(tmp_path: Path) -> RunDir:
    """A run of another folder that is done and linked; the runs folder holds another run."""
    done = events.RunEnded("done", 2, 0.9, step=40)
    run = scripted.run_dir(tmp_path / "other", [*scripted.half_a_run(), done], "1-ended")
    run.checkpoints.mkdir(exist_ok=True)
    (run.checkpoints / "best.pt").touch()
    run_creation.link_into_state(run)
    scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), done], "1-mine")
    (tmp_path / "photos").mkdir()
    return run


@pytest.mark.parametrize(
    "command",
    [
        "predict",
        "test",
        "export",
        "report",
        "status",
        "suspects",
        "wait",
        "resume",
        "attach",
        "stop",
        "pause",
        "continue",
        "checkpoint",
    ],
)
def test_the_run_is_named(elsewhere: RunDir, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    for module in ("predict", "tested", "report"):
        monkeypatch.setattr(
            f"tui.cli.{module}_command.answers_of", lambda *_: contextlib.nullcontext(())
        )
    for request in ("predictions", "network_test", "report"):
        monkeypatch.setattr(network_requests, request, lambda *_: ())
    more = {"predict": ["photos", "--json"], "export": ["--csv", "a.csv"], "attach": ["--once"]}
    live = command in ("stop", "pause", "continue", "checkpoint")
    locks = [run_lock.acquire(elsewhere)] if live else []
    note = f"cnn-tui: {elsewhere.path} is taken, as no run in ./runs has that name.\n"
    for selector, expected in (("ended", True), ("other/1-ended", False), ("mine", False)):
        said = CliRunner().invoke(main, [command, selector, *more.get(command, [])])
        assert (note in said.stderr) == expected, said.stderr
    for lock in locks:
        os.close(lock)
