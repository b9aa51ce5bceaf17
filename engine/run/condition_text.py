"""Sentences for the user about conditions such as `top1>90%`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.text import choices, harmless, nearest

_SHAPE = "NAME OPERATOR VALUE in quotes, with >, >=, <, <=, = or !="

EMPTY = f"the condition is empty: write {_SHAPE}, as in 'top1>90% epoch>=5'."


def no_term(word: str) -> str:
    return (
        f"'{harmless(word)}' begins no condition: write {_SHAPE}, as in 'top1>90% epoch>=5', where "
        "a space means and."
    )


def unknown_name(name: str, known: Iterable[str]) -> str:
    return f"there is no number '{harmless(name)}': {nearest(name, known)}"


def no_order(name: str, sign: str) -> str:
    return f"{harmless(name)} is a word and has no order: use = or !=, not {sign}."


def bad_word(name: str, word: str, words: Iterable[str]) -> str:
    return f"{harmless(name)} is never '{harmless(word)}': choose {choices(words)}."


def share_without_sign(name: str, written: str) -> str:
    number = harmless(written)
    return (
        f"{harmless(name)} is a share, and {number} is more than all: write {number}%, or a number "
        "from 0 to 1."
    )


def bad_share(name: str, written: str) -> str:
    return (
        f"{harmless(name)} is a share, not '{harmless(written)}': write it as on the screen, 90%, "
        "or as a number from 0 to 1."
    )


def bad_number(name: str, written: str, may_be_share: bool, words: Sequence[str]) -> str:
    also = ", 90%" if may_be_share else ""
    instead = f", or {' or '.join(words)}" if words else ""
    return (
        f"{harmless(name)} is a number, not '{harmless(written)}': "
        f"write one such as 0.5, 100{also} or 1e-3{instead}."
    )


def bad_duration(written: str) -> str:
    return f"'{harmless(written)}' is no duration: write one such as 90s, 30m, 2h or 1h30m."


def in_field(name: str, sentence: str) -> str:
    return f"{harmless(name)} takes a duration: {sentence}"
