"""The pipe to a recorder that answers, refuses, dies, sleeps or is not there."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cnn_tui.watching import channel as channels
from cnn_tui.watching.channel import Channel, Recording
from tests.fake_recorder import DIE, RECORDING, kept, starter, told_in

ROOT = Path(__file__).parent.parent
PAUSE = '{"type":"Pause","id":"a","attempt":"b"}'


@contextmanager
def opened(lines: Path, *answers: tuple[str, str], hello: str = RECORDING) -> Iterator[Channel]:
    channel = Channel({"name": "mine"}, starter(lines, [("Hello", hello), *answers]))
    try:
        yield channel
    finally:
        channel.close()


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return tmp_path / "lines"


def test_lines_go_to_the_recorder_and_commands_come_back(lines: Path) -> None:
    with opened(lines, ("Steps", PAUSE)) as channel:
        assert channel.recording() is None
        channel.open()
        assert channel.recording(30) == Recording("/runs/1-mine", "1-mine", "1")
        channel.send({"type": "Steps", "step": 7, "loss": 0.5})
        channel.wait_for_command(30)
        assert channel.has_news
        assert channel.commands() == [{"type": "Pause", "id": "a", "attempt": "b"}]
        assert channel.commands() == []
    hello, steps, ended = kept(lines)
    assert hello == {"type": "Hello", "name": "mine", "resume": False}
    assert steps == {"type": "Steps", "step": 7, "loss": 0.5}
    assert ended == {"type": "RunEnded", "step": 7, "reason": "done", "error": ""}


def test_a_script_that_never_trains_makes_no_run(lines: Path) -> None:
    with opened(lines):
        pass
    assert kept(lines) == []


def test_closing_twice_ends_a_run_once(lines: Path) -> None:
    with opened(lines) as channel:
        channel.open()
        channel.close("stopped")
    assert [line["type"] for line in kept(lines)] == ["Hello", "RunEnded"]
    assert kept(lines)[-1]["reason"] == "stopped"


def test_a_refusal_costs_one_sentence(lines: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with opened(lines, hello='{"type":"Refused","sentence":"The folder is full."}') as channel:
        channel.open()
        assert channel.recording(30) is None
        assert not channel.alive
        for step in range(100):
            channel.send({"type": "Steps", "step": step})
    said = capfd.readouterr().err.splitlines()
    assert said == ["cnn-tui: The folder is full. The training goes on without being watched."]


def test_a_refusal_is_told_though_the_recorder_has_ended_before_all_was_written(
    lines: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    refused = '{"type":"Refused","sentence":"The folder is full."}'
    with opened(lines, ("Hello", DIE), hello=refused) as channel:
        for _ in range(100):
            channel.send({"type": "Alert", "text": "x" * 100_000})
        assert channel.recording(30) is None
    assert "The folder is full." in capfd.readouterr().err


def test_a_recorder_that_dies_costs_one_sentence(
    lines: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with opened(lines, ("Steps", DIE)) as channel:
        channel.send({"type": "Steps", "step": 1})
        # A paused training waits here, and must go on.
        channel.wait_for_command(30)
        assert not channel.alive
        for step in range(100):
            channel.send({"type": "Steps", "step": step})
    (said,) = told_in(capfd.readouterr().err)
    assert "The recorder of this run has ended" in said


def test_a_death_while_a_line_is_written_does_not_kill_a_script_with_its_own_sigpipe(
    lines: Path,
) -> None:
    script = f"""
        import signal, sys
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        from pathlib import Path
        from cnn_tui.watching.channel import Channel
        from tests.fake_recorder import starter, DIE
        channel = Channel({{}}, starter(Path({str(lines)!r}), [("Hello", DIE)]))
        channel.open()
        for step in range(1000):
            channel.send({{"type": "Alert", "text": "x" * 100_000}})
        channel.close()
        sys.exit(7)
    """
    assert run(script).returncode == 7


def test_no_recorder_costs_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    def start() -> subprocess.Popen[bytes]:
        raise OSError("There is no cnn-tui on the path.")

    channel = Channel({}, start)
    channel.open()
    channel.send({"type": "Steps"})
    channel.close()
    said = capfd.readouterr().err
    assert said == (
        "cnn-tui: There is no cnn-tui on the path. The training goes on without being watched.\n"
    )


def test_a_recorder_that_takes_nothing_never_makes_the_script_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "CLOSE_SECONDS", 0.1)
    asleep = [sys.executable, "-c", "import signal; signal.pause()"]
    process = subprocess.Popen(asleep, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    channel = Channel({}, lambda: process)
    try:
        for step in range(5_000):
            channel.send(
                {"type": "Steps", "step": step, "scalars": {"long": step}, "note": "x" * 99}
            )
        assert len(channel._waiting) <= 201
        channel.close()
    finally:
        process.kill()
        for thread in channel._threads:
            thread.join(30)
    assert channel.alive is False


def test_several_threads_may_send(lines: Path) -> None:
    with opened(lines) as channel:

        def work() -> None:
            for _ in range(50):
                channel.send({"type": "Alert"})

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [line["type"] for line in kept(lines)].count("Alert") == 200
    assert kept(lines)[0]["type"] == "Hello"


def test_a_forked_child_holds_neither_pipe_nor_lock_nor_run(lines: Path) -> None:
    with opened(lines) as channel:
        channel.open()
        assert channel.recording(30)
        process = channel._process
        assert process is not None
        assert process.stdin is not None
        pipe = process.stdin.fileno()
        with channel._changed:  # as while the writer takes a line
            child = os.fork()
            if child == 0:
                os._exit(child_status(channel, pipe))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [line["type"] for line in kept(lines)] == ["Hello", "RunEnded"]


def test_a_child_that_forks_says_nothing(lines: Path) -> None:
    done = run(f"""
        import os
        from pathlib import Path
        from cnn_tui.watching.channel import Channel
        from tests.fake_recorder import starter
        channel = Channel({{}}, starter(Path({str(lines)!r})))
        if os.fork() == 0:
            if os.fork():
                os.wait()
            os._exit(0)
        os.wait()
    """)
    assert done.stderr == b""


def child_status(channel: Channel, pipe: int) -> int:
    """What a forked child finds: 0 if it has neither pipe nor run, and waits for no lock."""
    try:
        os.fstat(pipe)
    except OSError:
        channel.send({"type": "Steps"})
        channel.close()
        return 0 if not channel.alive and channel.commands() == [] else 2
    return 1


@pytest.mark.parametrize(
    ("end", "reason", "error"),
    [
        ("", "done", ""),
        ("sys.exit(0)", "done", ""),
        ("raise ValueError('no\\nimages')", "failed", "ValueError: no images"),
        ("raise KeyboardInterrupt", "stopped", ""),
    ],
)
def test_the_end_of_an_interpreter_ends_the_run(
    lines: Path, end: str, reason: str, error: str
) -> None:
    run(f"""
        import sys
        from pathlib import Path
        from cnn_tui.watching.channel import Channel
        from tests.fake_recorder import starter
        channel = Channel({{}}, starter(Path({str(lines)!r})))
        channel.open()
        {end}
    """)
    ended = kept(lines)[-1]
    assert (ended["type"], ended["reason"], ended["error"]) == ("RunEnded", reason, error)


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (None, ("done", "")),
        (SystemExit(), ("done", "")),
        (SystemExit(0), ("done", "")),
        (SystemExit(3), ("failed", "The script ended by sys.exit(3).")),
        (KeyboardInterrupt(), ("stopped", "")),
        (RuntimeError(""), ("failed", "RuntimeError")),
    ],
)
def test_the_exception_of_a_with_block_is_told(
    error: BaseException | None, ending: tuple[str, str]
) -> None:
    assert channels.ending(error) == ending


def run(script: str) -> subprocess.CompletedProcess[bytes]:
    """Run it in a fresh interpreter to its end."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        timeout=120,
        check=False,
        capture_output=True,
    )


def test_where_the_run_is_seen_is_told_once_by_the_scripts_own_thread(
    lines: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with opened(lines) as channel:
        channel.open()
        assert channel.recording(30) is not None
        assert capfd.readouterr().err == ""
        channel.commands()
        channel.commands()
    assert capfd.readouterr().err == "cnn-tui: watched as 1-mine: cnn-tui attach 1\n"


@pytest.mark.parametrize("program", ["/bin/ls", "/bin/cat", "/bin/echo"])
def test_a_variable_that_names_no_recorder_is_named(
    lines: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setenv("CNN_TUI_RECORDER", program)
    channel = Channel({"name": "mine"})
    channel.open()
    assert channel.recording(30) is None
    for thread in channel._threads:
        thread.join(30)
    channel.close()
    (said,) = capfd.readouterr().err.splitlines()
    assert f"CNN_TUI_RECORDER is '{program}', which started and is no recorder: set it" in said
