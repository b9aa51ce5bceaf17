"""Why a script has no recorder."""

from __future__ import annotations

COMMAND = ".venv/bin/cnn-tui of a checkout of cnn-tui in which `make run` has run once"


def no_command(variable: str, named: str) -> str:
    return (
        f"{variable} is {named!r}, which is no command: set it to the path of cnn-tui, or of the "
        "Python that has it."
    )


def no_recorder_found(variable: str) -> str:
    return (
        f"There is no command cnn-tui on the PATH: set {variable} to {COMMAND}, or put its folder "
        "on the PATH."
    )


def no_python(command: str, variable: str) -> str:
    return (
        f"The command {command} names no Python that is there: set {variable} to {COMMAND}, or to "
        "its Python."
    )


def no_recorder_in(variable: str, named: str) -> str:
    return (
        f"{variable} is {named!r}, which started and is no recorder: set it to {COMMAND}, or to "
        "its Python."
    )


def recorder_failed(python: str, why: str) -> str:
    return f"The recorder cannot be started with {python} ({why}): install cnn-tui again."
