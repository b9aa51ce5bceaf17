"""The fields of a run that a condition may name, and how their values are written."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from engine import text
from engine.errors import UsageError
from engine.run import condition_text
from engine.run.conditions import Kind, Number, Seconds, Share, Word
from engine.run.reports import NAMES

STATES = ("starting", "live", "paused", "done", "stopped", "failed", "silent")
_SHARES = ("step_top1", "train_top1", "top1", "top5", "balanced", "waited", "test_top1")
_SECONDS = ("seconds", "evaluation_seconds", "elapsed", "remaining")

RUN_FIELDS: Mapping[str, Kind] = {
    "state": Word(STATES),
    **dict.fromkeys(NAMES, Number()),
    **dict.fromkeys(_SHARES, Share()),
    **dict.fromkeys(_SECONDS, Seconds()),
}


def kind_in(
    fields: Mapping[str, Kind], is_scalar: Callable[[str], bool] = lambda name: False
) -> Callable[[str], Kind]:
    """What `conditions.parse` needs to know of these fields, and of any scalar.

    A run names its scalars itself, perhaps later. So an unknown name is that of a scalar, unless it
    is similar to a field and `is_scalar` knows none of that name.
    """

    def kind_of(name: str) -> Kind:
        if name in fields:
            return fields[name]
        similar = difflib.get_close_matches(name, fields, n=1, cutoff=text.LEAST_SIMILARITY)
        if similar and not is_scalar(name):
            raise UsageError(condition_text.unknown_name(name, fields))
        return Number(may_be_share=True)

    return kind_of
