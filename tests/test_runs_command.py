"""`cnn-tui runs`, and the commands that change what belongs to a run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import run_creation, run_lock, run_notes, run_search
from engine.run.run_notes import RunNotes
from engine.run.run_paths import RunDir
from tests import scripted
from tui.cli import run_edit_commands
from tui.cli.command_line import main

NEW = {"arch": "vgg11", "data": "digits", "lr": 0.05}


def cli(*arguments: str, **settings: Any) -> Result:
    return CliRunner().invoke(main, arguments, **settings)


def trained(
    folder: Path, label: str, flags: Mapping[str, object], top1: float, end: str = "done"
) -> RunDir:
    """A run of two epochs with this recipe, and this accuracy."""
    recipe = build_recipe(flags={"epochs": 2, **flags})
    said: list[Event] = [
        replace(scripted.started(), recipe=recipe),
        *(scripted.steps(step) for step in range(1, 11)),
        replace(scripted.ended_epoch(1, top1), scalars={"gradient_norm": 10 * top1}),
        events.RunEnded("done", 1) if end == "done" else events.RunEnded("failed", error="why."),
    ]
    run = scripted.run_dir(folder, said, label)
    run.recipe.write_text(to_toml(recipe))
    return run


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Three runs that have ended, and one that has not begun."""
    folder = tmp_path / "runs"
    trained(folder, "1-small", {"arch": "lenet5", "data": "digits", "lr": 0.02}, 0.5)
    second = trained(folder, "2-big", {"arch": "resnet18", "data": "cifar10", "lr": 0.1}, 0.95)
    run_notes.write(second, RunNotes(("night", "race:3-digits"), "for the talk"))
    trained(
        folder,
        "3-bad",
        {"arch": "resnet18", "data": "cifar10", "lr": 0.05, "seed": 7},
        0.2,
        "failed",
    )
    recipe = build_recipe(flags={**NEW, "dropout": 0.3, "seed": 1})
    run_lock.release(run_creation.create(folder, "new", to_toml(recipe)))
    return folder


def names(*arguments: str) -> list[str]:
    result = cli("runs", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line)["name"] for line in result.output.splitlines()]


def test_the_columns_tell_runs_apart(runs: Path) -> None:
    heading, *rows = cli("runs").output.splitlines()[:5]
    assert heading.split() == [
        *("#", "run", "state", "arch", "data", "recipe", "epoch", "best", "time", "started"),
        "tags",
    ]
    assert [row.split()[:2] for row in rows] == [
        ["4", "new"],
        ["3", "bad"],
        ["2", "big"],
        ["1", "small"],
    ]
    assert "resnet18   cifar10   quick" in rows[2]
    assert rows[2].endswith("night race:3-digits")


@pytest.mark.parametrize(
    ("condition", "meets"),
    [
        ("top1>90%", ["big"]),
        ("arch=resnet18 data=cifar10", ["bad", "big"]),
        ("arch!=resnet18", ["new", "small"]),
        ("tag=night", ["big"]),
        ("tag!=night", ["new", "bad", "small"]),
        ('tag=""', ["new", "bad", "small"]),
        ("race=3-digits", ["big"]),
        ('note="for the talk"', ["big"]),
        ("state=failed", ["bad"]),
        ("state!=done", ["new", "bad"]),
        ("lr<0.1", ["new", "bad", "small"]),
        ("seed=7", ["bad"]),
        ("size=auto epochs=2", ["bad", "big", "small"]),
        ("size>1", []),
        ("dropout>20%", ["new"]),
        ("dropout=default", ["bad", "big", "small"]),
        ("nesterov=true seed>0", ["new", "bad"]),
        ("changed=seed", ["new", "bad"]),
        ("gradient_norm>6", ["big"]),
        ("train_loss=0.5 top5>90%", ["bad", "big", "small"]),
        ("elapsed>1h", []),
        ("started>2d", ["bad", "big", "small"]),
        ("number>=3", ["new", "bad"]),
        ("epoch=0", ["new"]),
    ],
)
def test_a_filter_is_a_condition(runs: Path, condition: str, meets: list[str]) -> None:
    assert names("--filter", condition) == meets


def test_a_condition_may_name_a_path_or_its_last_part(tmp_path: Path) -> None:
    recipe = build_recipe(flags={"data": "/data/cats", "decisions": "/data/l.toml"})
    os.close(run_creation.create(tmp_path / "runs", "own", to_toml(recipe)).lock)
    assert names("--filter", "data=cats") == names("--filter", "data=/data/cats") == ["own"]
    for there in ("decisions=l.toml", "decisions=/data/l.toml", "decisions!=data/l.toml"):
        assert names("--filter", there) == ["own"]
    assert names("--filter", "decisions!=l.toml") == []


@pytest.mark.parametrize(
    ("order", "sorted_names"),
    [
        ("-top1", ["big", "small", "bad", "new"]),
        ("top1", ["bad", "small", "big", "new"]),
        ("name", ["bad", "big", "new", "small"]),
        ("lr", ["small", "new", "bad", "big"]),
        ("tag", ["big", "new", "bad", "small"]),
        ("number", ["small", "big", "bad", "new"]),
    ],
)
def test_runs_are_sorted_by_any_column(runs: Path, order: str, sorted_names: list[str]) -> None:
    assert names("--sort", order) == sorted_names


def test_a_limit_counts_after_filter_and_sorting(runs: Path) -> None:
    assert names("--sort", "-top1", "--limit", "1") == ["big"]
    assert names("--filter", "arch=resnet18", "--limit", "1") == ["bad"]


def test_live_runs_come_first(runs: Path) -> None:
    claim = run_creation.create(runs, "later", "")
    live = run_creation.create(runs, "live", "")
    os.close(claim.lock)
    assert names()[:2] == ["live", "later"]
    os.close(live.lock)


def test_columns_are_chosen(runs: Path) -> None:
    lines = cli("runs", "--columns", "name, lr")
    assert [line.split() for line in lines.output.splitlines()[:5]] == [
        *(["run", "lr"], ["new", "0.05"], ["bad", "0.05"], ["big", "0.1"], ["small", "0.02"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--filter", "top1>90"], "top1 is a share, and 90 is more than all: write 90%"),
        (["--filter", "lr"], "'lr' begins no condition: write NAME OPERATOR VALUE in quotes"),
        (["--filter", "arhc=x"], "there is no number 'arhc': did you mean arch?"),
        (["--filter", "size>auto"], "size is a word and has no order: use = or !=, not >."),
        (["--filter", "size=large"], "write one such as 0.5, 100, 90% or 1e-3, or auto."),
        (["--filter", "bn=no"], "bn is never 'no': choose default, true or false."),
        (["--sort", "top"], "runs have no column 'top': did you mean top1?"),
        (["--sort", "foo"], "no column 'foo': `cnn-tui runs --help` lists the columns."),
        (["--columns", "name,nmae"], "runs have no column 'nmae': did you mean name?"),
        (["--json", "--columns", "name"], "--columns chooses those of the table"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_what_cannot_be_asked_is_answered_in_a_sentence(
    runs: Path, arguments: list[str], sentence: str
) -> None:
    result = cli("runs", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_filter_that_nothing_meets_says_so(runs: Path) -> None:
    assert cli("runs", "--filter", "epoch>99").output == "no run meets 'epoch>99'.\n"
    assert cli("runs", "--json", "--filter", "epoch>99").output == ""


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("acc>60%", "an accuracy is top1, and `cnn-tui runs --help` lists the columns; --json has"),
        ("gradient>1", "did you mean gradient_norm?"),
    ],
)
def test_a_name_that_no_run_has_is_said(runs: Path, condition: str, hint: str) -> None:
    name = condition.partition(">")[0]
    for shown in ([], ["--json"]):
        result = cli("runs", "--filter", f"{condition} epoch>0", *shown)
        assert result.exit_code == 2
        assert f"no run has a value named '{name}': {hint}" in result.stderr


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("arch=lenet", ": did you mean lenet5?"),
        ("tag=ni", ": did you mean night?"),
        ("arch=x", "."),
    ],
)
def test_a_word_that_is_only_a_beginning_is_said(runs: Path, condition: str, hint: str) -> None:
    result = cli("runs", "--filter", condition)
    assert result.output == f"no run meets '{condition}'{hint}\n"
    assert result.exit_code == 0


def test_a_name_that_runs_have_is_not_doubted(runs: Path) -> None:
    said = cli("runs", "--filter", "gradient_norm>1e9").output
    assert said == "no run meets 'gradient_norm>1e9'.\n"


def test_all_runs_of_a_race_are_deleted_by_its_tag(runs: Path) -> None:
    assert "deleted 2-big" in cli("delete", "race:3-digits", "--yes").output
    assert [run.label for run in run_search.list_runs(runs)] == ["4-new", "3-bad", "1-small"]


def test_an_empty_trash_is_called_so(runs: Path) -> None:
    said = cli("runs", "--trash").output
    assert said == "the trash ./runs/.trash holds no run: `cnn-tui delete RUN` moves one there.\n"


def test_of_many_failed_runs_only_the_first_are_explained(tmp_path: Path) -> None:
    for number in range(1, 14):
        trained(tmp_path / "runs", f"{number}-x", {}, 0.1, "failed")
    below = cli("runs").output.splitlines()[14:]
    assert below[:10] == [f"{number}-x: why." for number in range(13, 3, -1)]
    assert below[10] == "3 more runs failed or fell silent: `cnn-tui runs --json` says why."


# Changes


def test_tags_are_added_and_removed(runs: Path) -> None:
    assert cli("tag", "1", "+night", "keep").output == "1-small: night keep\n"
    assert cli("tag", "1", "-night", "+x").output == "1-small: keep x\n"
    assert cli("tag", "1").output == "1-small: keep x\n"
    assert cli("tag", "1", "-keep", "-x").output == "1-small: no tags\n"
    told = json.loads(cli("tag", "2", "+json", "--json").output)
    assert told["tags"] == ["night", "race:3-digits", "json"]


def test_a_note_is_written_shown_and_removed(runs: Path) -> None:
    assert cli("note", "1", "the one for the talk").output == "1-small: the one for the talk\n"
    assert cli("note", "1").output == "1-small: the one for the talk\n"
    assert cli("note", "1", "").output == "1-small: no note\n"
    assert cli("note", "2").output == "2-big: for the talk\n"


def test_a_run_gets_another_name(runs: Path) -> None:
    assert cli("rename", "small", "tiny").output == "1-small is 1-tiny now\n"
    assert names("--filter", "name=tiny") == ["tiny"]


def test_a_deleted_run_is_listed_in_the_trash_and_comes_back(runs: Path) -> None:
    said = cli("delete", "1", "big", "--yes").output
    assert said.splitlines()[0] == (
        "deleted 1-small: it lies in ./runs/.trash, and `cnn-tui restore 1-small` brings it back"
    )
    assert names() == ["new", "bad"]
    assert names("--trash") == ["big", "small"]
    assert cli("restore", "1").output == "1-small is back\n"
    assert names() == ["new", "bad", "small"]
    assert cli("runs", "--trash").output.splitlines()[1].split()[:2] == ["2", "big"]


def test_nothing_is_deleted_unless_somebody_says_so(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = cli("delete", "1")
    assert (result.exit_code, result.stderr) == (
        2,
        "cnn-tui: nobody can be asked here whether these runs are to be deleted: add --yes.\n",
    )
    monkeypatch.setattr(run_edit_commands, "can_be_asked", lambda: True)
    refused = cli("delete", "1", "2", input="n\n")
    assert "Delete 1-small, 2-big? [y/N]" in refused.output
    assert (refused.exit_code, refused.stderr.splitlines()[-1]) == (
        1,
        "cnn-tui: nothing was deleted.",
    )
    assert len(run_search.list_runs(runs)) == 4
    assert cli("delete", "1", input="y\n").exit_code == 0
    assert len(run_search.list_runs(runs)) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["tag", "1", "+two words"], "'two words' cannot be a tag"),
        (["tag", "9", "+x"], "there is no run '9'"),
        (["rename", "1", "a/b"], "'a/b' cannot name a run"),
        (["delete", "9", "--yes"], "there is no run '9'"),
        (["delete", "", "--yes"], "RUN is empty"),
        (["restore", "1"], "there is no run '1' in ./runs/.trash: `cnn-tui runs --trash` lists"),
    ],
)
def test_a_change_that_cannot_be_is_one_sentence(
    runs: Path, arguments: list[str], sentence: str
) -> None:
    result = cli(*arguments)
    assert result.exit_code in (1, 2)
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
