"""What every test stands on: no test touches the user's own runs, data or state."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from textual import app, pilot

from tests.idle import everything_has_run
from tests.nursery import Nursery

# What is loaded with the tests stays to the end: looking through it for garbage finds none.
gc.disable()

# Enough for what is generated here; and how long one takes is the machine's business.
settings.register_profile("suite", max_examples=40, deadline=None)
settings.load_profile("suite")

# Before torch is loaded: OpenMP threads of two test processes would spin waiting for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# The same everywhere, bit for bit; `make test-gpu` is for what only a GPU shows.
if "CNN_TUI_TEST_GPU" not in os.environ:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""


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


@pytest.fixture(autouse=True, scope="session")
def one_time_zone() -> None:
    """Clock times on the screen are the same everywhere."""
    os.environ["TZ"] = "UTC"
    time.tzset()


@pytest.fixture(scope="session")
def whole_nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


@pytest.fixture
def nursery(whole_nursery: Nursery) -> Iterator[Nursery]:
    """Where engines begin at once; none of them outlives its test."""
    yield whole_nursery
    whole_nursery.kill()
