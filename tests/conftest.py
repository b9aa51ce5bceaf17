"""What every test stands on: no test touches the user's own runs, data or state."""

from __future__ import annotations

import functools
import gc
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from textual import app, pilot
from textual.notifications import Notification

from tests import leftovers, processes
from tests.idle import everything_has_run
from tests.nursery import Nursery
from tests.processes import Scope

# What is loaded with the tests stays to the end: looking through it for garbage finds none.
gc.disable()

# Enough for what is generated here; and how long one takes is the machine's business.
settings.register_profile(
    "suite", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

# Before torch is loaded: OpenMP threads of two test processes would spin waiting for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# The same everywhere, bit for bit; `make test-gpu` is for what only a GPU shows.
if "CNN_TUI_TEST_GPU" not in os.environ:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

# What has just ended may take so long to leave; what takes longer is left over.
LEAVING_SECONDS = 20.0
LEFT = pytest.StashKey[list[str]]()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another one."""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if not is_worker(config):
        leftovers.begin_session()
        # As Ctrl+C does: what a CI system ends leaves no process either.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Fail where a process is left that the suite has started, and end it."""
    yield
    if is_worker(session.config):
        return
    left = leftovers.left(LEAVING_SECONDS)
    leftovers.end()
    session.config.stash[LEFT] = [*left.values()]
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for what in config.stash.get(LEFT, []):
        terminalreporter.write_line(f"LEFT RUNNING, and ended now: {what}", red=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """What a failed test has left open is dropped with it: no later test is blamed for that."""
    before = item.session.testsfailed
    outcome = yield
    if item.session.testsfailed > before:
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            vars(sys).pop(name, None)  # whose frames hold what the test had
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
    return outcome


def pytest_collection_finish() -> None:
    """From here on garbage is looked for among what tests make alone."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def common_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What several tests look at together is not made in the user's own folders either."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp("home")))
        for name in ("CNN_TUI_RUNS", "CNN_TUI_DATA"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """State, data, runs and the current folder of a test are its own."""
    home = tmp_path.with_name(f"{tmp_path.name}-home")
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(home))
    for name in ("CNN_TUI_RUNS", "CNN_TUI_DATA", "NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    home.mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def prompt_pilots(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot goes on as soon as the app has done all there was to do, and not before."""
    for module in (app, pilot):
        monkeypatch.setattr(module, "wait_for_idle", everything_has_run)
    wait = pilot.Pilot._wait_for_screen
    patient = functools.partialmethod(wait, timeout=processes.PATIENCE)
    monkeypatch.setattr(pilot.Pilot, "_wait_for_screen", patient)


@pytest.fixture(autouse=True)
def lasting_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said in passing stays until it is looked at, however slow the machine is."""
    monkeypatch.setattr(Notification, "time_left", processes.PATIENCE)


@pytest.fixture(autouse=True, scope="session")
def one_time_zone() -> None:
    """Clock times on the screen are the same everywhere."""
    os.environ["TZ"] = "UTC"
    time.tzset()


@pytest.fixture(autouse=True, scope="session")
def session_scope() -> Iterator[Scope]:
    """What all tests share is ended after the last one."""
    with processes.scope(str(os.getpid())) as scope:
        yield scope


@pytest.fixture(autouse=True, scope="module")
def module_scope(session_scope: Scope, request: pytest.FixtureRequest) -> Iterator[None]:
    with processes.scope(request.node.name):
        yield


@pytest.fixture(autouse=True)
def own_scope(module_scope: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """No process that a test has begun outlives it."""
    with processes.scope(request.node.name):
        yield


@pytest.fixture(scope="session")
def nursery(session_scope: Scope, tmp_path_factory: pytest.TempPathFactory) -> Nursery:
    """Where engines begin at once."""
    return Nursery(tmp_path_factory.mktemp("nursery"), session_scope)
