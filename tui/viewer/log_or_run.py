"""Whether a word that a user typed may mean the log of another program."""

from __future__ import annotations

import os

from engine.logs import log_search
from engine.run import run_search
from engine.run.run_at_path import path_typed


def may_be_log(selector: str) -> bool:
    """Whether a word that means no run is a path of no folder of runs, or is named as a log is."""
    path = path_typed(selector)
    if path.is_dir():
        return not run_search.list_runs(path)
    return os.path.lexists(path) or log_search.kind_of_file(path.name) is not None
