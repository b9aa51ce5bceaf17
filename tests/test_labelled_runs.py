"""Runs with a person's decisions on labels: they begin with them, and keep them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from engine.checkpoints import checkpoint
from engine.errors import UsageError
from engine.process import inspected_model
from engine.process.session import AttemptOptions
from engine.protocol import events
from engine.racing import raced_recipes
from engine.racing.race_preparation import prepare
from engine.racing.race_request import RaceRequest
from engine.recipes import equivalent_command
from engine.recipes.recipe_building import read_recipe
from engine.run import label_decisions
from engine.run.label_decisions import Decisions, Relabel
from engine.run.run_paths import RunDir
from engine.start import resume
from engine.start.resume import ResumeRequest
from tests import races
from tests.forked_engines import ForkServer, new_run
from tests.processes import TIMEOUT, headless
from tests.test_cropped_runs import kill_after, same
from tests.test_resume_checks import FORCE, Trained, alerts, epochs
from tui.cli.command_line import main

FIELDS: dict[str, object] = {
    "arch": "lenet5",
    "size": 28,
    "batch": 5,
    "epochs": 4,
    "seed": 3,
    "flip": True,
    "threads": 1,
    "precision": "float32",
    "memory_format": "contiguous",
    "save_every": "2steps",
}
MORE = AttemptOptions(epochs=3)


def table(folder: Path) -> Path:
    """Images of noise in one folder, and a table that says the class and the split of each."""
    chance = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    rows = ["path,label,split"]
    for at in range(32):
        noise = chance.integers(0, 256, (28, 28, 3), np.uint8)
        Image.fromarray(noise).save(folder / "images" / f"{at:02}.png")
        split = "val" if at % 4 == 3 else "train"
        rows.append(f"images/{at:02}.png,{'ab'[at // 4 % 2]},{split}")
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


def cleaned_by_hand(data: Path, folder: Path) -> Path:
    """The same without image 6, and with another class of image 9."""
    shutil.copytree(data, folder)
    (folder / "images" / "06.png").unlink()
    rows = (folder / "labels.csv").read_text().splitlines()
    left = [row for row in rows if "06.png" not in row]
    changed = [row.replace("09.png,a", "09.png,b") for row in left]
    assert (len(rows) - len(left), changed != left) == (1, True)
    (folder / "labels.csv").write_text("\n".join(changed))
    return folder


def written(file: Path, decided: Decisions) -> Path:
    file.write_bytes(label_decisions.to_toml(decided))
    return file


@pytest.mark.timeout(900)
def test_a_killed_run_equals_a_whole_one_and_one_on_images_that_were_changed_by_hand(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    data = table(tmp_path / "data")
    by_hand = {**FIELDS, "data": str(cleaned_by_hand(data, tmp_path / "by-hand"))}
    file = written(
        tmp_path / "mine.toml",
        {"images/06.png": "drop", "images/09.png": Relabel("b"), "images/12.png": "keep"},
    )
    fields = {**FIELDS, "data": str(data), "decisions": str(file)}
    whole, torn, other, plain = (
        new_run(tmp_path / name, chosen)
        for name, chosen in (
            *(("whole", fields), ("torn", fields), ("other", by_hand)),
            ("plain", {**FIELDS, "data": str(data)}),
        )
    )
    for run in (whole, other, plain):
        assert fork_server.start(run).wait() == 0
    for step in (2, 8, 14):  # of 20
        kill_after(step, torn, fork_server)
        file.unlink(missing_ok=True)  # a resume does not need it
    done = fork_server.start(torn)
    assert done.wait() == 0
    assert "mine.toml: 1 dropped, 1 relabelled, 1 kept" in done.stdout
    assert same(torn, whole)
    assert same(torn, other)
    one, two = (checkpoint.load(run.checkpoints / "last.pt").training for run in (torn, plain))
    assert not torch.equal(one.weights["conv1.weight"], two.weights["conv1.weight"])


def begun_with(folder: Path, decided: Decisions) -> Trained:
    """A run of two epochs that is done, with these decisions."""
    torch.set_num_threads(1)
    folder.mkdir(exist_ok=True)
    file = written(folder / "mine.toml", decided)
    trained = Trained(folder, decisions=str(file))
    trained.train()
    return trained


DECIDED: Decisions = {"train/ant/1.png": "drop", "val/bee/2.png": "drop"}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return begun_with(tmp_path_factory.mktemp("done"), DECIDED)


@pytest.fixture
def trained(done: Trained, tmp_path: Path) -> Trained:
    return done.copied(tmp_path)


def test_a_run_keeps_what_was_decided_when_it_began(trained: Trained, done: Trained) -> None:
    state = checkpoint.load(trained.last)
    assert state.description is not None
    assert state.description.decisions == label_decisions.digest(DECIDED)
    written(done.images.parent / "mine.toml", {"train/ant/2.png": "drop"})
    said = trained.train(MORE)
    assert (epochs(said), alerts(said, "resume")) == (
        [3],
        ["the run goes on with epochs = 3 (before: 2)."],
    )
    [counted] = alerts(said, events.DECIDED)
    assert counted == (
        "mine.toml: 1 dropped, 0 relabelled, 0 kept; of the validation images 1 dropped, "
        "0 relabelled, 0 kept"
    )


def test_a_copy_that_was_edited_is_refused_as_other_images_are(trained: Trained) -> None:
    copy = trained.run.decisions
    written(copy, {**DECIDED, "train/ant/2.png": "drop"})
    expected = "(other decisions on labels, 14 training images, not 15)"
    assert expected in trained.refused(MORE)
    written(copy, {**DECIDED, "train/ant/2.png": "keep"})
    assert "(other decisions on labels)" in trained.refused(MORE)
    [sentence] = alerts(trained.train(AttemptOptions(epochs=3, force=True)), "resume")[:1]
    assert "with other images (other decisions on labels)" in sentence


def test_decisions_that_came_later_are_refused(tmp_path: Path) -> None:
    run = Trained(tmp_path)
    run.train()
    file = written(tmp_path / "mine.toml", {"train/ant/1.png": "drop"})
    toml = run.run.recipe.read_text()
    run.run.recipe.write_text(toml.replace('decisions = ""', f'decisions = "{file}"'))
    assert "(other decisions on labels, 15 training images, not 16)" in run.refused(MORE)
    run.train(FORCE)
    assert run.run.decisions.read_bytes() == file.read_bytes()


def test_an_attempt_before_the_first_save_takes_the_file_anew(tmp_path: Path) -> None:
    file = written(tmp_path / "mine.toml", {"train/ant/99.png": "drop"})
    run = Trained(tmp_path, decisions=str(file))
    [ended] = run.train()[-1:]
    assert "name images that the data does not have (train/ant/99.png)" in str(ended)
    written(file, DECIDED)
    assert epochs(run.train()) == [1, 2]


def test_what_looks_at_the_images_of_a_run_knows_its_decisions(trained: Trained) -> None:
    found = inspected_model.load_saved_model(trained.run)
    assert (len(found.dataset.train), len(found.dataset.validation)) == (15, 7)
    request = ResumeRequest(3)
    assert resume.resumed_recipe(trained.run, request)[0].epochs == 3


def test_a_rehearsal_of_a_resume_takes_them_from_the_run(trained: Trained, done: Trained) -> None:
    (done.images.parent / "mine.toml").unlink(missing_ok=True)
    process = headless("resume", str(trained.run.path), "--epochs", "3", "--dry-run")
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    assert "mine.toml: 1 dropped, 0 relabelled, 0 kept" in out


def test_all_recipes_of_a_race_have_the_same_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        written(tmp_path / f"{name}.toml", {"train/1": "drop"})
    flags = {**races.FLAGS, "decisions": "one.toml"}
    race = prepare(tmp_path / "runs", RaceRequest(sets=["lr=[0.1, 0.2]"], flags=flags))
    monkeypatch.chdir("/")
    made = raced_recipes.recipe_of(race, {"lr": 0.1}, 0, tmp_path / "runs")
    assert made.decisions == str(tmp_path / "one.toml")
    monkeypatch.chdir(tmp_path)
    unequal = RaceRequest(sets=['decisions=["one.toml", "two.toml"]'], flags=races.FLAGS)
    with pytest.raises(UsageError, match="decisions differs between these recipes"):
        prepare(tmp_path / "runs", unequal)


def test_a_command_line_names_the_file_from_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = Trained(tmp_path)
    written(tmp_path / "mine.toml", DECIDED)
    words = ["train", "--create", "-m", "lenet5", "-d", "images", "--labels", "mine.toml"]
    created = CliRunner().invoke(main, words)
    assert created.exit_code == 0, created.output
    recipe = read_recipe(RunDir(Path(created.output.strip())).recipe)
    assert recipe.decisions == str(tmp_path / "mine.toml")
    assert f"--labels {tmp_path}/mine.toml" in equivalent_command.of(recipe)

    written(tmp_path / "mine.toml", {"train/ant/1.png": Relabel("wasp")})
    refused = CliRunner().invoke(main, words)
    assert "the class wasp, which the data does not have" in refused.output
    (tmp_path / "mine.toml").write_text("drop 1.png")
    refused = CliRunner().invoke(main, words)
    assert "mine.toml cannot be read" in refused.output
    assert len(list(made.run.path.parent.glob("[0-9]*"))) == 2
