"""Which runs a list shows, and in which order: the condition of `--filter`, the column of `--sort`.

    arch=resnet18 data=cifar10 top1>90% tag=night lr<0.1 started<2d state!=failed gradient_norm<5

A condition takes the columns, and any number that a run reports, with its newest value. `top1` is
the best validation accuracy and `loss` that of the same epoch. `started` and `ended` say how long
ago that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.errors import UsageError
from engine.run import conditions, run_fields
from engine.run.conditions import Condition, Kind
from tui.viewer import recipe_kinds, viewer_text
from tui.viewer.run_columns import COLUMNS, ColumnValue, column
from tui.viewer.run_summary import RunSummary

KINDS: Mapping[str, Kind] = {
    **run_fields.RUN_FIELDS,
    **recipe_kinds.KINDS,
    **{name: found.kind for name, found in COLUMNS.items()},
}


def parse(written: str) -> Condition:
    """The condition that somebody writes. Raises UsageError with a sentence on what is taken."""
    return conditions.parse(written, run_fields.kind_in(KINDS))


def field_values(run: RunSummary, names: Iterable[str], now: float) -> conditions.Values:
    """The values of these fields, as a condition compares them; `now` in unix seconds."""
    return {name: _value(run, name, now) for name in names}


def _value(run: RunSummary, name: str, now: float) -> ColumnValue:
    is_column = name in COLUMNS or name in recipe_kinds.KINDS
    return column(name).value(run, now) if is_column else run.numbers.get(name)


def holding(runs: Iterable[RunSummary], condition: Condition, now: float) -> Iterator[RunSummary]:
    """The runs for which the condition holds, in their order."""
    names = condition.names
    return (run for run in runs if condition.holds(field_values(run, names, now)))


def check_names(runs: Iterable[RunSummary], condition: Condition) -> None:
    """Raises UsageError on a name in the condition that none of these runs has."""
    asked = [name for name in condition.names if name not in KINDS]
    reported = {name for run in runs for name in run.numbers} if asked else set()
    for name in asked:
        if name not in reported:
            raise UsageError(viewer_text.unreported(name, {*KINDS, *reported}))


def whole_words(runs: Sequence[RunSummary], condition: Condition, now: float) -> list[str]:
    """Words that runs have in place of one in the condition with which they only begin."""
    found = dict[str, None]()
    for term in condition.terms:
        if isinstance(term.value, str) and term.value and term.operator == "=":
            every = [*_words(runs, term.name, now)]
            if term.value not in every:
                found |= {word: None for word in every if word.startswith(term.value)}
    return [*found]


def _words(runs: Iterable[RunSummary], name: str, now: float) -> Iterator[str]:
    for run in runs:
        value = _value(run, name, now)
        yield from value if isinstance(value, tuple) else [value] if isinstance(value, str) else []


def in_order(runs: Sequence[RunSummary], order: str, now: float) -> list[RunSummary]:
    """The runs rising by a column, as `loss`, or falling, as `-top1`; unknown values come last.

    Runs with equal values keep their order. Raises UsageError for a name that is no column.
    """
    name, falls = order.removeprefix("-"), order.startswith("-")
    value = column(name).value
    keyed = [(_key(value(run, now)), run) for run in runs]
    known = [(key, run) for key, run in keyed if key is not None]
    known.sort(key=lambda pair: pair[0], reverse=falls)
    return [*(run for _, run in known), *(run for key, run in keyed if key is None)]


def _key(value: ColumnValue) -> tuple[bool, float, str] | None:
    """Numbers come before texts, which capitals do not order."""
    if value is None or value in ("", ("",)):
        return None
    if isinstance(value, int | float):
        return (False, value, "")
    return (True, 0.0, (value if isinstance(value, str) else " ".join(value)).lower())
