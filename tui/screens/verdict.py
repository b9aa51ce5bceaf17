"""A judgement on a run."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Level: TypeAlias = Literal["error", "warning", "good", "note"]


class Verdict(NamedTuple):
    """A judgement with its reason, a sentence; `short` is the text for a narrow line."""

    level: Level
    text: str
    reason: str
    short: str = ""
