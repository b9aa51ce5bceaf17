"""docs/many-runs.md: its commands, filters and keys exist, and its table of rungs is computed."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from textual.binding import Binding, BindingType

from engine.racing.rungs import rungs
from tests.page_commands import check_command, commands_of
from tui.screens.compare.compare_screen import CompareScreen
from tui.screens.race.race_screen import RaceScreen
from tui.screens.runs.run_list_screen import RunListScreen
from tui.screens.runs.runs_screen import RunsScreen
from tui.viewer import run_selection

PAGE = (Path(__file__).parents[1] / "docs/many-runs.md").read_text()
COMMANDS = commands_of(PAGE)
# How the page writes keys that have other names here.
KEYS = {
    "enter": "Enter",
    "space": "Space",
    "slash": "/",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "up": "↑",
    "down": "↓",
    "plus": "+",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "question_mark": "?",
}


def section(heading: str) -> str:
    return re.split(r"^##", PAGE.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_one(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_TUI_ON_END", "")
    monkeypatch.setattr(shutil, "which", lambda name: name)
    check_command(line)


@pytest.mark.parametrize(
    ("heading", "bindings"),
    [
        ("The same on a screen", [*RunListScreen.BINDINGS, *RunsScreen.BINDINGS]),
        ("The screen of a race", RaceScreen.BINDINGS),
        ("Compare", CompareScreen.BINDINGS),
    ],
)
def test_every_key_of_a_screen_is_in_its_table(heading: str, bindings: list[BindingType]) -> None:
    cells = " ".join(re.findall(r"^\| (.*?) \|", section(heading), re.MULTILINE))
    told = {*re.findall(r"`([^`]+)`", cells), *re.findall(r"Enter|Space", cells)}
    keys = {each.key.split(",")[0] for each in bindings if isinstance(each, Binding)}
    shown = {KEYS.get(key, key) for key in keys if "shift" not in key}
    assert shown - told == {"?", "escape", "q"} & shown
    assert told <= shown | {"↑", "↓"}  # a list has them of itself


def test_every_filter_is_one() -> None:
    rows = re.findall(r"^\| (`.*?) \|", section("The list of runs"), re.MULTILINE)
    terms = [term for row in rows for term in re.findall("`([^`]+)`", row)]
    assert len(terms) >= 10
    for term in terms:
        run_selection.parse(term)


def test_the_table_of_rungs_is_what_a_race_does() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \| (.*) \| (\d+) \| (\d+) % \|$", PAGE, re.MULTILINE)
    assert len(rows) == 4
    for recipes, *told in rows:
        trained, before, left = dict[Fraction, int](), Fraction(0), int(recipes)
        epochs = Fraction(0)
        for rung in rungs(left, halving=True):
            trained[rung.share], epochs = left, epochs + left * (rung.share - before)
            before, left = rung.share, rung.keeps
        counts = [trained.get(Fraction(1, nth)) for nth in (9, 3, 1)]
        share = round(100 * epochs / int(recipes))
        assert told == ["–" if each is None else str(each) for each in counts] + [str(share)]
