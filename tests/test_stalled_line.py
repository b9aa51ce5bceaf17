"""A line that takes no output any more, while keys still arrive."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import scripted
from tests.processes import Terminal, wait_for
from tests.test_dashboard import app_of
from tui.terminal import line_writer
from tui.terminal.compositor import FineUpdate
from tui.terminal.line_writer import MOST_WAITING, PIECE, LineWriter, pieces

# Each draws the screen anew.
MANY_KEYS = "z" * 101


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.mark.parametrize("by", ["SIGTERM", "hangup", "q"])
def test_a_demo_ends_and_leaves_no_folder(folder: Path, by: str) -> None:
    terminal = Terminal("demo")
    terminal.wait_for("epoch 1/10")
    terminal.stall()
    terminal.type(MANY_KEYS)
    if by == "SIGTERM":
        os.kill(terminal.pid, signal.SIGTERM)
    elif by == "hangup":
        terminal.hang_up()
    else:
        terminal.type("q")
    code: list[int] = []
    wait_for(lambda: has_ended(terminal, code))
    assert code == [{"SIGTERM": 143, "hangup": 129, "q": 0}[by]]
    assert not list(folder.iterdir())


def has_ended(terminal: Terminal, code: list[int]) -> bool:
    """Whether the program has ended, without reading its output; adds its exit code."""
    pid, status, usage = os.wait4(terminal.pid, os.WNOHANG)
    if pid:
        terminal.usage = usage
        code.append(os.waitstatus_to_exitcode(status))
    return bool(pid)


async def test_a_refresh_of_the_app_draws_every_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(scripted.run_dir(tmp_path, scripted.half_a_run()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        drawn: list[object] = []
        monkeypatch.setattr(app, "_display", lambda _, update: drawn.append(update))
        app.refresh()
        await pilot.pause()
        updates = [update for update in drawn if isinstance(update, FineUpdate)]
        assert sum(p.strip.cell_length for u in updates for p in u.pieces) >= 80 * 24


# The writer alone


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A line that takes 64 KiB until it is read: the end to read, and the end to write."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def read(descriptor: int, count: int) -> bytes:
    found = b""
    while len(found) < count:
        found += os.read(descriptor, count - len(found))
    return found


def test_what_is_too_much_is_dropped_and_the_screen_drawn_anew(pipe: tuple[int, int]) -> None:
    redrawn: list[bool] = []
    writer = LineWriter(pipe[1], lambda: redrawn.append(True))
    writer.start()
    frame = "x" * (MOST_WAITING // 2)
    for _ in range(100):
        writer.write(frame)
    assert writer.dropped
    assert writer.waiting <= MOST_WAITING + len(frame)
    read(pipe[0], 3 * len(frame))
    wait_for(lambda: redrawn == [True])
    writer.write("y")
    assert read(pipe[0], 1) == b"y"
    assert writer.finish("z")
    assert read(pipe[0], 1) == b"z"


def test_a_line_in_non_blocking_mode_gets_everything(pipe: tuple[int, int]) -> None:
    """Programs that ran before may leave the terminal so."""
    os.set_blocking(pipe[1], False)
    writer = LineWriter(pipe[1], lambda: None)
    writer.start()
    writer.write("x" * MOST_WAITING)
    wait_for(lambda: not select.select([], [pipe[1]], [], 0)[1])
    os.set_blocking(pipe[0], False)
    wait_for(lambda: has_taken_all(writer, pipe[0]))
    with contextlib.suppress(BlockingIOError):
        while os.read(pipe[0], PIECE):
            pass
    assert writer.finish("z")
    assert os.read(pipe[0], PIECE) == b"z"


def has_taken_all(writer: LineWriter, line: int) -> bool:
    """Read a piece of the line; whether the writer, which must not end, has written all."""
    assert writer.is_alive()
    with contextlib.suppress(BlockingIOError):
        os.read(line, PIECE)
    return not writer.waiting


def test_a_line_that_stalls_is_given_up(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_writer, "SECONDS", 0.01)
    writer = LineWriter(pipe[1], lambda: None)
    writer.start()
    writer.write("x" * MOST_WAITING)
    wait_for(lambda: not select.select([], [pipe[1]], [], 0)[1])
    assert not writer.finish("z")
    os.set_blocking(pipe[0], False)
    wait_for(lambda: read_until(pipe[0], writer))
    assert not writer.is_alive()


def test_a_writer_waits_for_the_one_before(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What leaves the screen of a stopped viewer must not come after its next screen."""
    monkeypatch.setattr(line_writer, "SECONDS", 0.01)
    before = LineWriter(pipe[1], lambda: None)
    before.start()
    before.write("x" * MOST_WAITING)
    wait_for(lambda: not select.select([], [pipe[1]], [], 0)[1])
    assert not before.finish("leave")
    writer = LineWriter(pipe[1], lambda: None, after=before)
    writer.start()
    writer.write("enter")
    found = b""
    while not found.endswith(b"enter"):
        found += os.read(pipe[0], PIECE)
    assert found.strip(b"x") == b"leaveenter"
    monkeypatch.undo()
    assert writer.finish("z")


def read_until(descriptor: int, writer: LineWriter) -> bool:
    try:
        os.read(descriptor, PIECE)
    except BlockingIOError:
        return not writer.is_alive()
    return False


def test_pieces_end_before_an_escape_sequence() -> None:
    data = (b"\x1b[31m" + b"x" * 1000) * 10
    found = [*pieces(data)]
    assert b"".join(found) == data
    assert all(len(piece) <= PIECE for piece in found)
    assert all(piece.startswith(b"\x1b") for piece in found)
    assert [*pieces(b"x" * (PIECE + 1))] == [b"x" * PIECE, b"x"]
