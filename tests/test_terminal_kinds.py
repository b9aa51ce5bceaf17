"""Terminals that cannot show everything: typewriters, and clients of tmux without UTF-8."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.start import launch
from tests import scripted
from tests.processes import Terminal
from tui.cli import viewer_start
from tui.cli.command_line import main
from tui.terminal import tmux_clients


def on_typewriter(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture(params=["dumb", "unknown", ""])
def term(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The value of TERM on a terminal that cannot be drawn on, as the sentences name it."""
    monkeypatch.setattr(viewer_start, "_on_terminal", lambda: True)
    monkeypatch.setenv("TERM", request.param)
    return request.param or "empty"


def test_attach_prints_one_frame_and_says_why(term: str, tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    done = on_typewriter("attach", str(run.path))
    assert done.exit_code == 0
    assert done.stderr == (
        f"this terminal cannot be drawn on (TERM is {term}): one frame follows, as with --once.\n"
    )
    assert "epoch 3/4" in done.stdout
    assert "\x1b" not in done.stdout
    once = on_typewriter("attach", "--once", str(run.path))
    assert once.stderr == ""
    assert once.stdout == done.stdout
    assert "? help" not in once.stdout


def test_a_start_prints_lines_and_says_why(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class StartedError(Exception):
        pass

    def start(*_: object) -> None:
        raise StartedError

    monkeypatch.setattr(launch, "exec_engine", start)
    done = on_typewriter("--arch", "lenet5", "--data", "digits")
    assert isinstance(done.exception, StartedError)
    assert f"(TERM is {term}): plain lines follow" in done.stderr
    assert on_typewriter("--arch", "lenet5", "--data", "digits", "--no-ui").stderr == ""


@pytest.mark.parametrize("arguments", [(), ("demo",)])
def test_what_needs_a_screen_is_refused(term: str, arguments: tuple[str, ...]) -> None:
    done = on_typewriter(*arguments)
    assert done.exit_code == 2
    assert f"cnn-tui: this terminal cannot be drawn on (TERM is {term}): " in done.stderr
    assert not Path("runs").exists()


# Clients of tmux


def fake_tmux(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Let this shell script take the place of tmux, inside of a session."""
    program = folder / "tmux"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "/tmp/tmux/default,1,0")
    monkeypatch.setenv("TMUX_PANE", "%7")


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("echo 1", False),
        ("echo 0", True),
        ("echo 1; echo 0", True),
        ("", False),
        ('[ "$*" = "list-clients -t %7 -F #{client_utf8}" ] && echo 0', True),
        ("echo broken; exit 1", False),
    ],
)
def test_one_client_without_utf8_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, *, plain: bool
) -> None:
    fake_tmux(tmp_path, monkeypatch, body)
    assert tmux_clients.ask()() is plain


def test_a_viewer_then_draws_ascii(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tmux(tmp_path, monkeypatch, "echo 1; echo 0")
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    terminal = Terminal("attach")
    terminal.wait_for("? help")
    assert terminal.text.isascii()
    terminal.type("q")
    assert terminal.wait_end() == 0


def test_a_tmux_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tmux_clients, "SECONDS", 0.01)
    fake_tmux(tmp_path, monkeypatch, "exec sleep 1000")
    assert tmux_clients.ask()() is False


def test_without_tmux_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tmux(tmp_path, monkeypatch, "echo 0")
    monkeypatch.delenv("TMUX")
    assert tmux_clients.ask()() is False
    monkeypatch.setenv("TMUX", "/tmp/tmux/default,1,0")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert tmux_clients.ask()() is False
