"""Models of the real timm."""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.checkpoints import foreign_file, starting_weights
from engine.errors import UsageError
from engine.models import registry
from engine.models.transfer_learning import take_weights
from engine.recipes.image_normalisation import IMAGENET
from tests.processes import headless

timm = pytest.importorskip("timm")
CheckpointSaver, ModelEmaV3 = timm.utils.CheckpointSaver, timm.utils.ModelEmaV3

pytestmark = pytest.mark.extras


def test_a_model_takes_the_images_and_classes_of_the_task() -> None:
    model = registry.build("timm/resnet10t", 1, 64, 5)
    assert model(torch.rand(2, 1, 64, 64)).shape == (2, 5)


def test_a_name_that_timm_does_not_know_is_answered_by_one_that_it_does() -> None:
    with pytest.raises(UsageError, match="did you mean timm/resnet10t"):
        registry.build("timm/resnet10tt", 3, 64, 5)


def test_a_run_trains_a_step_of_it() -> None:
    process = headless("--no-ui", "-m", "timm/resnet10t", "-d", "digits", "--dry-run")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "dry run: one step and one evaluation batch worked" in out


def saved_by_timm(folder: Path) -> nn.Module:
    """A model that timm has written for the Hugging Face hub."""
    theirs = timm.create_model("resnet10t", num_classes=4)
    timm.models.save_for_hf(theirs, folder, safe_serialization="both")
    assert isinstance(theirs, nn.Module)
    return theirs


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_what_timm_saves_is_taken_with_its_normalisation(tmp_path: Path, file: str) -> None:
    theirs = saved_by_timm(tmp_path)
    found = starting_weights.load(tmp_path / file)
    assert found.normalisation == IMAGENET
    ours = registry.build("timm/resnet10t", 3, 64, 4)
    taken = take_weights(
        ours, found.tensors, file, (3, 64, 64), keep_head=False, enough=lambda taken: taken.is_whole
    )
    assert taken.in_words() == "taken 86 of 86"
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours.eval()(images), theirs.eval()(images))


def test_a_checkpoint_of_timms_training_is_taken_after_the_command_that_is_given(
    tmp_path: Path,
) -> None:
    model = timm.create_model("resnet10t", num_classes=4)
    saver = CheckpointSaver(
        model,
        torch.optim.SGD(model.parameters(), lr=0.1),
        args=Namespace(model="resnet10t"),
        model_ema=ModelEmaV3(model),
        checkpoint_dir=str(tmp_path),
        recovery_dir=str(tmp_path),
    )
    saver.save_checkpoint(0, metric=1.0)
    with pytest.raises(UsageError, match=r"holds argparse\.Namespace") as caught:
        foreign_file.check_weights(tmp_path / "last.pth.tar")
    exec(shlex.split(str(caught.value).split("`")[1])[2], {})
    found = starting_weights.load(tmp_path / "last.pth.tar-weights.pt")
    assert (found.where, found.left) == ("state_dict_ema", "state_dict")
    assert found.tensors.keys() == model.state_dict().keys()
