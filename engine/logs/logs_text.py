"""Sentences for the user about the logs of other programs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.logs.columns import Meaning
from engine.text import harmless

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


def _taken_for(meaning: Meaning, percent: Collection[Meaning]) -> str:
    if meaning not in _ACCURACIES:
        return _MEANINGS[meaning]
    return f"{_MEANINGS[meaning]} ({'in per cent' if meaning in percent else 'a fraction'})"
