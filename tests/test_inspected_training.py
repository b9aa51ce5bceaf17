"""A training that is looked into equals one that is not; and the training images that it shows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch import nn

from engine.checkpoints.run_state import TrainingState
from engine.data.base.dataset import Dataset
from engine.data.loading import load, load_at_once
from engine.devices import device_resolution
from engine.models import registry
from engine.protocol import commands
from engine.protocol.commands import ImageSplit, InspectionKind
from engine.protocol.events import Alert, Event, Examples, Neighbours
from engine.recipes.recipe_building import build_recipe
from engine.run import label_decisions
from engine.run.label_decisions import Relabel
from engine.training.trainer import Trainer
from tui.cli.command_line import main

CPU = torch.device("cpu")
# Random moves and mixtures, whose draws nothing may shift.
SETTINGS: dict[str, Any] = {
    **{"arch": "lenet5", "epochs": 2, "precision": "float32", "threads": 1, "shift": 0.1},
    **{"mixup": 0.3, "dropout": 0.2, "ema": 0.9},
}


def folder(root: Path) -> Path:
    """Two classes of 24 images in `train` and 8 in `val`, each of its own colour."""
    for split, count in (("train", 24), ("val", 8)):
        for at in range(2 * count):
            path = root / split / "ab"[at % 2] / f"{at:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (32, 32), (5 * at, 255 - 100 * (at % 2), at)).save(path)
    return root


@pytest.fixture(params=["digits", "resident", "streaming"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """A published set, and a folder of one's own in memory and on disk."""
    if request.param == "digits":
        return {**SETTINGS, "data": "digits", "batch": 128}
    data = str(folder(tmp_path / "images"))
    return {**SETTINGS, "data": data, "size": 32, "batch": 8, "loader": request.param}


@contextlib.contextmanager
def begun(settings: dict[str, Any]) -> Iterator[tuple[Trainer, Dataset]]:
    torch.set_num_threads(1)
    chosen = build_recipe(settings=settings)
    data = load_at_once(load(chosen))
    resolved = device_resolution.resolve(chosen, CPU, 32, data.loader)
    torch.manual_seed(0)
    channels = data.train.shape[0]
    lenet = registry.build("lenet5", channels, 32, len(data.classes))
    model = nn.Sequential(nn.BatchNorm2d(channels), nn.Dropout(0.1), lenet)
    work = Trainer(chosen, resolved, CPU, data, model, lambda: 0.0)
    try:
        yield work, data
    finally:
        work.close()


def look(work: Trainer, kind: InspectionKind, split: ImageSplit, image: int = 3) -> Event:
    question = commands.Inspect(kind, "2.conv2", (image,), (0, 1), 0, split, id="q", attempt="a")
    return work.inspector.reply(question, work.epoch, work.step)


def trained(settings: dict[str, Any], *, asked: bool) -> TrainingState:
    """The state after two epochs; if asked, with every look between any two steps."""
    with begun(settings) as (work, _):
        for _ in work.run():
            for kind in get_args(InspectionKind) if asked else ():
                for split in get_args(ImageSplit):
                    assert not isinstance(look(work, kind, split), Alert)
        return work.state()


def tensors(state: TrainingState) -> dict[str, torch.Tensor]:
    """The weights, what was seen of each image, and the random state."""
    assert state.sightings is not None
    parts = {
        "weights": state.weights,
        "trained": state.trained_weights or {},
        "sightings": state.sightings.sums,
        "random": state.random,
    }
    return {f"{part}/{name}": one for part, named in parts.items() for name, one in named.items()}


def test_a_training_that_is_looked_into_equals_one_that_is_not(settings: dict[str, Any]) -> None:
    plain, asked = (tensors(trained(settings, asked=asked)) for asked in (False, True))
    assert plain.keys() == asked.keys()
    assert "trained/2.conv1.weight" in plain
    assert [name for name in plain if not torch.equal(plain[name], asked[name])] == []


def listed(data: str) -> dict[str, list[str]]:
    """The names of the training and validation images that `inspect-data --list` prints."""
    done = CliRunner().invoke(main, ["inspect-data", data, "--list", "--no-duplicates"])
    assert done.exit_code == 0, done.output
    rows = [line.split("\t") for line in done.stdout.splitlines()[1:]]
    return {split: [row[0] for row in rows if row[2] == split] for split in ("train", "validation")}


@pytest.mark.parametrize(("split", "part"), [("training", "train"), ("validation", "validation")])
def test_a_shown_image_has_its_name_and_label_after_decisions(
    settings: dict[str, Any], tmp_path: Path, split: ImageSplit, part: str
) -> None:
    """An index counts the images that the run has: those that were dropped have none."""
    dropped, relabelled, *_, last = names = listed(settings["data"])[part]
    file = tmp_path / "mine.toml"
    label_decisions.change(file, dropped, "drop")
    with begun(settings) as (_, data):
        label_decisions.change(file, relabelled, Relabel(data.classes[1]))
        label_decisions.change(file, last, Relabel(data.classes[0]))
    shown: dict[str, tuple[int, int]] = {}
    with begun({**settings, "decisions": str(file)}) as (work, data):
        images = data.train if split == "training" else data.validation
        for at in range(len(images)):
            found = look(work, "neighbours" if at % 50 == 1 else "images", split, at)
            assert isinstance(found, Examples | Neighbours)
            one = found.image if isinstance(found, Neighbours) else found.examples[0]
            shown[one.name] = one.image, one.true
    assert sorted(shown) == sorted({*names} - {dropped})
    assert [at for at, _ in shown.values()] == [*range(len(names) - 1)]
    assert (shown[relabelled][1], shown[last][1]) == (1, 0)
