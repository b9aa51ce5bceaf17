"""Why a script has no recorder."""

from __future__ import annotations

INSTALL = "`pipx install cnn-tui`"


def no_command(variable: str, named: str) -> str:
    return (
        f"{variable} is {named!r}, which is no command: set it to the path of cnn-tui, or of the "
        "Python that has it."
    )


def no_recorder_found(variable: str) -> str:
    return (
        f"There is no command cnn-tui on the PATH: install it in an environment of its own "
        f"({INSTALL}), or set {variable} to the path of its command."
    )


def no_python(command: str, variable: str) -> str:
    return (
        f"The command {command} names no Python that is there: install cnn-tui again ({INSTALL}), "
        f"or set {variable} to its Python."
    )


def recorder_failed(python: str, why: str) -> str:
    return f"The recorder cannot be started with {python} ({why}): install cnn-tui again."
