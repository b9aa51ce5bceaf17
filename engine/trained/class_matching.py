"""Matches the classes of another data set with those of a network, by their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_BETWEEN_WORDS = re.compile(r"[\s_-]+")


def matches(known: Sequence[str], others: Sequence[str]) -> list[int | None]:
    """For each of the other classes, the index of the known one that it means; None without one.

    A name means the same name, else the one that is spelled alike, if only one is: upper and lower
    case, and what stands between words, make no difference, nor do zeros before a number.
    """
    same = {name: index for index, name in enumerate(known)}
    spelled = [_spelling(name) for name in known]
    unique = {name for name, count in Counter(spelled).items() if count == 1}
    alike = {name: index for index, name in enumerate(spelled) if name in unique}
    return [same.get(name, alike.get(_spelling(name))) for name in others]


def _spelling(name: str) -> str:
    words = _BETWEEN_WORDS.sub(" ", name).strip().casefold()
    return str(int(words)) if words.isdecimal() else words
