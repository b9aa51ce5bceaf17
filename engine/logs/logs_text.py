"""Sentences for the user about the logs of other programs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from engine.logs.columns import Meaning
from engine.numbers import size
from engine.protocol.events import LONGEST_SCALAR_NAME
from engine.text import harmless, nearest

_MEANINGS = {
    Meaning.SECONDS: "the seconds of an epoch",
    Meaning.LOSS: "the training loss",
    Meaning.TOP1: "the training accuracy",
    Meaning.VAL_LOSS: "the validation loss",
    Meaning.VAL_TOP1: "the validation accuracy",
    Meaning.VAL_TOP5: "the top-5 accuracy of the validation",
    Meaning.LR: "the learning rate",
    Meaning.SPEED: "images/s",
}
_ACCURACIES = frozenset({Meaning.TOP1, Meaning.VAL_TOP1, Meaning.VAL_TOP5})

ROWS_COUNTED = (
    "the log names neither steps nor epochs, so its rows are counted: name the column of the steps "
    "as in `--columns step=iter`."
)


def columns_read(read: Mapping[str, Meaning], percent: Collection[Meaning]) -> str:
    """`read` says for a column what it is taken for, and `percent` what is in per cent."""
    return "; ".join(f"{harmless(n)} is read as {_taken_for(m, percent)}" for n, m in read.items())


def long_name(name: str) -> str:
    return (
        f"columns with names of more than {LONGEST_SCALAR_NAME} characters are not shown, such as "
        f"{harmless(name[:40])}…"
    )


def _taken_for(meaning: Meaning, percent: Collection[Meaning]) -> str:
    if meaning not in _ACCURACIES:
        return _MEANINGS[meaning]
    return f"{_MEANINGS[meaning]} ({'in per cent' if meaning in percent else 'a fraction'})"


# A file


def no_text(path: object) -> str:
    return f"{harmless(str(path))} is no text in UTF-8: name a CSV file or one of JSON lines."


def no_header(path: object) -> str:
    return f"{harmless(str(path))} begins with numbers: put a line with the column names first."


def long_header(path: object) -> str:
    return (
        f"{harmless(str(path))} begins with a line that is too long: put a line with the column "
        "names first."
    )


def no_numbers(path: object) -> str:
    return f"{harmless(str(path))} has no numbers: name a file with the numbers of a training."


def no_rows(path: object) -> str:
    return f"{harmless(str(path))} holds no list of objects: name a log of a training."


def bad_json(path: object, why: str) -> str:
    return f"{harmless(str(path))} is damaged, since {harmless(why)}: name another log."


def too_large(path: object, most: int) -> str:
    return (
        f"{harmless(str(path))} is one JSON text of more than {size(most)}: have the numbers "
        "written as JSON lines."
    )


# A line

NO_OBJECT = "it is no JSON object"
NO_TEXT = "it holds zero bytes"
LONG_LINE = "it is too long"


def not_json(why: str) -> str:
    return f"it is no JSON ({harmless(why)})"


def wrong_width(cells: int, names: int) -> str:
    return f"it has {cells:,} cells and the header {names:,}"


def damaged_line(path: object, number: int, offset: int, why: str) -> str:
    return (
        f"line {number:,} of {harmless(str(path))}, at byte {offset:,}, is left out: "
        f"{harmless(why)}."
    )


# Columns that the user names

NO_RESULT_KNOWN = (
    "no column is known as a loss or an accuracy: say which ones are, as in "
    "`--columns loss=train_l,val_loss=val_l`."
)


def no_such_column(name: str, names: Sequence[str], path: object) -> str:
    return f"{harmless(str(path))} has no column '{harmless(name)}': {nearest(name, names)}"


def no_column_name(part: str) -> str:
    return f"'{harmless(part)}' names no column: write --columns as in step=iter,loss=train_l."


def unknown_meaning(word: str, words: Iterable[str]) -> str:
    return f"--columns knows no '{harmless(word)}': {nearest(word, words)}"


def named_twice(part: str) -> str:
    return f"'{harmless(part)}' names a column or a meaning again: leave one of them out."
