"""What the user says columns mean: `step=iter,loss=train_l`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TypeAlias

from engine.errors import UsageError
from engine.logs import logs_text
from engine.logs.columns import Meaning

# The meanings of columns by their names.
ColumnNames: TypeAlias = Mapping[str, Meaning]


def parse(text: str) -> dict[str, Meaning]:
    """The meanings by the names of the columns; none for an empty text. Raises UsageError.

    A name with a comma stands in quotes together with its meaning, as in CSV: `"loss=a, b"`.
    """
    found: dict[str, Meaning] = {}
    for part in next(csv.reader([text], skipinitialspace=True), []):
        word, equals, name = (piece.strip() for piece in part.partition("="))
        if not (equals and word and name):
            raise UsageError(logs_text.no_column_name(part))
        try:
            meaning = Meaning(word)
        except ValueError:
            raise UsageError(logs_text.unknown_meaning(word, [*Meaning])) from None
        if name in found or meaning in found.values():
            raise UsageError(logs_text.named_twice(part))
        found[name] = meaning
    return found
