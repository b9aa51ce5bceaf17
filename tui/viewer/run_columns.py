"""What a list of runs shows, sorts by and filters by: columns, by the names that a user types.

Each field of a recipe is a column, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from os.path import basename, isabs
from typing import NamedTuple, TypeAlias

from engine import numbers
from engine.errors import UsageError
from engine.recipes.recipe import FIELDS
from engine.recipes.recipe_toml import as_setting
from engine.run import run_fields
from engine.run.conditions import Kind, Number, Seconds, Share, Word
from tui.viewer import recipe_kinds, run_list, viewer_text
from tui.viewer.run_summary import DEFAULT_SETTINGS, RunSummary

# What a column compares: a number, a text, or several texts; None stands for what is unknown.
ColumnValue: TypeAlias = float | str | tuple[str, ...] | None
# Of a run, at a time in unix seconds.
Compared: TypeAlias = Callable[[RunSummary, float], ColumnValue]
Shown: TypeAlias = Callable[[RunSummary], str]


class RunColumn(NamedTuple):
    """A column: its kind in conditions, what it compares, and what it shows.

    `rank` says how soon it is left out where there is no room for all: the highest first. A column
    with `least` may be cut to that many cells.
    """

    name: str
    heading: str
    kind: Kind
    value: Compared
    cell: Shown
    right: bool = False
    rank: int = 0
    least: int | None = None


def _same(name: str) -> Compared:
    """The value of this field of the summary."""
    return lambda run, now: getattr(run, name)


def _ago(name: str) -> Compared:
    """How many seconds ago that time was."""
    return lambda run, now: max(0.0, now - moment) if (moment := getattr(run, name)) else None


def _named(short: str) -> Compared:
    """A name and the path that it shortens: a condition may name either."""
    return lambda run, now: (getattr(run, short), str(run.settings.get(short, "")))


def _text(name: str) -> Shown:
    return lambda run: str(getattr(run, name) or "")


def _date(name: str) -> Shown:
    return lambda run: clock(moment, time.time()) if (moment := getattr(run, name)) else ""


def clock(moment: float, now: float) -> str:
    """A time of this year with its hour, as `03 Dec 14:05`; one of another year with that."""
    then, today = time.localtime(moment), time.localtime(now)
    form = "%d %b %H:%M" if then.tm_year == today.tm_year else "%d %b %Y"
    return time.strftime(form, then)


def _duration(name: str) -> Shown:
    return lambda run: numbers.duration(found) if (found := getattr(run, name)) else ""


def _several(name: str) -> Compared:
    """All of these texts; an empty one if there are none, so that `tag=""` finds them."""
    return lambda run, now: getattr(run, name) or ("",)


def _loss(run: RunSummary) -> str:
    return "" if run.loss is None else numbers.significant(run.loss)


def _tags(run: RunSummary) -> str:
    return " ".join(run.tags)


def _changed(run: RunSummary) -> str:
    return " ".join(f"{key}={_setting(run, key)}" for key in run.changed)


_TABLE = (
    RunColumn("number", "#", Number(), _same("number"), _text("number"), right=True),
    RunColumn("name", "run", Word(), _same("name"), _text("name"), least=12),
    RunColumn("state", "state", Word(run_fields.STATES), _same("state"), run_list.state),
    RunColumn("arch", "arch", Word(), _named("arch"), _text("arch"), rank=3, least=8),
    RunColumn("data", "data", Word(), _named("data"), run_list.data, rank=3, least=7),
    RunColumn("preset", "recipe", Word(), _same("preset"), _text("preset"), rank=4),
    RunColumn("changed", "changed", Word(), _several("changed"), _changed, rank=6, least=12),
    RunColumn("program", "program", Word(), _same("program"), _text("program"), rank=6),
    RunColumn("epoch", "epoch", Number(), _same("epoch"), run_list.epochs, right=True),
    RunColumn("epochs", "epochs", Number(), _same("epochs"), _text("epochs"), True, rank=6),
    RunColumn("step", "step", Number(), _same("step"), _text("step"), True, rank=6),
    RunColumn("top1", "best", Share(), _same("best_top1"), run_list.best, right=True),
    RunColumn("loss", "loss", Number(), _same("loss"), _loss, right=True, rank=6),
    RunColumn("best_epoch", "of epoch", Number(), _same("best_epoch"), _text("best_epoch"), True),
    RunColumn("test_top1", "test", Share(), _same("test_top1"), run_list.tested, True, rank=1),
    RunColumn("elapsed", "time", Seconds(), _same("seconds"), _duration("seconds"), True, rank=2),
    RunColumn("remaining", "left", Seconds(), _same("remaining"), _duration("remaining"), True),
    RunColumn("started", "started", Seconds(), _ago("started"), _date("started"), rank=5),
    RunColumn("ended", "ended", Seconds(), _ago("ended"), _date("ended"), rank=5),
    RunColumn("tag", "tags", Word(), _several("tags"), _tags, rank=2, least=8),
    RunColumn("note", "note", Word(), _same("note"), _text("note"), rank=6, least=12),
    RunColumn("race", "race", Word(), _same("race"), _text("race"), rank=6),
)
COLUMNS: Mapping[str, RunColumn] = {column.name: column for column in _TABLE}
# What a list shows unless somebody chooses other columns.
USUAL = (
    *("number", "name", "state", "arch", "data", "preset", "epoch", "top1", "test_top1"),
    *("elapsed", "started", "tag"),
)
NAMES: tuple[str, ...] = (*COLUMNS, *(field for field in FIELDS if field not in COLUMNS))


def column(name: str) -> RunColumn:
    """The column of this name. Raises UsageError."""
    if name in COLUMNS:
        return COLUMNS[name]
    if name not in FIELDS:
        raise UsageError(viewer_text.unknown_column(name, NAMES))
    kind = recipe_kinds.KINDS[name]
    right = isinstance(kind, Number)
    return RunColumn(name, name, kind, _compared(name), lambda run: _setting(run, name), right)


def _compared(field: str) -> Compared:
    """What a recipe field compares: a number as it is, anything else as `--set` takes it.

    A condition may name a path by its last part, too.
    """

    def value(run: RunSummary, now: float) -> ColumnValue:
        found = _recipe_value(run, field)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return found
        written = None if found is None else _setting(run, field)
        return (basename(written), written) if written and isabs(written) else written

    return value


def _setting(run: RunSummary, field: str) -> str:
    """A recipe field as `--set` takes it; empty where the run has none."""
    found = _recipe_value(run, field)
    return "" if found is None else as_setting(found)


def _recipe_value(run: RunSummary, field: str) -> object:
    """What the recipe says; of another program, only what it told."""
    default = None if run.program else DEFAULT_SETTINGS.get(field)
    return run.settings.get(field, default)
