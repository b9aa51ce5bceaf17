"""Beginning with the weights of another training: what fits, what is frozen, what is said."""

from __future__ import annotations

import re
import urllib.error
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from torch import Tensor, nn
from torch.nn import functional as F

from engine.checkpoints.run_state import weights_of
from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.errors import RunError, UsageError
from engine.models import published_weights, registry, transfer_learning
from engine.models.transfer_learning import FrozenBackbone
from engine.process import first_weights, model_init, process_text
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.training import optimizers as optim
from tests import run_states

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torch looks for downloaded weights, of which none can be downloaded."""

    def no_network(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(torch.hub, "urlopen", no_network)
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def images_of(channels: int, size: int) -> Dataset:
    torch.manual_seed(0)
    split = Images(
        torch.randint(0, 256, (40, channels, size, size), dtype=torch.uint8), torch.arange(40) % 4
    )
    statistics = (0.5,) * channels, (0.3,) * channels
    return Dataset(
        tuple("abcd"), split, split, "separate", *statistics, ImageFormat(channels, size)
    )


def begun(model: nn.Module, chosen: Recipe, data: Dataset) -> list[events.Event]:
    return list(model_init.initialise(model, chosen, data, first_weights.read(chosen)))


# Weights of the same architecture


def load(model: nn.Module, other: nn.Module, image_shape: tuple[int, ...]) -> bool:
    """Load the weights of a model for the same classes; returns whether the head was kept."""
    return transfer_learning.load_weights(
        model, other.state_dict(), "best.pt", image_shape, same_classes=True
    )


def test_weights_are_taken_over_with_the_statistics_of_norms() -> None:
    theirs, ours = (registry.build("resnet20", 3, 32, 4) for _ in range(2))
    theirs(torch.randn(8, 3, 32, 32))
    assert not load(ours, theirs, (3, 32, 32))
    for key, value in ours.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[key]), key


@pytest.mark.parametrize("arch", ["lenet5", "efficientnet-b0", "torchvision/mobilenet_v3_small"])
def test_a_head_for_other_classes_is_new_and_begins_with_small_logits(arch: str) -> None:
    theirs, ours = registry.build(arch, 3, 32, 10), registry.build(arch, 3, 32, 4)
    assert load(ours, theirs, (3, 32, 32))
    assert 0 < ours(torch.rand(4, 3, 32, 32)).abs().max() < 0.05
    (first, value), *_ = theirs.named_parameters()
    assert torch.equal(ours.state_dict()[first], value)


def test_a_new_head_of_several_layers_stays_as_it_was_made() -> None:
    def made(classes: int) -> nn.Sequential:
        head = nn.Linear(16, classes, bias=False), nn.BatchNorm1d(classes)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), *head)

    theirs, ours = made(10), made(4)
    before = ours.state_dict()["3.weight"].clone()
    assert load(ours, theirs, (1, 8, 8))
    assert torch.equal(ours.state_dict()["3.weight"], before)


def test_filters_for_colours_are_summed_for_grey_images() -> None:
    theirs, ours = registry.build("resnet20", 3, 32, 4), registry.build("resnet20", 1, 32, 4)
    assert not load(ours, theirs, (1, 32, 32))
    images = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        expected = theirs.eval()(images.expand(-1, 3, -1, -1))
        torch.testing.assert_close(ours.eval()(images), expected)


@pytest.mark.parametrize("other", ["resnet32", "lenet5", "article-resnet"])
def test_weights_of_another_architecture_are_refused(other: str) -> None:
    ours, theirs = registry.build("resnet20", 3, 32, 4), registry.build(other, 3, 32, 4)
    with pytest.raises(UsageError, match=r"the weights in best\.pt belong to another"):
        load(theirs, ours, (3, 32, 32))


def test_weights_of_another_form_are_refused() -> None:
    with torch.device("meta"):
        small, large = (registry.build("resnet18", 3, size, 4) for size in (32, 224))
    with pytest.raises(UsageError, match="another form of it"):
        load(large, small, (3, 224, 224))


def test_a_head_that_the_model_itself_freezes_leaves_nothing_to_learn() -> None:
    model = Net()
    model.fc.requires_grad_(False)
    with pytest.raises(UsageError, match="leave freeze out, or set requires_grad"):
        FrozenBackbone(model, 1, (1, 5, 5))


# torchvision's weights


def test_pretrained_weights_come_from_the_folder_of_torch(hub: Path) -> None:
    torch.manual_seed(1)
    theirs = registry.build("mobilenet-v2", 3, 224, 1000).state_dict()
    torch.save(theirs, hub / "mobilenet_v2-b0353104.pth")
    ours = registry.build("mobilenet-v2", 1, 224, 4)
    chosen = build_recipe(settings={"arch": "mobilenet-v2", "pretrained": True})
    told = begun(ours, chosen, images_of(1, 224))
    assert told == [events.Phase("loading", note=process_text.PRETRAINED_WEIGHTS)]
    state = ours.state_dict()
    assert state["classifier.1.weight"].shape == (4, 1280)
    assert torch.equal(state["features.18.0.weight"], theirs["features.18.0.weight"])
    first = theirs["features.0.0.weight"].sum(1, keepdim=True)
    assert torch.equal(state["features.0.0.weight"], first)


def test_names_of_old_weight_files_are_understood(hub: Path) -> None:
    with torch.device("meta"):
        ours, theirs = (registry.build("torchvision/densenet121", 3, 224, 4) for _ in range(2))
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", key): torch.full(each.shape, 0.5)
        for key, each in theirs.state_dict().items()
    }
    assert old.keys() != theirs.state_dict().keys()
    torch.save(old, hub / "densenet121-a639ec97.pth")
    weights = published_weights.pretrained_weights("torchvision/densenet121", 224)
    ours = ours.to_empty(device="cpu")
    assert not transfer_learning.load_weights(
        ours, weights, "densenet121", (3, 224, 224), same_classes=True
    )
    assert all((each == 0.5).all() for each in ours.parameters())


def test_weights_that_cannot_be_had_are_one_sentence(hub: Path) -> None:
    with pytest.raises(RunError) as caught:
        published_weights.pretrained_weights("resnet18", 224)
    said = str(caught.value)
    assert "no network" in said
    assert "get resnet18-f37072fd.pth from https://download.pytorch.org/models/" in said
    assert f"put it into {hub}" in said


def test_a_damaged_file_of_weights_is_one_sentence(hub: Path) -> None:
    (hub / "resnet18-f37072fd.pth").write_bytes(b"half a downl")
    with pytest.raises(RunError, match=r"cannot be loaded .* put it into"):
        published_weights.pretrained_weights("resnet18", 224)


def test_pretrained_weights_are_for_larger_images() -> None:
    with pytest.raises(UsageError, match="larger than 64 pixels, not 64: use --set size=224"):
        published_weights.pretrained_weights("resnet18", 64)


# A checkpoint of ours


def saved(path: Path, model: nn.Module, classes: Sequence[str] | None = tuple("abcd")) -> str:
    state = run_states.state(weights=weights_of(model))
    described = replace(run_states.description(), classes=classes) if classes else None
    run_states.save(path, replace(state, description=described))
    return str(path)


def test_a_run_begins_with_the_weights_of_another(tmp_path: Path) -> None:
    theirs, ours = registry.build("lenet5", 1, 32, 4), registry.build("lenet5", 1, 32, 4)
    chosen = build_recipe(settings={"init_from": saved(tmp_path / "best.pt", theirs)})
    assert begun(ours, chosen, images_of(1, 32)) == []
    assert torch.equal(ours.state_dict()["fc3.weight"], theirs.state_dict()["fc3.weight"])


@pytest.mark.parametrize(
    ("classes", "why"),
    [
        (
            tuple("0123456789"),
            "(new: a, b, c, d; gone: 0, 1, 2, 3, 4 and 5 more), so",
        ),
        (
            tuple("abcx"),
            "has other classes (new: d; gone: x), so the last layer starts",
        ),
        (tuple("bacd"), "has other classes (the same names in another order), so the last layer"),
        (None, "does not name its classes, so the last layer starts anew"),
    ],
)
def test_a_head_for_other_names_is_new_and_told(
    tmp_path: Path, classes: tuple[str, ...] | None, why: str
) -> None:
    theirs = registry.build("lenet5", 1, 32, len(classes or "abcd"))
    ours = registry.build("lenet5", 1, 32, 4)
    fresh = ours.state_dict()["fc3.weight"].clone()
    source = saved(tmp_path / "best.pt", theirs, classes)
    (told,) = begun(ours, build_recipe(settings={"init_from": source}), images_of(1, 32))
    assert isinstance(told, events.Alert)
    assert (told.level, told.code) == ("info", "init-from")
    assert why in told.text
    torch.testing.assert_close(ours.state_dict()["fc3.weight"], fresh * 0.001)
    assert torch.equal(ours.state_dict()["fc2.weight"], theirs.state_dict()["fc2.weight"])


def test_imagenet_is_known_by_the_names_of_its_folders() -> None:
    assert published_weights.are_imagenet([f"n{number:08}" for number in range(1000)])
    assert not published_weights.are_imagenet([str(number) for number in range(1000)])
    assert not published_weights.are_imagenet(["n01440764", "n01443537"])


def test_a_model_that_begins_from_images_sees_normalised_ones() -> None:
    class Watching(nn.Module):
        seen: Tensor

        def initialise_from(self, images: Tensor) -> None:
            self.seen = images

    model, data = Watching(), images_of(3, 32)
    assert begun(model, build_recipe(settings={"arch": "speednet"}), data) == []
    expected = (data.train.one(39)[0].float() / 255 - 0.5) / 0.3
    assert model.seen.shape == (40, 3, 32, 32)
    torch.testing.assert_close(model.seen[-1], expected)


# The frozen backbone


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.fixed = nn.Parameter(torch.ones(()), requires_grad=False)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.drop(self.bn(self.conv(x)).mean((2, 3)) * self.fixed))
        return logits


def steps(model: nn.Module) -> set[str]:
    """What one step in training mode changes in a model, weights and statistics."""
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    F.cross_entropy(model(torch.randn(6, 1, 5, 5)), torch.arange(6) % 3).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}


def test_only_the_head_learns_while_the_backbone_is_frozen() -> None:
    torch.manual_seed(0)
    model = Net()
    backbone = FrozenBackbone(model, 2, (1, 5, 5))
    for _ in range(2):
        model.train()
        backbone.start_epoch(epoch=2)
        assert steps(model) == {"fc.weight", "fc.bias"}
        assert model.drop.training
    model.train()
    backbone.start_epoch(epoch=3)
    assert steps(model) == model.state_dict().keys() - {"fixed"}


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "muon"])
def test_every_optimiser_takes_up_a_thawed_backbone(name: str) -> None:
    model, cpu = Net().train(), torch.device("cpu")
    chosen = build_recipe(settings={"optimizer": name, "freeze": 1})
    optimizers = optim.optimizers(chosen, model, cpu, torch.float32)
    backbone = FrozenBackbone(model, chosen.freeze, (1, 5, 5))
    before = model.conv.weight.clone()
    for epoch in (1, 1, 2, 2):
        backbone.start_epoch(epoch)
        assert torch.equal(model.conv.weight, before), "nothing has moved so far"
        model.zero_grad()
        F.cross_entropy(model(torch.randn(6, 1, 5, 5)), torch.arange(6) % 3).backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers:
            optimizer.step()
        if epoch == 2:
            assert not torch.equal(model.conv.weight, before)
            before = model.conv.weight.clone()


def test_nothing_is_frozen_unless_it_is_asked_for() -> None:
    model = Net()
    FrozenBackbone(model, 0, (1, 5, 5)).start_epoch(epoch=1)
    assert steps(model) == model.state_dict().keys() - {"fixed"}
