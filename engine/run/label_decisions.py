"""A person's decisions on labels: a file such as `labels.toml`, keyed by the names of images.

data = "/home/ann/pets"
[labels]
"train/cat/1.jpg" = "drop"
"train/cat/7.jpg" = "keep"
"train/dog/3.jpg" = { label = "cat" }
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from engine import regular_files, text
from engine.errors import UsageError
from engine.recipes.recipe_toml import toml_value
from engine.run import decision_lines, run_text
from engine.run.durable_files import PRIVATE, clear_half_writes, save
from engine.run.file_lock import locked_soon

# The keys at the top of the file: its table of decisions, and the data set that they are on.
TABLE, DATA = "labels", "data"

# So long a decision waits for others that write theirs.
PATIENCE_SECONDS = 3.0

# What tomllib says of a key that stands twice.
_TWICE = re.compile(r"Cannot overwrite a value \(at (?:line (\d+)|end of document)")


class Relabel(NamedTuple):
    """An image belongs to the class of this name."""

    label: str


Decision: TypeAlias = Literal["drop", "keep"] | Relabel
# Decisions by the names of images in their data set, in the order of the file.
Decisions: TypeAlias = dict[str, Decision]


class DecisionsFile(NamedTuple):
    """What a file says: decisions, and the data set as recipes name it; empty where it does not."""

    decisions: Decisions
    data: str = ""


def read(file: Path) -> Decisions:
    """The decisions of a file. Raises UsageError for one that cannot be read or understood."""
    try:
        return _understood(file, regular_files.read_bytes(file)).decisions
    except OSError as error:
        raise UsageError(run_text.decisions_unreadable(file, text.reason(error))) from error


def read_if_there(file: Path) -> DecisionsFile | None:
    """What a file says, or None where there is none. Raises UsageError as `read`."""
    content = _content(file)
    return None if content is None else _understood(file, content)


def change(
    file: Path,
    image: str,
    decision: Decision | None,
    *,
    data: str = "",
    copy: Path | None = None,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Decide on one image, or take its decision back with None; all other decisions stay.

    Other lines and comments stay, too, where that is possible. Of two who do so at once, one waits,
    at most `patience` seconds. Where there is no file, it is made: from `copy`, if that is there. A
    file without decisions says from now on that it is of this `data`. Raises UsageError as `read`
    and for a name that no TOML can hold, and RunError where the file cannot be written or somebody
    else still writes it; the file then stays as it was.
    """
    file = Path(os.path.realpath(file))  # a link stays one
    with locked_soon(file.with_name(f".{file.name}.lock"), patience):
        clear_half_writes(file)
        content = _content(file)
        mode = PRIVATE if content is None else stat.S_IMODE(file.stat().st_mode)
        if content is None and copy is not None:
            content = _content(copy)
        save(file, _changed(file, content or b"", image, decision, data), mode=mode)


def _changed(file: Path, content: bytes, image: str, decision: Decision | None, data: str) -> bytes:
    """The content with another decision on an image. Raises as `change`."""
    found = _understood(file, content)
    wanted = {name: choice for name, choice in found.decisions.items() if name != image}
    if decision is not None:
        wanted = {**found.decisions, image: decision}
    new = DecisionsFile(wanted, found.data or ("" if found.decisions else data))
    line = "" if decision is None else _line(image, decision)
    edited = decision_lines.changed(content.decode(), TABLE, image, line)
    if new.data != found.data:
        edited = f"{DATA} = {toml_value(new.data)}\n{edited}"
    with contextlib.suppress(UsageError):
        if _understood(file, edited.encode()) == new:
            return edited.encode()
    return to_toml(*new)


def to_toml(decisions: Mapping[str, Decision], data: str = "") -> bytes:
    """The content of a file. Raises UsageError for a name that is not Unicode."""
    top = [f"{DATA} = {toml_value(data)}"] if data else []
    lines = [*top, f"[{TABLE}]", *(_line(*decided) for decided in decisions.items()), ""]
    return "\n".join(lines).encode()


def _line(image: str, decision: Decision) -> str:
    """The line of an image. Raises UsageError for a name that is not Unicode."""
    for name in (image, *(decision if isinstance(decision, Relabel) else ())):
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise UsageError(text.not_unicode(name)) from error
    return f"{toml_value(image)} = {_value(decision)}"


def digest(decisions: Mapping[str, Decision]) -> str:
    """A digest (blake2b, 128 bits) of decisions in any order."""
    content = json.dumps(decisions, sort_keys=True).encode()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _value(decision: Decision) -> str:
    if isinstance(decision, Relabel):
        return f"{{ label = {toml_value(decision.label)} }}"
    return toml_value(decision)


def _content(file: Path) -> bytes | None:
    """The content of a file, or None where there is none. Raises UsageError as `read`."""
    try:
        return regular_files.read_bytes(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(run_text.decisions_unreadable(file, text.reason(error))) from error


def _understood(file: Path, content: bytes) -> DecisionsFile:
    """What the content of a file says. Raises UsageError."""
    found = _toml(file, content)
    if others := found.keys() - {TABLE, DATA}:
        raise UsageError(run_text.decisions_elsewhere(file, min(others)))
    table, data = found.get(TABLE, {}), found.get(DATA, "")
    if not isinstance(table, dict):
        raise UsageError(run_text.decisions_elsewhere(file, TABLE))
    if not isinstance(data, str):
        raise UsageError(run_text.no_data_of_decisions(file))
    decisions = {image: _decision(file, image, value) for image, value in table.items()}
    return DecisionsFile(decisions, data)


def _toml(file: Path, content: bytes) -> dict[str, Any]:
    written = ""
    try:
        written = content.decode()
        return tomllib.loads(written)
    except (ValueError, RecursionError) as error:
        if image := _written_twice(written, str(error)):
            raise UsageError(run_text.decided_twice(file, image)) from error
        raise UsageError(run_text.decisions_not_toml(file, str(error))) from error


def _written_twice(content: str, error: str) -> str:
    """The image whose name stands twice, if tomllib says that one does; else empty."""
    if (found := _TWICE.match(error)) is None:
        return ""
    line = int(found[1]) - 1 if found[1] else -1
    with contextlib.suppress(ValueError):
        return next(iter(tomllib.loads(content.split("\n")[line])), "")
    return ""


def _decision(file: Path, image: str, value: object) -> Decision:
    match value:
        case "drop" | "keep":
            return value
        case {"label": str(label), **others} if not others:
            return Relabel(label)
        case str():
            raise UsageError(run_text.class_alone(file, image, _value(Relabel(value))))
        case dict() if wrong := value.keys() - {"label"}:
            raise UsageError(run_text.no_key_of_decision(file, image, min(wrong)))
    raise UsageError(run_text.no_decision(file, image))
