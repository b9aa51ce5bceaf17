"""Fixtures and hooks for all tests: no test touches the user's runs, data or state."""

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

from engine.queueing import runner_start
from engine.run.run_paths import RunDir
from engine.start import warm_engine
from tests import leftovers, processes
from tests.forked_engines import ForkServer, new_run
from tests.idle import wait_until_idle
from tests.processes import Scope

# Imported modules stay to the end, so a garbage collection during the imports would find nothing.
gc.disable()

# No deadline: how long an example takes depends on the load of the machine.
settings.register_profile(
    "suite", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

# Set before torch is loaded: else OpenMP threads of two test processes would spin, waiting for each
# other.
os.environ["OMP_NUM_THREADS"] = "1"
# CPU results are the same on every machine, bit for bit; `make test-gpu` runs the tests of a GPU.
if "CNN_TUI_TEST_GPU" not in os.environ:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

# A process that ends may take this long; one that takes longer counts as left running.
ENDING_SECONDS = 20.0
LEFT_RUNNING = pytest.StashKey[list[str]]()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another one."""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if not is_worker(config):
        leftovers.mark_session()
        # Treat SIGTERM like Ctrl+C, so that a session that a CI system ends leaves no process.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """End the processes that the suite has left running, and fail where there are any."""
    yield
    if is_worker(session.config):
        return
    left = leftovers.running(ENDING_SECONDS)
    leftovers.kill()
    session.config.stash[LEFT_RUNNING] = [*left.values()]
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for process in config.stash.get(LEFT_RUNNING, []):
        terminalreporter.write_line(f"LEFT RUNNING, and ended now: {process}", red=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Collect the open files of a failed test, so that no later test fails for them."""
    before = item.session.testsfailed
    outcome = yield
    if item.session.testsfailed > before:
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            vars(sys).pop(name, None)  # its frames hold the objects of the test
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
    return outcome


def pytest_collection_finish() -> None:
    """From here on collect garbage, but only among the objects that tests create."""
    gc.freeze()
    gc.enable()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads of test processes side by side would spin while they wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True, scope="session")
def isolated_session_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep fixtures that several tests share out of the user's folders, too."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp("home")))
        for name in ("CNN_TUI_RUNS", "CNN_TUI_DATA", "CNN_TUI_RECORDER", "CNN_TUI_ON_END"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def isolated_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own folders for state, data and runs, and its own working directory."""
    home = tmp_path.with_name(f"{tmp_path.name}-home")
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(home))
    for name in (
        "CNN_TUI_RUNS",
        "CNN_TUI_DATA",
        "CNN_TUI_RECORDER",
        "CNN_TUI_ON_END",
        "NO_COLOR",
        "COLUMNS",
        "LINES",
    ):
        monkeypatch.setenv(name, "")  # so that what a test sets does not outlive it
        monkeypatch.delenv(name)
    home.mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def prompt_pilots(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot goes on as soon as the app is idle, and not before."""
    for module in (app, pilot):
        monkeypatch.setattr(module, "wait_for_idle", wait_until_idle)
    wait = pilot.Pilot._wait_for_screen
    with_timeout = functools.partialmethod(wait, timeout=processes.TIMEOUT)
    monkeypatch.setattr(pilot.Pilot, "_wait_for_screen", with_timeout)


@pytest.fixture(autouse=True)
def cold_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A launcher inside the test process prepares no engine: each would import PyTorch."""
    monkeypatch.setattr(warm_engine, "has_memory", lambda: False)


@pytest.fixture(autouse=True)
def lasting_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notifications stay until the test has read them, even on a slow machine."""
    monkeypatch.setattr(Notification, "time_left", processes.TIMEOUT)


@pytest.fixture(autouse=True, scope="session")
def one_time_zone() -> None:
    """Clock times on the screen are the same everywhere."""
    os.environ["TZ"] = "UTC"
    time.tzset()


@pytest.fixture(autouse=True, scope="session")
def session_scope() -> Iterator[Scope]:
    """End the processes that all tests share after the last test."""
    with processes.scope(str(os.getpid())) as scope:
        yield scope


@pytest.fixture(autouse=True, scope="module")
def module_scope(session_scope: Scope, request: pytest.FixtureRequest) -> Iterator[None]:
    with processes.scope(request.node.name):
        yield


@pytest.fixture(autouse=True)
def function_scope(module_scope: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """End the processes of each test with the test."""
    with processes.scope(request.node.name):
        yield


@pytest.fixture(scope="session")
def fork_server(session_scope: Scope, tmp_path_factory: pytest.TempPathFactory) -> ForkServer:
    """A fork server, from which engines start at once."""
    return ForkServer(tmp_path_factory.mktemp("engines"), session_scope)


@pytest.fixture(scope="session")
def finished_run(fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A LeNet-5 that has learned the digits for two epochs. No test may change its folder."""
    flags = {"arch": "lenet5", "data": "digits", "epochs": 2, "threads": 1, "precision": "float32"}
    run = new_run(tmp_path_factory.mktemp("finished") / "runs", flags)
    assert fork_server.start(run).wait() == 0
    return run


@pytest.fixture
def forgotten_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user's file makes importable is gone afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "modules", sys.modules.copy())


@pytest.fixture
def no_runner(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """No queue starts a runner: the folders for which one would be started."""
    found: list[Path] = []
    monkeypatch.setattr(runner_start, "ensure_runner", found.append)
    return found
