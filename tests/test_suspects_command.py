"""`cnn-tui suspects`: which images it lists, and what it says where it lists none."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from engine.data.base.dataset import Split
from engine.data.loading import load, load_at_once
from engine.protocol import events
from engine.recipes import watched_recipe
from engine.recipes.recipe_building import build_recipe
from engine.run import image_names, label_decisions, predictions_file, sightings_file
from engine.run.image_names import ImageNames
from engine.run.run_paths import RunDir
from engine.suspicion import list_text
from engine.suspicion.standing import (
    LEAST_EPOCHS,
    LEAST_IMAGES,
    LEAST_LEAD,
    LEAST_SCORE,
    LEAST_SHARE,
    Standing,
)
from engine.suspicion.suspects import FEWEST, MOST
from tests import judged_runs, scripted
from tests.forked_engines import ForkServer, new_run
from tests.kept_sightings import contradicted, sighted, with_margins
from tests.page_commands import check_command, commands_of
from tui.cli.command_line import main

# Digits that are easily told apart, and how many of each are in the folder.
CLASSES, EACH, HELD_OUT = (0, 1, 4, 6), 60, 10
# The images of the folder that lie in the folder of another class.
FLIPPED = 8
PAGE = Path(__file__).parents[1] / "docs/suspects.md"


def suspects(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["suspects", *map(str, arguments)])


def listed(*arguments: object) -> dict[str, Any]:
    done = suspects(*arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def digits(split: Split, folder: Path, each: range) -> None:
    """Write these images of each class into its folder."""
    seen = dict.fromkeys(CLASSES, 0)
    for index, label in enumerate(split.labels.tolist()):
        if label in seen:
            if seen[label] in each:
                path = folder / str(label) / f"{index}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(np.asarray(split.one(index).pixels[0])).save(path)
            seen[label] += 1


@pytest.fixture(scope="module")
def flipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A folder of digits, and the names of those that lie in the folder of another class."""
    folder, names = tmp_path_factory.mktemp("digits") / "set", set()
    split = load_at_once(load(build_recipe(flags={"data": "digits"}))).train
    digits(split, folder / "train", range(EACH))
    digits(split, folder / "val", range(EACH, EACH + HELD_OUT))
    for number in range(FLIPPED):
        right, wrong = (str(CLASSES[(number + step) % len(CLASSES)]) for step in (0, 1))
        file = sorted((folder / "train" / right).glob("*.png"))[7 * (number + 1)]
        moved = folder / "train" / wrong / f"moved-{file.name}"
        file.rename(moved)
        names.add(f"train/{wrong}/{moved.name}")
    return folder, names


@pytest.fixture(scope="module")
def trained(
    flipped: tuple[Path, set[str]],
    fork_server: ForkServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> RunDir:
    """A run on these images but for one, which a file has dropped that is gone by now."""
    folder = tmp_path_factory.mktemp("trained")
    dropped = min((flipped[0] / "train/6").iterdir())
    label_decisions.change(folder / "dropped.toml", f"train/6/{dropped.name}", "drop")
    flags: dict[str, object] = {"arch": "lenet5", "data": str(flipped[0]), "epochs": 12}
    flags |= {"batch": 16, "size": 32, "precision": "float32", "threads": 1}
    run = new_run(folder / "runs", {**flags, "decisions": str(folder / "dropped.toml")})
    assert fork_server.start(run).wait() == 0
    (folder / "dropped.toml").unlink()
    return run


# A run


def test_images_in_the_folder_of_another_class_come_first(
    trained: RunDir, flipped: tuple[Path, set[str]]
) -> None:
    found = listed(trained.path)
    _, names = flipped
    assert {one["name"] for one in found["suspects"][:FLIPPED]} == names
    for one in found["suspects"][:FLIPPED]:
        assert one["name"].split("/")[1] == one["given"] != one["held"]
        assert one["held_probability"] > one["given_probability"]
    assert (found["run"], found["split"]) == (trained.label, "training")
    assert (found["since_epoch"], found["epoch"], found["standing"]["images"]) == (1, 12, 239)
    assert found["standing"]["state"] == "some stand out"


def test_a_table_says_first_whether_images_stand_out(trained: RunDir) -> None:
    lines = suspects(trained.path).stdout.splitlines()
    assert re.match(r"Some stand out: \d+ of 239 images", lines[0])
    heads = re.split(r" {3,}", lines[3].strip())
    assert heads == ["rank", "image", "label", "held for", "how sure", "since when"]
    assert len(lines) == 5 + 20 + 2
    assert "no verdict" in lines[-1]


def test_names_are_known_where_the_data_is_gone_and_indices_where_the_run_kept_none(
    trained: RunDir, flipped: tuple[Path, set[str]], tmp_path: Path
) -> None:
    run = RunDir(Path(shutil.copytree(trained.path, tmp_path / "1-copied")))
    text = run.recipe.read_text()
    run.recipe.write_text(text.replace(str(flipped[0]), "/gone"))
    assert listed(run.path)["suspects"][0]["name"] in flipped[1]
    run.image_names.unlink()
    assert {one["name"] for one in listed(run.path)["suspects"]} == {None}
    done = suspects(run.path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert re.search(r"^ +1 +#\d+ +", done.stdout, re.MULTILINE)


def test_names_of_another_list_of_images_are_not_those_of_the_listed_ones(tmp_path: Path) -> None:
    run = made(tmp_path)
    sightings_file.write(run.sightings, sighted(classes=2, digest="now"))
    image_names.keep(run, names(1000, "before"))
    assert {one["name"] for one in listed(run.path)["suspects"]} == {None}
    image_names.keep(run, names(1000, "now"))
    assert [one["name"] for one in listed(run.path)["suspects"]] == [
        f"train/{one['index']}" for one in listed(run.path)["suspects"]
    ]
    image_names.keep(run, names(2, "other"))
    image_names.keep(run, names(2, "now"))
    assert {one["name"] for one in listed(run.path)["suspects"]} == {None}


def names(count: int, digest: str) -> ImageNames:
    training = image_names.joined(f"train/{number}" for number in range(count))
    return ImageNames(
        training_digest=digest, training=training, validation_digest="", validation=b""
    )


def test_validation_images_are_listed_from_the_predictions(trained: RunDir) -> None:
    found = listed(trained.path, "--validation")
    assert (found["split"], found["standing"], found["since_epoch"]) == ("validation", None, None)
    kept = predictions_file.read(trained.predictions, len(CLASSES))
    assert kept is not None
    assert found["epoch"] == kept.epoch
    wrong = {*np.flatnonzero(kept.labels != kept.predicted).tolist()}
    assert {one["index"] for one in found["suspects"]} == wrong
    assert {one["name"].split("/")[0] for one in found["suspects"]} <= {"val"}


@pytest.mark.parametrize("arguments", [(), ("--validation",)])
def test_images_of_a_published_set_have_the_names_of_their_part(
    finished_run: RunDir, arguments: tuple[str, ...]
) -> None:
    found = listed(finished_run.path, *arguments)
    data = load_at_once(load(build_recipe(flags={"data": "digits"})))
    split = data.validation if arguments else data.train
    for one in found["suspects"]:
        image = split.one(one["index"])
        assert (one["name"], one["given"]) == (image.name, str(image.label))
    assert found["suspects"]


# Runs that are made up


def made(folder: Path) -> RunDir:
    """A run that has two of three validation images wrong, and whose data is gone."""
    return judged_runs.run(folder, "1-pets", hits=[True, False, False], data="/gone")


def test_classes_are_told_by_their_names(tmp_path: Path) -> None:
    run = made(tmp_path)
    sightings_file.write(run.sightings, contradicted(sighted(classes=2), 9))
    found = listed(run.path)
    assert found["standing"]["stand_out"] == 9
    assert {found["suspects"][0][which] for which in ("given", "held")} == {"cat", "dog"}


@pytest.mark.parametrize(("since", "count"), [(1, 30), (19, FEWEST)])
def test_all_that_stand_out_are_listed_unless_it_is_too_early(
    tmp_path: Path, since: int, count: int
) -> None:
    run = made(tmp_path)
    sightings_file.write(run.sightings, contradicted(sighted(classes=2, since_epoch=since), 30))
    found = listed(run.path)
    assert (found["standing"]["stand_out"], len(found["suspects"])) == (30, count)


def test_a_list_goes_on_where_more_are_asked_for(tmp_path: Path) -> None:
    run = made(tmp_path)
    sightings_file.write(run.sightings, sighted(classes=2))
    assert len(listed(run.path, "--count", 70)["suspects"]) == 70
    assert len(suspects(run.path, "--count", 1).stdout.splitlines()) == 5 + 1 + 2


def test_images_that_were_kept_before_the_run_are_left_out(tmp_path: Path) -> None:
    run = made(tmp_path)
    kept = contradicted(sighted(classes=2), 9)
    sightings_file.write(run.sightings, kept)
    image_names.keep(run, names(1000, kept.digest))
    before = listed(run.path)
    first = before["suspects"][0]["name"]
    label_decisions.change(run.decisions, first, "keep")
    after = listed(run.path)
    assert (before["left_out"], after["left_out"]) == (0, 1)
    assert first not in {one["name"] for one in after["suspects"]}
    assert after["standing"]["stand_out"] == before["standing"]["stand_out"] - 1
    assert "1 image is left out, whose labels you have kept." in suspects(run.path).stdout


def test_validation_suspects_are_a_table_without_epochs(tmp_path: Path) -> None:
    done = suspects(made(tmp_path).path, "--validation")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Validation images that 1-pets took most surely")
    assert re.split(r" {3,}", lines[2]) == ["rank", "image", "label", "held for", "how sure"]
    assert re.split(r" {3,}", lines[4].strip()) == ["1", "#1", "dog", "cat", "75.0 %"]


def test_a_network_that_is_always_right_has_no_validation_suspects(tmp_path: Path) -> None:
    run = judged_runs.run(tmp_path, "1-pets", hits=[True] * 4)
    done = suspects(run.path, "--validation")
    assert done.stdout.splitlines()[1:] == ["The network has all validation images right."]


def test_without_logits_the_table_says_by_how_much_a_class_was_ahead(tmp_path: Path) -> None:
    run = made(tmp_path)
    kept = contradicted(sighted(classes=2), 9)
    sightings_file.write(run.sightings, with_margins(kept, -0.8, 9))
    lines = suspects(run.path).stdout.splitlines()
    assert "ahead by" in lines[3]
    assert re.split(r" {3,}", lines[5].strip())[-2:] == ["80.0 %", "from the start"]


@pytest.mark.parametrize(
    ("agreed", "since"), [(0, "from the start"), (6, "since epoch 7"), (20, "agrees again")]
)
def test_the_table_says_since_when_the_label_has_not_ranked_first(
    tmp_path: Path, agreed: int, since: str
) -> None:
    run = made(tmp_path)
    sightings_file.write(run.sightings, contradicted(sighted(classes=2), 1, agreed))
    row = suspects(run.path).stdout.splitlines()[5]
    assert re.split(r" {3,}", row.strip())[-1] == since


def refusal(run: RunDir, *arguments: str) -> str:
    done = suspects(run.path, *arguments)
    assert done.exit_code == 1
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("cnn-tui: ")
    return sentence


def test_a_run_that_keeps_nothing_says_why(tmp_path: Path) -> None:
    older = judged_runs.run(tmp_path, "1-older")
    assert "1-older has kept nothing of its training images" in refusal(older)
    assert "nothing of its validation images, as runs of older" in refusal(older, "--validation")
    off = judged_runs.run(tmp_path, "2-off", suspects="off")
    assert "as suspects=off asks" in refusal(off)


@pytest.mark.parametrize("said", [[], [scripted.started(), events.Phase("training")]])
def test_before_an_epoch_has_ended_nothing_is_known(
    tmp_path: Path, said: list[events.Event]
) -> None:
    run = scripted.run_dir(tmp_path, said, "3-young")
    for arguments in ((), ("--validation",)):
        assert "no epoch of 3-young has ended" in refusal(run, *arguments)


def test_runs_of_other_programs_keep_nothing_of_single_images(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path, scripted.half_a_run(), "4-script")
    run.recipe.write_text(watched_recipe.to_toml("train.py", "PyTorch 2", {}))
    assert "was trained by train.py, which keeps nothing" in refusal(run)
    log = tmp_path / "events.csv"
    log.write_text("step,loss\n1,2\n")
    assert "is no run" in suspects(log).stderr


def test_a_file_that_is_not_whole_is_one_sentence(tmp_path: Path) -> None:
    run = made(tmp_path)
    run.sightings.write_bytes(b"PK")
    assert "sightings.npz is not whole" in refusal(run)
    sightings_file.write(run.sightings, sighted(classes=2))
    run.image_names.write_bytes(b"PK")
    assert "images.npz is not whole" in refusal(run)


# The page


@pytest.mark.parametrize("line", commands_of(PAGE.read_text()))
def test_every_command_of_the_page_is_one(line: str) -> None:
    check_command(line)


def test_the_page_has_a_row_for_every_column() -> None:
    first = PAGE.read_text().partition("| column |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(.*?)` \|", first, re.MULTILINE) == [
        *(list_text.RANK, list_text.IMAGE, list_text.GIVEN, list_text.HELD),
        *(list_text.SURE, list_text.AHEAD, list_text.SINCE),
    ]


def test_the_page_states_the_bounds_of_the_rule() -> None:
    page = " ".join(PAGE.read_text().split())
    stated = (
        f"at least {LEAST_IMAGES} images, and {100 * LEAST_SHARE:.1f} % of those",
        f"a score above {LEAST_SCORE:.0f} nats",
        f"the mean margin is below -{LEAST_LEAD}",
        f"fewer than {LEAST_EPOCHS} epochs count",
        f"at least {FEWEST} and at most {MOST}",
    )
    assert [words for words in stated if words not in page] == []


def test_the_page_names_every_field(tmp_path: Path) -> None:
    run = made(tmp_path)
    sightings_file.write(run.sightings, sighted(classes=2))
    found = listed(run.path)
    rows = re.findall(r"^\| (`.*?`) \| ", PAGE.read_text().partition("## JSON")[2], re.MULTILINE)
    named = [name for row in rows for name in re.findall("`([a-z_]+)`", row)]
    fields = [*found, *Standing.__struct_fields__, *found["suspects"][0]]
    assert sorted(named) == sorted(fields)
