"""The fields of a run that a condition may name, and how their values are written."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeAlias, get_args

from engine import text
from engine.errors import UsageError
from engine.run import condition_text
from engine.run.conditions import Kind, Number, Seconds, Share, Word
from engine.run.reports import NAMES

RunState: TypeAlias = Literal[
    "queued", "starting", "live", "paused", "done", "stopped", "failed", "silent"
]
STATES: tuple[RunState, ...] = get_args(RunState)
_SHARES = ("step_top1", "train_top1", "top1", "top5", "balanced", "waited", "test_top1")
_SECONDS = ("seconds", "evaluation_seconds", "elapsed", "remaining")

RUN_FIELDS: Mapping[str, Kind] = {
    "state": Word(STATES),
    **dict.fromkeys(NAMES, Number()),
    **dict.fromkeys(_SHARES, Share()),
    **dict.fromkeys(_SECONDS, Seconds()),
}


def kind_in(
    fields: Mapping[str, Kind], scalars: Callable[[], Iterable[str]] = tuple
) -> Callable[[str], Kind]:
    """What `conditions.parse` needs to know of these fields, and of any scalar.

    A run names its scalars itself, perhaps later. So an unknown name is that of a scalar, unless
    `scalars`, those that the run has, lack it and it is similar to a field, or differs from a
    scalar only in capitals and dashes.
    """

    def kind_of(name: str) -> Kind:
        if name in fields:
            return fields[name]
        known, plain = {*scalars()}, _plain(name)
        if name not in known:
            similar = difflib.get_close_matches(plain, fields, n=1, cutoff=text.LEAST_SIMILARITY)
            if similar or plain in map(_plain, known):
                raise UsageError(condition_text.unknown_name(name, [*fields, *known]))
        return Number(may_be_share=True)

    return kind_of


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
