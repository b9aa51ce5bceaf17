"""`cnn-tui inspect-data`, with the process that inspects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.data.inventory import inventory_text
from engine.data.survey.survey import Findings, Message, Survey
from engine.errors import RunError
from engine.process.data_inspection import inspected
from engine.protocol import requests
from engine.protocol.requests import InspectData
from engine.recipes.recipe import Recipe
from engine.start import data_requests
from tests.drawing.examples import FLOWERS
from tests.memory_images import noise
from tui.cli.command_line import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, a copy in validation, an image that looks like another, and a hidden file."""
    images = {"train/cat/1": 1, "train/cat/2": 2, "train/dog/1": 3, "train/dog/2": 4}
    images |= {"val/cat/1": 5, "val/dog/copy": 3}
    for name, seed in images.items():
        path = tmp_path / "set" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise(seed, (96, 64)).save(path)
    brighter = noise(1, (96, 64)).point(lambda value: min(255, value + 2))
    brighter.save(tmp_path / "set/train/cat/3.png")
    (tmp_path / "set/.hidden").write_text("")
    return tmp_path / "set"


def inspect_data(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["inspect-data", *map(str, arguments)])


def test_a_folder_is_reported(folder: Path) -> None:
    done = inspect_data(folder)
    assert done.exit_code == 0
    for line in (
        " layout      train/CLASS, val/CLASS",
        " images      train 5, validation 2, 2 classes",
        " sizes       all 96×64",
        " network     3×64×64: the square at the centre; 33 % of the area is cut off",
        f" skipped     {inventory_text.HIDDEN}: 1 (.hidden)",
        " twice       1 repeats another image: train/dog/1.png = val/dog/copy.png",
    ):
        assert line in done.output.splitlines()


def test_what_the_network_sees_of_photographs_is_that_of_their_recipe(tmp_path: Path) -> None:
    for name in ("a/1", "a/2", "a/3", "b/1", "b/2", "b/3"):
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        noise(len(name), (300, 200)).save(path)
    sees = " network     3×224×224: 95 % of the square at the centre; 40 % of the area is cut off"
    assert sees in inspect_data(tmp_path, "--no-duplicates").output
    shown = inspect_data(tmp_path, "--no-duplicates", "--set", "preset=quick").output
    assert " network     3×224×224: the square at the centre; 33 % of the area is cut off" in shown


def test_ascii_and_no_duplicates(folder: Path) -> None:
    done = inspect_data(folder, "--ascii", "--no-duplicates")
    assert "all 96x64" in done.output
    assert done.output.isascii()
    assert "twice" not in done.output


def test_json_is_one_object(folder: Path) -> None:
    said = json.loads(inspect_data(folder, "--json", "--near", "--near-bits", 0).stdout)
    assert said["splits"][0] == {"name": "train", "images": 5, "of_class": [3, 2]}
    assert said["sizes"]["common"] == [{"size": [96, 64], "images": 7}]
    assert [leak[0]["name"] for leak in said["duplicates"]["leaks"]] == ["val/dog/copy.png"]
    near = said["duplicates"]["near"]
    assert [(pair["first"]["name"], pair["second"]["name"]) for pair in near] == [
        ("train/cat/1.png", "train/cat/3.png")
    ]


def test_a_list_has_all_files(folder: Path) -> None:
    rows = [line.split("\t") for line in inspect_data(folder, "--list").stdout.splitlines()]
    assert rows[0] == ["file", "class", "split", "verdict"]
    assert ["train/cat/1.png", "cat", "train", "ok"] in rows
    leak = "also in training: train/dog/1.png"
    assert rows[-2:] == [
        ["val/dog/copy.png", "dog", "validation", leak],
        [".hidden", "", "", f"skipped: {inventory_text.HIDDEN}"],
    ]
    assert len(rows) == 1 + 8


def test_decisions_are_counted_and_the_data_is_that_which_they_leave(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        "[labels]\n"
        '"train/cat/1.png" = "drop"\n'
        '"train/cat/2.png" = "keep"\n'
        '"train/dog/1.png" = { label = "cat" }\n'
    )
    counted = "mine.toml: 1 dropped, 1 relabelled, 1 kept"
    lines = inspect_data(folder, "--labels", file).output.splitlines()
    assert f" decisions   {counted}" in lines
    assert " images      train 4, validation 2, 2 classes" in lines
    said = json.loads(inspect_data(folder, "--labels", file, "--json", "--near").stdout)
    assert said["decided"] == counted
    assert said["splits"][0] == {"name": "train", "images": 4, "of_class": [3, 1]}
    (twice,) = said["duplicates"]["twice"]
    assert [each["label"] for each in twice] == ["cat", "dog"]
    assert said["duplicates"]["near"] == []  # one of the two was dropped
    rows = [
        line.split("\t")
        for line in inspect_data(folder, "--labels", file, "--list").stdout.splitlines()
    ]
    assert ["train/dog/1.png", "cat", "train", "ok"] in rows
    assert "train/cat/1.png" not in [row[0] for row in rows]


def test_decisions_on_a_published_set_are_counted(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[labels]\n"train/17" = "drop"\n')
    recipe = Recipe(data="digits", decisions=str(tmp_path / "mine.toml"))
    found = next(each for each in inspected(InspectData(recipe=recipe)) if isinstance(each, Survey))
    assert found.splits[0].images == 1441
    assert found.decided == "mine.toml: 1 dropped, 0 relabelled, 0 kept"


def test_a_field_changes_what_is_understood(tmp_path: Path) -> None:
    for seed, name in enumerate(("cat.1", "cat.2", "cat.3", "dog.1", "dog.2", "dog.3")):
        noise(seed, (64, 64)).save(tmp_path / f"{name}.png")
    assert inspect_data(tmp_path).exit_code == 2
    done = inspect_data(tmp_path, "--set", "labels=prefix", "--json", "--no-duplicates")
    assert json.loads(done.stdout)["classes"] == ["cat", "dog"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "there is no data set and no folder 'nonsense'"),
        (["./nonsense"], "the data folder nonsense does not exist"),
        (["digits", "--set", "labels=nonsense"], "labels"),
        (["digits", "--labels", "gone.toml"], "gone.toml cannot be read"),
        ([], "missing argument"),
        (["digits", "--json", "--list"], "choose one"),
    ],
)
def test_wrong_input_is_said_in_a_sentence(arguments: list[str], sentence: str) -> None:
    done = inspect_data(*arguments)
    assert done.exit_code == 2
    assert done.output.count("\n") == 1
    assert sentence in done.output


def test_a_published_set_is_inspected() -> None:
    said = [*inspected(InspectData(recipe=Recipe(data="digits")))]
    found = next(each for each in said if isinstance(each, Survey))
    assert [split.images for split in found.splits] == [1442, 355]
    assert found.modes == (("L", 1797),)
    assert found.seen.size == 32
    judged = next(each for each in said if isinstance(each, Findings))
    assert (judged.images, judged.broken) == (1797, ())


def test_the_users_own_data_are_inspected_whatever_they_print(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "import torch\n"
        "def make(train=True):\n"
        "    print('some words', end='', flush=True)\n"
        "    return [(torch.full((3, 32, 40), i / 20), i % 2) for i in range(20)]\n"
    )
    said = json.loads(inspect_data(f"{tmp_path}/own.py:make", "--json").stdout)
    assert said["sizes"]["common"] == [{"size": [40, 32], "images": 20}]
    assert len(said["duplicates"]["constant"]) == 20


def test_a_folder_is_inspected_without_torch(folder: Path) -> None:
    wanted = InspectData(recipe=Recipe(data=str(folder)), near_bits=2, files=True)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "engine", "--request"],
        input=requests.encode(wanted),
        capture_output=True,
        check=True,
    )
    lines = done.stderr.decode().splitlines()
    modules = {line.rpartition("|")[2].strip() for line in lines}
    assert "engine.data.survey.duplicates" in modules
    assert "torch" not in modules


def test_ctrl_c_keeps_what_was_printed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        cancelled = False

        def __init__(self, wanted: InspectData) -> None:
            pass

        def answers(self) -> Iterator[Message]:
            yield FLOWERS
            raise KeyboardInterrupt

        def cancel(self) -> None:
            Interrupted.cancelled = True

    monkeypatch.setattr(data_requests, "inspection", Interrupted)
    done = inspect_data(folder)
    assert done.exit_code == 130
    assert "/data/flowers" in done.stdout
    assert done.stderr == "cnn-tui: stopped: the rest was not looked at\n"
    assert Interrupted.cancelled


def test_a_request_can_be_cancelled(folder: Path) -> None:
    request = data_requests.inspection(InspectData(recipe=Recipe(data=str(folder))))
    request.cancel()
    with pytest.raises(RunError):
        [*request.answers()]


def test_a_reader_that_leaves_ends_the_process(folder: Path) -> None:
    request = data_requests.inspection(InspectData(recipe=Recipe(data=str(folder))))
    messages = request.answers()
    assert any(isinstance(message, Survey) for message in messages)
    messages.close()
    with pytest.raises(ProcessLookupError):
        os.kill(request.process_id, 0)


def test_an_error_of_the_program_is_no_training_that_stopped() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--request"], input=b"no request", capture_output=True
    )
    assert done.returncode == 1
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith("cnn-tui: an error of the program: ")
    assert "please report it" in last
