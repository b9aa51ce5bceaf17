"""Starts the recorder, or says in one line why it cannot: `python -I recorder_boot.py FOLDER`.

The interpreter is that of the environment of cnn-tui, which need not be that of the script. FOLDER
holds its package `engine`, where that is known, else it is "".
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import runpy
import site
import sys

PYTHON = (3, 11)


def main(folder: str) -> None:
    """Be the recorder, or refuse to be one."""
    why = problem(folder)
    if not why:
        sys.argv[1:] = ["--record"]
        runpy.run_module("engine", run_name="__main__", alter_sys=True)
        return
    sys.stdin.readline()  # the script can write its first line, and then reads why
    said = {"type": "Refused", "sentence": f"The run is not recorded, since {why}."}
    sys.stdout.write(json.dumps(said) + "\n")


def problem(folder: str) -> str:
    """Make the recorder importable; returns why that cannot be done, else ""."""
    python = sys.executable
    if sys.version_info < PYTHON:
        version = ".".join(map(str, sys.version_info[:2]))
        return f"{python} is Python {version}, and cnn-tui needs 3.11: install it in a newer one"
    if folder and folder not in sys.path:
        sys.path.insert(0, folder)
    if importlib.util.find_spec("engine") is None:
        # It may be installed for this user alone, whose packages `-I` leaves out.
        site.addsitedir(site.getusersitepackages())
    spec = importlib.util.find_spec("engine")
    if spec is None:
        return f"{python} has no cnn-tui: install it there, or set CNN_TUI_RECORDER to its command"
    places = list(spec.submodule_search_locations or [spec.origin or ""])
    return _problem_at(places[0], folder) or _missing_package()


def _problem_at(place: str, folder: str) -> str:
    """What is wrong with the package `engine` that lies there."""
    is_ours = os.path.isfile(os.path.join(place, "protocol", "events.py"))
    if not is_ours or (folder and not os.path.samefile(os.path.dirname(place), folder)):
        return f"another package named engine, {place}, hides that of cnn-tui: uninstall one"
    if not os.path.isfile(os.path.join(place, "recording", "recorder.py")):
        return f"the cnn-tui of {sys.executable} is too old to record: update it there"
    return ""


def _missing_package() -> str:
    try:
        importlib.import_module("engine.recording.recorder")
    except ModuleNotFoundError as error:
        return f"{sys.executable} lacks the package {error.name}: install cnn-tui there again"
    return ""


if __name__ == "__main__":
    main(sys.argv[1])
