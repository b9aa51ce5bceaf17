"""Conditions on the numbers of a run, as `--until` and filters take them: `top1>90% epoch>=5`.

    condition = term {space term}               all of the terms must hold
    term      = name operator value             spaces around the operator are allowed
    operator  = ">" | ">=" | "<" | "<=" | "=" | "!="
    value     = 90% | 0.9 | 1e-3 | 2h | 1h30m | word | "text in quotes"

What a value may look like depends on the kind of its field. A number that is unknown or not finite
meets no term, not even one with `!=`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeAlias

import msgspec

from engine.errors import UsageError
from engine.run import condition_text

Value: TypeAlias = float | str
# What the fields are now. None stands for a number that is not finite, a tuple for several texts at
# once, such as the tags of a run.
Values: TypeAlias = Mapping[str, float | str | tuple[str, ...] | None]

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}


class Share(msgspec.Struct, frozen=True):
    """A share, 0 to 1, such as an accuracy."""


class Number(msgspec.Struct, frozen=True):
    """Any finite number. With `may_be_share`, it may be written in per cent.

    A field may also be one of these words instead of a number, such as `auto`.
    """

    may_be_share: bool = False
    words: tuple[str, ...] = ()


class Seconds(msgspec.Struct, frozen=True):
    """A duration, in seconds."""


class Word(msgspec.Struct, frozen=True):
    """One of these words; where there are none, any text."""

    words: tuple[str, ...] = ()


Kind: TypeAlias = Share | Number | Seconds | Word

_PLAIN = r'[^\s"<>=!]+'
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TERM = re.compile(
    rf"\s*({_PLAIN}|{_QUOTED})\s*(>=|<=|!=|>|<|=)\s*({_PLAIN}|{_QUOTED})(?=\s|$)", re.DOTALL
)
_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[dhms])+")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]{1,3})?", re.IGNORECASE)


class Term(NamedTuple):
    """A field, an operator, and the value with which the field is compared."""

    name: str
    operator: str
    value: Value
    kind: Kind

    def __str__(self) -> str:
        return f"{_quoted(self.name)}{self.operator}{_written(self.value, self.kind)}"

    def holds(self, values: Values) -> bool:
        """Whether the field meets this term now. What is unknown never does.

        Several texts equal a value if one of them does.
        """
        now = values.get(self.name)
        if now is None:
            return False
        if isinstance(self.value, str):
            equal = self.value in now if isinstance(now, tuple) else self.value == now
            return equal == (self.operator == "=")
        if isinstance(now, str | tuple):  # a word in place of the number
            return self.operator == "!="
        return not math.isnan(now) and OPERATORS[self.operator](now, self.value)


class Condition(NamedTuple):
    """Terms that must hold at the same time."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    def holds(self, values: Values) -> bool:
        return all(term.holds(values) for term in self.terms)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that it compares, each once."""
        return tuple(dict.fromkeys(term.name for term in self.terms))


def parse(text: str, kind_of: Callable[[str], Kind]) -> Condition:
    """The condition that `text` writes.

    `kind_of` gives the kind of a field, or raises UsageError for an unknown name. Raises UsageError
    with a sentence that says what may be written instead.
    """
    terms, at = [], 0
    while text[at:].strip():
        matched = _TERM.match(text, at)
        if matched is None:
            raise UsageError(condition_text.no_term(text[at:].split(maxsplit=1)[0]))
        name, sign, value = matched.groups()
        terms.append(_term(_unquoted(name), sign, value, kind_of))
        at = matched.end()
    if not terms:
        raise UsageError(condition_text.EMPTY)
    return Condition(tuple(terms))


def parse_duration(text: str) -> float:
    """The seconds of a duration such as `90s`, `2h` or `1h30m`. Raises UsageError."""
    if not _DURATION.fullmatch(text):
        raise UsageError(condition_text.bad_duration(text))
    parts = re.findall(r"([0-9.]+)([dhms])", text)
    seconds = float(sum(Decimal(amount) * _UNITS[unit] for amount, unit in parts))
    if math.isinf(seconds):
        raise UsageError(condition_text.bad_duration(text))
    return seconds


def parse_share(name: str, written: str) -> float:
    """The share, 0 to 1, that is written for `name`, such as `90%`. Raises UsageError."""
    number = _number(written.removesuffix("%"))
    if number is not None and not written.endswith("%") and 1 < number <= 100:
        raise UsageError(condition_text.share_without_sign(name, written))
    share = _of_hundred(number, written)
    if share is None or not 0 <= share <= 1:
        raise UsageError(condition_text.bad_share(name, written))
    return share


def _term(name: str, sign: str, value: str, kind_of: Callable[[str], Kind]) -> Term:
    kind = kind_of(name)
    if sign not in ("=", "!=") and _is_word(value, kind):
        raise UsageError(condition_text.no_order(name, sign))
    return Term(name, sign, _value(name, value, kind), kind)


def _is_word(written: str, kind: Kind) -> bool:
    return isinstance(kind, Word) or (isinstance(kind, Number) and written in kind.words)


def _value(name: str, written: str, kind: Kind) -> Value:
    """The value that is written for this field. Raises UsageError."""
    match kind:
        case Word():
            return _word(name, _unquoted(written), kind.words)
        case Seconds():
            return _seconds(name, written)
        case Share():
            return parse_share(name, written)
        case Number():
            return written if written in kind.words else _any_number(name, written, kind)


def _word(name: str, word: str, words: tuple[str, ...]) -> str:
    if words and word not in words:
        raise UsageError(condition_text.bad_word(name, word, words))
    return word


def _seconds(name: str, written: str) -> float:
    try:
        return parse_duration(written)
    except UsageError as error:
        raise UsageError(condition_text.in_field(name, str(error))) from error


def _any_number(name: str, written: str, kind: Number) -> float:
    digits = written.removesuffix("%") if kind.may_be_share else written
    found = _of_hundred(_number(digits), written)
    if found is None:
        raise UsageError(condition_text.bad_number(name, written, kind.may_be_share, kind.words))
    return found


def _of_hundred(number: Decimal | None, written: str) -> float | None:
    """The number, or its hundredth if a per cent sign follows it, exactly rounded."""
    if number is None:
        return None
    return float(number / 100 if written.endswith("%") else number)


def _number(written: str) -> Decimal | None:
    """The number; None for what is none, or not finite."""
    found = Decimal(written) if _NUMBER.fullmatch(written) else None
    return found if found is not None and math.isfinite(float(found)) else None


def _written(value: Value, kind: Kind) -> str:
    """The value as `parse` reads it."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(kind, Share):
        return f"{_plain(100 * Decimal(repr(value)))}%"
    if isinstance(kind, Seconds):
        return f"{_plain(Decimal(repr(value)))}s"
    return repr(value).removesuffix(".0")


def _plain(number: Decimal) -> str:
    """The number without an exponent and needless zeros."""
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _quoted(text: str) -> str:
    if re.fullmatch(_PLAIN, text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
