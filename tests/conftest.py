"""What every test stands on: no test touches the user's own runs, data or state."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

# Before torch is loaded: OpenMP threads of two test processes would spin waiting for each other.
os.environ["OMP_NUM_THREADS"] = "1"


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


@pytest.fixture(autouse=True, scope="session")
def one_time_zone() -> None:
    """Clock times on the screen are the same everywhere."""
    os.environ["TZ"] = "UTC"
    time.tzset()
