"""How a script is called, and its hyper-parameters as plain values."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cnn_tui.watching import watching_text


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
    Raises TypeError where the settings have no names.
    """
    return {} if settings is None else dict(_flat(_named(settings), "", ()))


def _named(settings: object) -> Mapping[Any, Any]:
    if isinstance(settings, Mapping):
        return settings
    if dataclasses.is_dataclass(settings):  # one with slots has no __dict__
        return {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    try:
        return vars(settings)
    except TypeError:
        raise TypeError(watching_text.no_settings(settings)) from None


def _flat(
    settings: Mapping[Any, Any], prefix: str, around: tuple[int, ...]
) -> Iterator[tuple[str, str | int | float | bool | None]]:
    """The settings of this mapping, which lies in those with the identities `around`."""
    around = (*around, id(settings))
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and id(value) not in around:
            yield from _flat(value, f"{name}.", around)
        elif value is None or isinstance(value, (bool, int, float, str)):
            yield name, value
        else:
            yield name, _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 (the object is anybody's)
        return type(value).__name__
