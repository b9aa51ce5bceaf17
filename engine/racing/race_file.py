"""`race.toml`: written as a whole, read by everyone. A race is its folder `runs/.races/3-NAME/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from engine import text
from engine.errors import RunError
from engine.racing import racing_text
from engine.racing.race import Race
from engine.recipes.recipe_toml import toml_value
from engine.regular_files import read_text
from engine.run import run_search
from engine.run.durable_files import save
from engine.run.runs_folder_lock import locked_runs_folder

FOLDER = ".races"
FILE = "race.toml"


def races_folder(runs_dir: Path) -> Path:
    """Where the races of a runs folder are."""
    return runs_dir / FOLDER


def write(runs_dir: Path, race: Race) -> None:
    """Write the file of a race, whose folder is there. Raises RunError."""
    save(races_folder(runs_dir) / race.label / FILE, to_toml(race).encode())


def change(runs_dir: Path, label: str, changed: Callable[[Race], Race]) -> Race:
    """Change the race as its file has it now, while nobody else changes it; returns it.

    All others who write it hold the lock of the runs folder, too. Raises RunError.
    """
    with locked_runs_folder(runs_dir):
        race = changed(read(runs_dir, label))
        write(runs_dir, race)
    return race


def read(runs_dir: Path, label: str) -> Race:
    """The race of this label. Raises RunError where its file is not there, or is damaged."""
    path = races_folder(runs_dir) / label / FILE
    try:
        fields = msgspec.toml.decode(read_text(path), type=dict[str, object])
        return msgspec.convert({**fields, "label": label}, Race)
    except OSError as error:
        raise RunError(racing_text.unreadable(path, text.reason(error))) from error
    except (ValueError, RecursionError) as error:
        raise RunError(racing_text.unreadable(path, str(error))) from error


def labels(runs_dir: Path) -> list[str]:
    """The labels of the races of a runs folder, newest first; none of one that was never begun."""
    folder = races_folder(runs_dir)
    return [name for name in run_search.labels(folder) if (folder / name / FILE).exists()]


def find(runs_dir: Path, selector: str = "") -> Race:
    """The race that a number or a unique part of its name means; "" means the newest.

    Raises RunError if no race matches, or more than one.
    """
    known = labels(runs_dir)
    if not known:
        raise RunError(racing_text.no_races(runs_dir))
    if not selector:
        return read(runs_dir, known[0])
    exact = [label for label in known if selector in (label, label.partition("-")[0])]
    found = exact or [label for label in known if selector in label.partition("-")[2]]
    if len(found) != 1:
        raise RunError(racing_text.no_such_race(selector, found or known, several=bool(found)))
    return read(runs_dir, found[0])


def to_toml(race: Race) -> str:
    """The file of a race, with a line for each run."""
    plain = (
        *("seeds", "halving", "budget", "sampler", "trials", "side", "images"),
        *("made", "stopped", "dropped"),
    )
    lines = [racing_text.FILE_HEAD]
    lines += _table({key: getattr(race, key) for key in plain})
    halted = {toml_value(run): seq for run, seq in race.halted.items()}
    for key, table in (("base", race.base), ("choices", race.choices), ("halted", halted)):
        lines += ["", f"[{key}]", *_table(table)]
    for run in race.runs:
        settings = ", ".join(_table(run.settings))
        lines += ["", "[[runs]]", f"run = {toml_value(run.run)}", f"seed = {run.seed}"]
        lines += [f"settings = {{{settings}}}"]
    return "\n".join(lines) + "\n"


def _table(fields: Mapping[str, object]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in fields.items()]


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(_table(value))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return toml_value(value)
