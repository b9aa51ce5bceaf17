"""The first line of a script to its recorder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

# Of the lines between script and recorder.
VERSION = 1


def hello(
    name: str, program: str, runs_dir: str | os.PathLike[str] | None, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields of `Hello`; see the protocol. Without `runs_dir` the recorder chooses one."""
    return {
        "version": VERSION,
        "name": name,
        "program": program,
        "runs_dir": os.path.abspath(os.path.expanduser(runs_dir)) if runs_dir else "",
        "pid": os.getpid(),
        "settings": dict(settings),
    }
