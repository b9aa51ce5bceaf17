"""How a script is called, and its hyper-parameters as plain values."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def program_name(arguments: Sequence[str] = sys.argv) -> str:
    """The file name of the script; "notebook" in Jupyter."""
    if "ipykernel" in sys.modules:
        return "notebook"
    path = arguments[0] if arguments else ""
    if path in ("", "-", "-c"):
        return "python"
    folder, name = os.path.split(path)
    return os.path.basename(folder) or name if name == "__main__.py" else name


def run_name(program: str) -> str:
    """The name of a run that was given none."""
    return os.path.splitext(program)[0]


def plain_settings(settings: object) -> dict[str, str | int | float | bool | None]:
    """Hyper-parameters by name, from a mapping or an object such as argparse's Namespace.

    Those of a mapping in it are named "outer.inner". What JSON cannot say is written out as text.
    """
    if settings is None:
        return {}
    return dict(_flat(settings if isinstance(settings, Mapping) else vars(settings), ""))


def _flat(
    settings: Mapping[Any, Any], prefix: str
) -> Iterator[tuple[str, str | int | float | bool | None]]:
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif value is None or isinstance(value, (bool, int, float, str)):
            yield name, value
        else:
            yield name, str(value)
