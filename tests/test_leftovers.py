"""However a test or the whole suite ends, no process that was started is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.processes import start_process, wait_for

ROOT = Path(__file__).parents[1]
HEAD = """
import os, select, signal, sys, time
from pathlib import Path
import pytest

# A suite that a shell has started in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)

def starts(name):
    command = [sys.executable, "-c", "import os, time; os.setsid(); time.sleep(1000)"]
    pid = os.posix_spawn(sys.executable, command, os.environ)
    file = Path(__file__).with_name(name)
    file.with_suffix(".new").write_text(str(pid))
    file.with_suffix(".new").rename(file)
"""
FAILS = """
def test_it():
    starts("one")
    raise ValueError
"""
HANGS = """
@pytest.fixture(scope="module")
def other():
    starts("other")

def test_it(other):
    starts("one")
    signal.setitimer(signal.ITIMER_REAL, SECONDS)  # what the time-out has set to its own time
    select.select([], [], [])
"""
SOON, NEVER = "SECONDS = 0.001\n", "SECONDS = 1000\n"
ESCAPES = """
from tests import conftest
conftest.ENDING_SECONDS = 0.1

@pytest.fixture
def escaped():
    own = os.environ["CNN_TUI_STARTED_IN"]
    os.environ["CNN_TUI_STARTED_IN"] = own.partition(f"/{os.getpid()}/")[0] + "/"
    starts("one")
    os.environ["CNN_TUI_STARTED_IN"] = own

def test_it(escaped):
    pass
"""


def suite(folder: Path, body: str, *options: str) -> subprocess.Popen[str]:
    """A session of these tests under the rules of this suite, in a process group of its own."""
    file = folder / "test_inner.py"
    file.write_text(HEAD + body)
    rules = ("-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest", "-p", "no:cacheprovider")
    return start_process(
        *(sys.executable, "-m", "pytest", *rules, *options, str(file)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def started(folder: Path, name: str) -> psutil.Process | None:
    """What the inner tests have started under this name; nothing where it has ended already."""
    wait_for((folder / name).exists)
    try:
        return psutil.Process(int((folder / name).read_text()))
    except psutil.NoSuchProcess:
        return None


def gone(process: psutil.Process | None) -> bool:
    return process is None or not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_test_that_fails_leaves_nothing(tmp_path: Path) -> None:
    process = suite(tmp_path, FAILS)
    one = started(tmp_path, "one")
    said, _ = process.communicate()
    assert process.returncode == pytest.ExitCode.TESTS_FAILED
    assert gone(one)
    assert "LEFT RUNNING" not in said


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_a_test_that_takes_too_long_leaves_nothing(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    process = suite(tmp_path, SOON + HANGS, *options)
    both = [started(tmp_path, name) for name in ("one", "other")]
    said, _ = process.communicate()
    assert process.returncode == pytest.ExitCode.TESTS_FAILED
    assert "Timeout" in said
    assert all(map(gone, both))


@pytest.mark.parametrize("options", [(), ("-n", "1")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_suite_that_is_interrupted_leaves_nothing(
    tmp_path: Path, options: tuple[str, ...], number: signal.Signals
) -> None:
    """By Ctrl+C, which the whole process group gets, or by what has started it."""
    process = suite(tmp_path, NEVER + HANGS, *options)
    both = [started(tmp_path, name) for name in ("one", "other")]
    if number is signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    process.communicate()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert all(map(gone, both))


def test_a_process_that_escapes_fails_the_session_and_is_ended(tmp_path: Path) -> None:
    process = suite(tmp_path, ESCAPES)
    one = started(tmp_path, "one")
    said, _ = process.communicate()
    assert "1 passed" in said
    assert "LEFT RUNNING, and ended now" in said
    assert "time.sleep(1000)" in said
    assert process.returncode == pytest.ExitCode.TESTS_FAILED
    assert gone(one)
