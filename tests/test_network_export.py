"""A trained network in files that other programs read, each checked against the network."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from engine.checkpoints import checkpoint, starting_weights
from engine.errors import RunError
from engine.export import (
    export_text,
    file_check,
    network_export,
    pt2_file,
    safetensors_file,
    state_dict_file,
)
from engine.export.checked_images import random_pixels, validation_pixels
from engine.export.deployment import Deployment
from engine.export.network_facts import facts
from engine.export.traced_network import traced
from engine.protocol.answers import Note
from engine.protocol.export_answers import Exported, Message
from engine.protocol.requests import ExportFormat, ExportNetwork
from engine.run.run_paths import RunDir
from engine.run.saved_file import find_saved
from engine.trained import trained_network, trained_text
from engine.trained.trained_network import TrainedNetwork
from tests import run_states
from tests.trained_networks import CPU, described, network_of, network_with

FORMATS: tuple[ExportFormat, ...] = ("pt2", "safetensors", "state-dict")


def export(folder: Path, file: Path, *formats: ExportFormat) -> list[Message]:
    request = ExportNetwork(
        saved=os.fsencode(file),
        files={name: os.fsencode(folder / name) for name in formats or FORMATS},
    )
    return list(network_export.exported(request))


@pytest.fixture(scope="module")
def network(finished_run: RunDir) -> TrainedNetwork:
    return trained_network.load(find_saved(str(finished_run.path), Path("runs")), CPU)


@pytest.fixture(scope="module")
def said(
    finished_run: RunDir, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Message]]:
    """The folder with a file of each format, and the answers."""
    folder = tmp_path_factory.mktemp("exported")
    return folder, export(folder, finished_run.checkpoints / "best.pt")


def test_each_file_is_checked_on_validation_images(said: tuple[Path, list[Message]]) -> None:
    folder, answers = said
    files = [answer for answer in answers if isinstance(answer, Exported)]
    assert [file.format for file in files] == [*FORMATS]
    for file in files:
        assert (file.images, file.validated) == (64, True)
        assert file.difference < file_check.TOLERANCE
        assert file.bytes == (folder / file.format).stat().st_size
    assert not any(isinstance(answer, Note) for answer in answers)


def test_the_computation_takes_pixels_in_any_number(
    said: tuple[Path, list[Message]], network: TrainedNetwork
) -> None:
    pixels = random_pixels(network)[:7]
    extra = {pt2_file.FACTS: ""}
    with (said[0] / "pt2").open("rb") as file:
        module = torch.export.load(file, extra_files=extra).module()
    logits = module(pixels.float() / 255)
    assert torch.allclose(logits, network.logits(pixels), atol=1e-5)
    known = json.loads(extra[pt2_file.FACTS])
    given = network.described.input
    assert known["classes"] == list("0123456789")
    assert (known["mean"], known["std"]) == (list(given.mean), list(given.std))
    assert (known["input"], known["mirrored"], known["fit"]) == ("pixels", "no", "crop")
    assert (known["epoch"], known["top1"]) == (network.epoch, network.top1)


def test_weights_are_plain_and_tell_the_same(
    said: tuple[Path, list[Message]], network: TrainedNetwork
) -> None:
    saved = torch.load(said[0] / "state-dict", weights_only=True)
    weights = saved.pop(state_dict_file.WEIGHTS)
    with safe_open(said[0] / "safetensors", "pt") as file:
        told = file.metadata()
        same = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    assert {*weights} == {*same} == {*network.model.state_dict()}
    for name, tensor in network.model.state_dict().items():
        assert torch.equal(tensor, weights[name])
        assert torch.equal(tensor, same[name])
    assert (saved["architecture"], saved["input"]) == ("lenet5", "normalised")
    assert {*told} == {*saved}
    assert told["architecture"] == "lenet5"
    assert json.loads(told["classes"]) == saved["classes"]


def test_another_run_starts_from_exported_weights(
    said: tuple[Path, list[Message]], network: TrainedNetwork
) -> None:
    for name in ("safetensors", "state-dict"):
        start = starting_weights.load(said[0] / name)
        assert {*start.tensors} == {*network.model.state_dict()}
        assert start.normalisation is not None
        given = network.described.input
        assert start.normalisation.for_channels(1) == (given.mean, given.std)


def test_no_file_names_a_folder_of_this_machine(said: tuple[Path, list[Message]]) -> None:
    for name in FORMATS:
        content = (said[0] / name).read_bytes()
        for place in (Path.cwd(), Path(__file__).parents[1], Path(torch.__file__).parent, said[0]):
            assert str(place).encode() not in content


def test_mirror_images_are_inside_unless_the_network_is_bare() -> None:
    network = network_of("lenet5", channels=1, tta=True)
    pixels = random_pixels(network)[:4]
    expected = network.logits(pixels)
    whole, bare = Deployment(network, raw=False), Deployment(network, raw=True)
    assert torch.allclose(whole.module(whole.images(pixels)), expected, atol=1e-6)
    assert not torch.allclose(bare.module(bare.images(pixels)), expected, atol=1e-6)
    assert torch.equal(bare.module(network.normalise(pixels)), bare.logits(pixels))
    told = [facts(each) for each in (whole, bare)]
    assert [each["mirrored"] for each in told] == ["inside", "outside"]
    assert [each["input"] for each in told] == ["pixels", "normalised"]


def test_an_architecture_with_odd_parts_exports(tmp_path: Path) -> None:
    deployment = Deployment(network_of("speednet"), raw=False)
    pixels = random_pixels(deployment.network)[:3]
    (tmp_path / "net.pt2").write_bytes(pt2_file.content(deployment))
    many, one = pt2_file.logits(tmp_path / "net.pt2", deployment, [pixels, pixels[:1]])
    expected = file_check.expected_logits(deployment, pixels)
    file_check.check("pt2", expected, many)
    file_check.check("pt2", expected[:1], one)


def test_shared_and_permuted_weights_become_plain_ones(tmp_path: Path) -> None:
    first = nn.Conv2d(3, 3, 3, padding=1)
    model = nn.Sequential(first, first, nn.Flatten(), nn.Linear(3 * 8 * 8, 2))
    model.to(memory_format=torch.channels_last)
    deployment = Deployment(network_with(model, described("net.py:make", 3, 8, 2)), raw=True)
    path, pixels = tmp_path / "weights", random_pixels(deployment.network)
    path.write_bytes(safetensors_file.content(deployment))
    (logits,) = safetensors_file.logits(path, deployment, [pixels])
    assert torch.equal(logits, deployment.logits(pixels))


class Own(nn.Module):
    """A user's network; its children do what files cannot hold."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(64, 2)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(images.flatten(1))
        return logits


class Deciding(Own):
    def forward(self, images: Tensor) -> Tensor:
        logits = super().forward(images)
        return logits * 2 if logits.max() > 0 else logits


class OneBatch(Own):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.reshape(2, 64))


class Random(Own):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(F.dropout(images, 0.5))


class Comparing(Own):
    def forward(self, images: Tensor) -> Tensor:
        logits = super().forward(images)
        return logits - logits.mean(0)


class Short(Own):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).bfloat16()


def own(model: nn.Module) -> Deployment:
    return Deployment(network_with(model, described("net.py:make", 1, 8, 2)), raw=False)


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Deciding, rf"{export_text.DEPENDS_ON_VALUES}, in test_network_export\.py, line \d+\)"),
        (OneBatch, export_text.FIXED_BATCH),
        (lambda: torch.jit.script(Own()), export_text.TORCHSCRIPT),
    ],
)
def test_a_computation_that_cannot_be_recorded_is_refused_with_the_reason(
    make: Callable[[], nn.Module], why: str
) -> None:
    with pytest.raises(RunError, match=rf"cannot be exported with --pt2 \({why}"):
        traced(own(make()), "pt2")


def test_logits_are_float32_in_every_file() -> None:
    deployment = own(Short())
    for one in (deployment, Deployment(deployment.network, raw=True)):
        assert one.module(torch.zeros(1, 1, 8, 8)).dtype == torch.float32


def test_a_network_that_is_random_is_not_kept(tmp_path: Path) -> None:
    deployment = own(Random())
    with pytest.raises(RunError, match="other logits each time, also in evaluation mode"):
        network_export.write_and_check(
            "state-dict", tmp_path / "net", deployment, random_pixels(deployment.network)
        )


def test_a_network_that_compares_the_images_of_a_batch_is_not_kept(tmp_path: Path) -> None:
    deployment = own(Comparing())
    with pytest.raises(RunError, match="other logits alone than among others"):
        network_export.write_and_check(
            "state-dict", tmp_path / "net", deployment, random_pixels(deployment.network)
        )


def test_a_file_that_computes_something_else_is_not_kept() -> None:
    expected = torch.tensor([[1.0, 0.0], [-2.0, 1.0]])
    assert file_check.check("onnx", expected, expected + 1e-4) == pytest.approx(5e-5, rel=1e-2)
    with pytest.raises(RunError, match=r"--onnx wrote is not kept.* by 0\.00100 of the largest"):
        file_check.check("onnx", expected, expected + 2e-3)
    with pytest.raises(RunError, match="by nan of the largest"):
        file_check.check("onnx", expected, expected * torch.nan)
    close = torch.tensor([[1.0, 1.0 + 1.5e-4], [-1.0, 0.0]])
    file_check.check("onnx", close, close)
    with pytest.raises(RunError, match="puts 1 of 2 images into another class"):
        file_check.check("onnx", close, close + torch.tensor([8e-5, -8e-5]))


def test_logits_that_are_no_numbers_are_refused() -> None:
    model = Own()
    with torch.no_grad():
        model.head.bias[0] = torch.nan
    deployment = own(model)
    with pytest.raises(RunError, match="not all finite numbers"):
        file_check.expected_logits(deployment, random_pixels(deployment.network))


def test_without_the_data_random_images_check_and_a_live_run_is_said(
    finished_run: RunDir, tmp_path: Path
) -> None:
    run = RunDir(tmp_path / "1-copy")
    shutil.copytree(finished_run.path, run.path)
    state = checkpoint.load(run.checkpoints / "best.pt")
    assert state.description is not None
    recipe = state.description.recipe | {"data": str(tmp_path / "gone")}
    description = msgspec.structs.replace(state.description, recipe=recipe)
    run_states.save(
        run.checkpoints / "best.pt", msgspec.structs.replace(state, description=description)
    )
    with run.lock.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answers = export(tmp_path, run.checkpoints / "best.pt", "state-dict")
    live, gone = (answer.text for answer in answers if isinstance(answer, Note))
    assert live == trained_text.still_training("1-copy", "best.pt", state.training.ended_epochs)
    assert "checked with random images instead" in gone
    assert isinstance(answers[-1], Exported)
    assert not answers[-1].validated


def test_images_of_a_folder_are_taken_from_all_its_classes(tmp_path: Path) -> None:
    for number in range(200):
        split, label = ("val", "train")[number % 2], f"kind {number // 40}"
        (tmp_path / split / label).mkdir(parents=True, exist_ok=True)
        image = Image.new("RGB", (40, 30), (number, 40 * (number // 40), 0))
        image.save(tmp_path / split / label / f"{number:03}.png")
    (tmp_path / "val" / "kind 0" / "000.png").write_text("no image")
    network = network_of("lenet5", data=str(tmp_path))
    pixels = validation_pixels(network)
    assert pixels.shape == (63, 3, 32, 32)
    assert {*pixels[:, 1, 0, 0].tolist()} == {0, 40, 80, 120, 160}


def test_a_full_disk_is_said(finished_run: RunDir) -> None:
    request = ExportNetwork(
        saved=os.fsencode(finished_run.checkpoints / "best.pt"), files={"safetensors": b"/dev/full"}
    )
    with pytest.raises(RunError, match="not written: No space left on device; free some space"):
        list(network_export.exported(request))
