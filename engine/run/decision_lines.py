"""Changes one line of a file of decisions on labels, so that comments and other lines stay.

What it makes is to be read again: a file may be written in ways that have no line for an image.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Sequence
from typing import Any

from engine.recipes.recipe_toml import toml_value


def changed(content: str, table: str, image: str, line: str) -> str:
    """The text with this line for an image of the table; with an empty one, without its line.

    The comment behind the old line stays behind the new one.
    """
    rows = content.removesuffix("\n").split("\n") if content else []
    head = next((at for at, row in enumerate(rows) if _is_head(row, table)), len(rows))
    if head == len(rows):
        rows.append(f"[{table}]")
    at = _line_of(rows, head, image)
    if at is not None:
        rows[at : at + 1] = [line + _comment(rows[at])] if line else []
    elif line:
        rows.append(line)
    return "\n".join([*rows, ""])


def _is_head(row: str, table: str) -> bool:
    return row.lstrip().startswith("[") and _parsed(row) == {table: {}}


def _line_of(rows: Sequence[str], head: int, image: str) -> int | None:
    """The place of an image's line below the head of the table."""
    written = toml_value(image)[1:-1]
    below = range(head + 1, len(rows))
    likely = (at for at in below if image in rows[at] or written in rows[at])
    return next((at for at in likely if [*_parsed(rows[at])] == [image]), None)


def _comment(row: str) -> str:
    """The comment at the end of a line, with the space before it; or empty."""
    for at in (at for at, character in enumerate(row) if character == "#"):
        if _parsed(row[:at]) == _parsed(row):
            return row[len(row[:at].rstrip()) :]
    return ""


def _parsed(row: str) -> dict[str, Any]:
    """What a line says on its own; nothing where it is no line of TOML."""
    with contextlib.suppress(ValueError, RecursionError):
        return tomllib.loads(f"{row}\n")  # which may end in a carriage return
    return {}
