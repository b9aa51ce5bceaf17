"""Matches the classes of another data set with those of a network, by their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_SIGNS = re.compile(r"[\W_]+")


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


def suggestion(known: Sequence[str], other: str) -> str:
    """The known class that this unknown one may be, by a plural or by signs; empty without one."""
    forms = _forms(other)
    return next((name for name in known if forms & _forms(name)), "")


def _forms(name: str) -> set[str]:
    """What a name may be in the singular, without signs: `Traffic-Lights` is `trafficlight`."""
    plain = _SIGNS.sub("", name).casefold()
    singular = {plain.removesuffix("es"), plain.removesuffix("s")}
    if plain.endswith("ies"):
        singular.add(f"{plain.removesuffix('ies')}y")
    return {form for form in (plain, *singular) if form and not form.isdecimal()}
