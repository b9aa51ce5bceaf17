"""A recorder that keeps lines and says what it is told to, for tests of the script's side.

    python tests/fake_recorder.py LINES [TYPE=ANSWER …]

It appends each line to the file LINES. After a line of a TYPE it writes that ANSWER, or dies if the
answer is DIE.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

RECORDING = '{"type":"Recording","folder":"/runs/1-mine","label":"1-mine","selector":"1"}'
DIE = "DIE"


def starter(
    lines: Path, answers: Sequence[tuple[str, str]] = (("Hello", RECORDING),)
) -> Callable[[], subprocess.Popen[bytes]]:
    """Starts one with these answers, as `recorder_start.start` starts the real one."""
    command = [sys.executable, "-I", __file__, str(lines), *("=".join(pair) for pair in answers)]
    return lambda: subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
    )


def told_in(errors: str) -> list[str]:
    """The lines of standard error that tell a fault, and not where the run is seen."""
    return [line for line in errors.splitlines() if not line.startswith("cnn-tui: watched as")]


def kept(lines: Path) -> list[dict[str, Any]]:
    """The lines that were kept so far."""
    text = lines.read_text() if lines.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def main() -> None:
    lines = Path(sys.argv[1])
    answers = [pair.split("=", 1) for pair in sys.argv[2:]]
    for line in sys.stdin:
        with lines.open("a") as file:
            file.write(line)
        kind = json.loads(line)["type"]
        for _, answer in (pair for pair in answers if pair[0] == kind):
            if answer == DIE:
                os._exit(1)
            sys.stdout.write(f"{answer}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
