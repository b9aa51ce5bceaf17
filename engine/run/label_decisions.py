"""A person's decisions on labels: a file such as `labels.toml`, keyed by the names of images.

[labels]
"train/cat/1.jpg" = "drop"
"train/cat/7.jpg" = "keep"
"train/dog/3.jpg" = { label = "cat" }
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from engine import regular_files, text
from engine.errors import UsageError
from engine.recipes.recipe_toml import toml_value
from engine.run import run_text
from engine.run.durable_files import save
from engine.run.file_lock import locked_soon

# The only key at the top of the file: its table of decisions.
TABLE = "labels"

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


def read(file: Path) -> Decisions:
    """The decisions of a file. Raises UsageError for one that cannot be read or understood."""
    try:
        return _read(file)
    except OSError as error:
        raise UsageError(run_text.decisions_unreadable(file, text.reason(error))) from error


def change(
    file: Path, image: str, decision: Decision | None, patience: float = PATIENCE_SECONDS
) -> None:
    """Decide on one image, or take its decision back with None; all other decisions stay.

    Of two who do so at once, one waits, at most `patience` seconds. The file is made where there is
    none. Raises UsageError as `read` and for a name that no TOML can hold, and RunError where the
    file cannot be written or somebody else still writes it; the file then stays as it was.
    """
    with locked_soon(file.with_name(f".{file.name}.lock"), patience):
        decisions = read(file) if file.exists() else {}
        if decision is None:
            decisions.pop(image, None)
        else:
            decisions[image] = decision
        save(file, to_toml(decisions))


def to_toml(decisions: Mapping[str, Decision]) -> bytes:
    """The content of a file. Raises UsageError for a name that is not Unicode."""
    lines = [f"{toml_value(image)} = {_value(choice)}\n" for image, choice in decisions.items()]
    try:
        return "".join([f"[{TABLE}]\n", *lines]).encode()
    except UnicodeEncodeError as error:
        raise UsageError(text.not_unicode(error.object)) from error


def digest(decisions: Mapping[str, Decision]) -> str:
    """A digest (blake2b, 128 bits) of decisions in any order."""
    content = json.dumps(decisions, sort_keys=True).encode()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _value(decision: Decision) -> str:
    if isinstance(decision, Relabel):
        return f"{{ label = {toml_value(decision.label)} }}"
    return toml_value(decision)


def _read(file: Path) -> Decisions:
    """As `read`. Raises OSError, too."""
    found = _toml(file)
    if others := found.keys() - {TABLE}:
        raise UsageError(run_text.decisions_elsewhere(file, min(others)))
    table = found.get(TABLE, {})
    if not isinstance(table, dict):
        raise UsageError(run_text.decisions_elsewhere(file, TABLE))
    return {image: _decision(file, image, value) for image, value in table.items()}


def _toml(file: Path) -> dict[str, Any]:
    content = ""
    try:
        content = regular_files.read_text(file)
        return tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        if image := _written_twice(content, str(error)):
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
