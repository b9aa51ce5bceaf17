"""Finds the recorder and starts it, in the environment of cnn-tui.

That need not be the environment of the script. It is the one that `CNN_TUI_RECORDER` names, else
the script's own if it holds all of cnn-tui, else that of the command `cnn-tui` on the path.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from typing import NamedTuple

from cnn_tui.watching import recorder_text, watching_text

VARIABLE = "CNN_TUI_RECORDER"
COMMAND = "cnn-tui"
HERE = os.path.dirname(os.path.abspath(__file__))
# The oldest Python of the recorder, and what it imports beside its own package.
PYTHON = (3, 11)
NEEDED = ("msgspec", "psutil", "pynvml")
# More than the path of an interpreter may take.
MOST_SHEBANG_BYTES = 4096


class Recorder(NamedTuple):
    """An interpreter, and the folder that holds its package `engine`, "" where it is installed."""

    python: str
    folder: str = ""

    @property
    def command(self) -> list[str]:
        """Isolated, so that nothing of the script's project, path or user comes in."""
        return [self.python, "-I", os.path.join(HERE, "recorder_boot.py"), self.folder]


def start() -> subprocess.Popen[bytes]:
    """Start the recorder, which reads lines from its stdin and writes lines to its stdout.

    It runs in the folder of the script, in its own session, and inherits nothing else. Raises
    OSError, whose text is one sentence, where it cannot be started.
    """
    recorder = found()
    try:
        return subprocess.Popen(
            recorder.command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=_environment(),
        )
    except OSError as error:
        why = error.strerror or str(error)
        raise OSError(recorder_text.recorder_failed(recorder.python, why)) from error


def _environment() -> dict[str, str]:
    """The variables of the script, except those of its interpreter."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def found() -> Recorder:
    """The recorder of this machine. Raises OSError with a sentence if there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        command = shutil.which(os.path.expanduser(named))
        if command is None:
            raise OSError(recorder_text.no_command(VARIABLE, named))
        return Recorder(_python_of(command))
    folder = os.path.dirname(os.path.dirname(HERE))
    if _is_complete(folder):
        return Recorder(sys.executable, folder)
    command = shutil.which(COMMAND)
    if command is None:
        raise OSError(recorder_text.no_recorder_found(VARIABLE))
    return Recorder(_python_of(command))


def why_silent(otherwise: str) -> str:
    """The sentence on a process that never spoke as a recorder does.

    A variable that names it is the reason, else `otherwise`.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return otherwise
    return watching_text.no_recorder(recorder_text.no_recorder_in(VARIABLE, named))


def _is_complete(folder: str) -> bool:
    """Whether this interpreter can run the recorder of this folder."""
    there = os.path.isfile(os.path.join(folder, "engine", "recording", "recorder.py"))
    return (
        there
        and bool(sys.executable)
        and sys.version_info >= PYTHON
        and all(importlib.util.find_spec(name) is not None for name in NEEDED)
    )


def _python_of(command: str) -> str:
    """The interpreter of a command that an installer wrote; a program is one itself.

    Installers write `#!/path/python`, and where that is too long or has spaces, a shell script with
    the line `'''exec' '/path/python' "$0" "$@"`.
    """
    with open(command, "rb") as file:
        head = file.read(MOST_SHEBANG_BYTES)
    lines = [line.decode(errors="surrogateescape") for line in head.split(b"\n")[:2]]
    if not lines[0].startswith("#!"):
        return command
    python = lines[0][2:].strip()
    if len(lines) > 1 and lines[1].startswith("'''exec' "):
        python = shlex.split(lines[1])[1]
    if not os.path.isfile(python):
        raise OSError(recorder_text.no_python(command, VARIABLE))
    return python
