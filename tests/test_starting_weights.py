"""Weights of other trainings: in which forms they are read, what is taken, and what is refused."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.serialization import set_crc32_options

from engine.checkpoints import foreign_file, starting_weights
from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.errors import UsageError
from engine.models import registry
from engine.process import first_weights, model_init
from engine.protocol import events
from engine.recipes.image_normalisation import IMAGENET, Normalisation
from engine.recipes.recipe_building import build_recipe

pytestmark = pytest.mark.usefixtures("one_thread")

State: TypeAlias = Mapping[str, Tensor]
RESNET = "torchvision/resnet18"


def data(classes: str = "abcd", channels: int = 3, size: int = 32) -> Dataset:
    count = len(classes)
    pixels = torch.zeros(count, channels, size, size, dtype=torch.uint8)
    split = Images(pixels, torch.arange(count))
    statistics = (0.5,) * channels, (0.3,) * channels
    form = ImageFormat(channels, size)
    return Dataset(tuple(classes), split, split, "separate", *statistics, form)


def begun(model: nn.Module, path: Path, dataset: Dataset, **settings: object) -> list[events.Event]:
    chosen = build_recipe(settings={"arch": RESNET, "init_from": str(path), **settings})
    weights = first_weights.read(chosen)
    return list(model_init.initialise(model, chosen, dataset, weights))


def told(model: nn.Module, path: Path, dataset: Dataset, **settings: object) -> events.Alert:
    alert, *_ = begun(model, path, dataset, **settings)
    assert isinstance(alert, events.Alert)
    return alert


# Ten forms of the same weights, and some more


@pytest.fixture(scope="module")
def resnet() -> nn.Module:
    torch.manual_seed(0)
    return registry.build(RESNET, 3, 32, 4).eval()


def prefixed(state: State, prefix: str) -> dict[str, Tensor]:
    return {prefix + name: each for name, each in state.items()}


def other(state: State) -> dict[str, Tensor]:
    return {name: torch.zeros_like(each) for name, each in state.items()}


def lightning(state: State) -> dict[str, Any]:
    return {
        "pytorch-lightning_version": "2.6.6",
        "state_dict": {**prefixed(state, "model."), "criterion.weight": torch.ones(4)},
        "hyper_parameters": {"lr": 0.1},
        "optimizer_states": [{"state": {0: {"momentum_buffer": torch.ones(2)}}}],
    }


CONTENTS: Mapping[str, Callable[[State], Any]] = {
    "alone": dict,
    "state_dict": lambda state: {"state_dict": state, "epoch": 3},
    "model_state_dict": lambda state: {"model_state_dict": state, "loss": 0.5},
    "model": lambda state: {"model": state, "optimizer": {"state": {}, "param_groups": []}},
    "net": lambda state: {"net": state, "acc": 91.0},
    "model_ema": lambda state: {"model": other(state), "model_ema": state},
    "ema": lambda state: {"state_dict": other(state), "ema": prefixed(state, "module.")},
    "state_dict_ema": lambda state: {"state_dict": other(state), "state_dict_ema": state},
    "model.state_dict": lambda state: {"model": {"state_dict": state}},
    "Lightning": lightning,
    "DataParallel": lambda state: prefixed(state, "module."),
    "compiled and distributed": lambda state: prefixed(state, "module._orig_mod."),
    "backbone": lambda state: prefixed(state, "backbone."),
    "encoder": lambda state: {"state_dict": prefixed(state, "encoder.")},
    "parameters": lambda state: {name: nn.Parameter(each, False) for name, each in state.items()},
}


def assert_same_logits(resnet: nn.Module, path: Path) -> None:
    ours = registry.build(RESNET, 3, 32, 4)
    said = told(ours, path, data())
    assert "taken 122 of 122" in said.text
    assert (said.level, said.code) == ("info", "init-from")
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(ours.eval()(images), resnet(images))


@pytest.mark.parametrize("form", CONTENTS)
def test_every_form_gives_the_same_logits(resnet: nn.Module, tmp_path: Path, form: str) -> None:
    torch.save(CONTENTS[form](resnet.state_dict()), tmp_path / "theirs.pth")
    assert_same_logits(resnet, tmp_path / "theirs.pth")


def test_so_do_safetensors_and_pytorchs_older_format(resnet: nn.Module, tmp_path: Path) -> None:
    save_file(resnet.state_dict(), tmp_path / "theirs.safetensors")
    assert_same_logits(resnet, tmp_path / "theirs.safetensors")
    old = tmp_path / "old.pth"
    torch.save(resnet.state_dict(), old, _use_new_zipfile_serialization=False)
    foreign_file.check_weights(old)
    assert_same_logits(resnet, old)


# What is taken, on a small network


def small(classes: int = 4, channels: int = 3) -> nn.Module:
    return registry.build("lenet5", channels, 32, classes)


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def lenet_told(tmp_path: Path, content: object, classes: str = "abcd", **settings: object) -> str:
    model, path = small(len(classes)), saved(tmp_path / "net.pt", content)
    return told(model, path, data(classes), arch="lenet5", **settings).text


def test_a_head_for_other_classes_is_fresh_and_named(tmp_path: Path) -> None:
    said = lenet_told(tmp_path, small(1000).state_dict(), "abc")
    assert said == (
        f"{tmp_path}/net.pt: taken 8 of 10; fresh: fc3.weight, fc3.bias (1,000 -> 3 classes)."
    )


def test_a_head_of_as_many_classes_without_names_is_taken_and_that_is_told(tmp_path: Path) -> None:
    said = lenet_told(tmp_path, {"epoch": 1, "model": other(small().state_dict())})
    assert said == (
        f"{tmp_path}/net.pt, model: taken 10 of 10; the file names no classes, so its 4 outputs "
        "are those of the classes here, in their order."
    )


@pytest.mark.parametrize(
    "named",
    [
        {"classes": ["a", "b", "c", "x"]},
        {"class_to_idx": {"x": 3, "a": 0, "c": 2, "b": 1}},
        {"hyper_parameters": {"class_names": ("a", "b", "c", "x")}},
    ],
)
def test_names_of_classes_in_a_file_decide_over_the_head(
    tmp_path: Path, named: dict[str, object]
) -> None:
    path = saved(tmp_path / "net.pt", {"state_dict": small().state_dict(), **named})
    first, second = begun(small(), path, data("abcd"), arch="lenet5")
    assert isinstance(first, events.Alert)
    assert isinstance(second, events.Alert)
    assert first.text.endswith("taken 8 of 10; fresh: fc3.weight, fc3.bias.")
    assert "has other classes (new: d; gone: x), so the last layer starts" in second.text
    assert lenet_told(tmp_path, torch.load(path), "abcx").endswith("taken 10 of 10.")


def test_the_preferred_and_the_left_weights_are_named(tmp_path: Path) -> None:
    state = small().state_dict()
    said = lenet_told(tmp_path, {"model": other(state), "ema": {"state_dict": state}})
    assert "net.pt, ema.state_dict (not model): taken 10 of 10" in said


def test_weights_of_half_precision_become_those_of_the_model(tmp_path: Path) -> None:
    state = {name: each.bfloat16() for name, each in small().state_dict().items()}
    ours, path = small(), saved(tmp_path / "net.pt", state)
    begun(ours, path, data(), arch="lenet5")
    for name, each in ours.state_dict().items():
        assert each.dtype == torch.float32
        assert torch.equal(each, state[name].float())


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    """Those of a quantised model lack their scale."""
    model = small()
    state = {name: (100 * each).to(torch.int8) for name, each in small().state_dict().items()}
    with pytest.raises(UsageError, match="taken 0 of 10; fresh: "):
        list(begun(model, saved(tmp_path / "a.pt", state), data()))


def refusal(model: nn.Module, path: Path, **settings: object) -> str:
    with pytest.raises(UsageError) as caught:
        begun(model, path, data(), **settings)
    return str(caught.value)


def test_weights_that_are_not_finite_are_refused_and_change_nothing(tmp_path: Path) -> None:
    state = small().state_dict()
    state["conv1.bias"][2], state["fc1.weight"][0, 0] = torch.nan, -torch.inf
    ours, path = small(), saved(tmp_path / "net.pt", {"model": state})
    before = {name: each.clone() for name, each in ours.state_dict().items()}
    assert refusal(ours, path) == (
        f"the weights in {path} hold NaN or infinity (conv1.bias, fc1.weight): use those of an "
        "earlier epoch."
    )
    assert all(torch.equal(each, before[name]) for name, each in ours.state_dict().items())


def test_so_are_weights_that_are_too_large_for_the_model(tmp_path: Path) -> None:
    state = {name: each.double() for name, each in small().state_dict().items()}
    state["conv1.bias"][2] = 1e300
    assert "infinity (conv1.bias)" in refusal(small(), saved(tmp_path / "net.pt", state))


def test_what_is_not_taken_may_be_anything(tmp_path: Path) -> None:
    state = small(1000).state_dict()
    state["fc3.bias"][2] = torch.nan
    assert "taken 8 of 10" in lenet_told(tmp_path, {**state, "other": torch.tensor([torch.inf])})


class Masking(nn.Sequential):
    """A mask of infinity belongs to the network."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Linear(3 * 32 * 32, 4))
        self.register_buffer("mask", torch.full((4, 4), -torch.inf).triu(1))


def test_infinity_that_a_fresh_network_has_too_is_taken(tmp_path: Path) -> None:
    theirs = saved(tmp_path / "net.pt", Masking().state_dict())
    assert told(Masking(), theirs, data()).text.startswith(f"{theirs}: taken 3 of 3")


def test_an_own_network_that_begins_with_nan_is_refused(tmp_path: Path) -> None:
    ours = Masking()
    nn.init.constant_([*ours.parameters()][1], torch.nan)
    with pytest.raises(UsageError) as caught:
        list(model_init.initialise(ours, build_recipe(settings={"arch": RESNET}), data(), None))
    assert str(caught.value) == (
        "resnet18 begins with NaN or infinity in 1.bias: initialise these parameters."
    )
    theirs = saved(tmp_path / "net.pt", Masking().state_dict())
    assert told(ours, theirs, data()).level == "info", "weights that are given take their place"


@pytest.mark.filterwarnings("ignore:Validating sparse")
def test_sparse_weights_become_dense(tmp_path: Path) -> None:
    state = small().state_dict()
    sparse = {name: each.to_sparse() for name, each in state.items()}
    ours = small()
    place, size = torch.zeros(2, 1), (10**9, 10**9)
    huge = torch.sparse_coo_tensor(place, torch.ones(1), size, check_invariants=True)
    begun(ours, saved(tmp_path / "net.pt", {**sparse, "huge": huge}), data(), arch="lenet5")
    assert all(torch.equal(each, state[name]) for name, each in ours.state_dict().items())


def test_colour_filters_are_summed_for_grey_images(tmp_path: Path) -> None:
    state, ours = small().state_dict(), small(channels=1)
    begun(ours, saved(tmp_path / "net.pt", state), data(channels=1), arch="lenet5")
    expected = state["conv1.weight"].sum(1, keepdim=True)
    assert torch.equal(ours.state_dict()["conv1.weight"], expected)


def test_more_than_a_fresh_head_is_a_warning(tmp_path: Path) -> None:
    state = {**small().state_dict(), "conv1.weight": torch.ones(6, 3, 3, 3)}
    alert = told(small(), saved(tmp_path / "net.pt", state), data(), arch="lenet5")
    assert alert.level == "warning"
    assert "fresh: conv1.weight (6×3×3×3 -> 6×3×5×5);" in alert.text


def test_less_than_half_is_refused_and_changes_nothing_unless_it_is_asked_for(
    tmp_path: Path,
) -> None:
    whole = small().state_dict()
    state = {f"their_{key}" if "fc" in key else key: each for key, each in whole.items()}
    ours, path = small(), saved(tmp_path / "net.pt", state)
    before = {name: each.clone() for name, each in ours.state_dict().items()}
    with pytest.raises(UsageError) as caught:
        begun(ours, path, data(), arch="lenet5")
    assert str(caught.value) == (
        f"the weights in {path} are not those of lenet5, whose names are conv1.weight, "
        "conv1.bias, conv2.weight and 7 more (taken 4 of 10; fresh: fc3.weight, fc3.bias, "
        "fc1.weight, fc1.bias, fc2.weight and 1 more; unused: their_fc1.weight, their_fc1.bias, "
        "their_fc2.weight and 3 more): use the architecture that they were trained with, or take "
        "what fits with --set partial=true."
    )
    assert all(torch.equal(each, before[name]) for name, each in ours.state_dict().items())
    begun(ours, path, data(), arch="lenet5", partial=True)
    assert torch.equal(ours.state_dict()["conv2.bias"], whole["conv2.bias"])


def test_half_is_enough(tmp_path: Path) -> None:
    state = dict(list(small().state_dict().items())[:5])
    assert "taken 5 of 10" in lenet_told(tmp_path, state)


def test_where_nothing_fits_partial_does_not_help(tmp_path: Path) -> None:
    theirs = {"resnet.embedder.embedder.convolution.weight": torch.ones(64, 3, 7, 7)}
    with pytest.raises(
        UsageError, match=r"none of the weights .* fits lenet5, .* unused: resnet\."
    ):
        lenet_told(tmp_path, theirs, partial=True)


class Wrapping(nn.Module):
    """An own network that wraps another one."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = small(1000)
        self.head = nn.Linear(1000, 4)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(images))
        return logits


def test_an_own_network_that_wraps_another_takes_that_ones_weights(tmp_path: Path) -> None:
    theirs, ours = small(1000), Wrapping()
    said = told(ours, saved(tmp_path / "net.pt", theirs.state_dict()), data())
    assert said.text.endswith("taken 10 of 12; fresh: head.weight, head.bias.")
    assert torch.equal(ours.backbone.state_dict()["fc3.bias"], theirs.state_dict()["fc3.bias"])


# What is refused, before a run is made where that can be known


def with_namespace(path: Path) -> None:
    args = argparse.Namespace(lr=0.1)
    torch.save({"args": args, "model": small().state_dict()}, path)


def with_namespace_in_the_older_format(path: Path) -> None:
    content = {"args": argparse.Namespace(lr=0.1), "model": small().state_dict()}
    torch.save(content, path, _use_new_zipfile_serialization=False)


def whole_model(path: Path) -> None:
    torch.save(nn.Sequential(OrderedDict(small().named_children())), path)


def script(path: Path) -> None:
    torch.jit.save(torch.jit.script(nn.Sequential(nn.Linear(2, 2))), path)


def shards(path: Path) -> None:
    state = small().state_dict()
    names = list(state)
    parts = {"a.safetensors": names[:5], "b.safetensors": names[5:]}
    for file, part in parts.items():
        save_file({name: state[name] for name in part}, path.with_name(file))
    weight_map = {name: file for file, part in parts.items() for name in part}
    path.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


@pytest.mark.parametrize(
    ("name", "write", "sentence"),
    [
        ("a.pth", with_namespace, "holds argparse.Namespace, which only code can load"),
        ("a.pth", with_namespace_in_the_older_format, "holds argparse.Namespace, which only"),
        ("it's.pth", whole_model, "holds torch.nn.modules.container.Sequential, torch.nn.modules."),
        ("a.pt", script, "is a TorchScript model, and weights are not read from that"),
        ("m.safetensors.index.json", shards, "is an index of weights in several files"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_what_is_refused_is_taken_after_the_command_that_the_sentence_gives(
    tmp_path: Path, name: str, write: Callable[[Path], None], sentence: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(UsageError) as caught:
        foreign_file.check_weights(path)
    said = str(caught.value)
    assert sentence in said
    assert said.count("`") == 2
    python, option, code = shlex.split(said.split("`")[1])
    assert (python, option) == (sys.executable, "-c")
    exec(code, {})  # as a user's shell does, without another import of torch
    converted = path.with_name(f"{name}-weights.pt")
    assert f"name {converted}" in said
    foreign_file.check_weights(converted)
    assert len(starting_weights.load(converted).tensors) == (2 if write is script else 10)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "is a Keras model, and weights are not read from that"),
        (b"\x08\x07\x12\x07pytorch" + bytes(90), "is an ONNX model, and weights are not read"),
        (b"", "is neither a whole file of PyTorch nor one of safetensors"),
        (b"\x89PNG\r\n\x1a\n" + bytes(90), "is neither a whole file of PyTorch nor one of"),
    ],
)
def test_what_holds_no_weights_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "theirs"
    path.write_bytes(content)
    for read in (foreign_file.check_weights, starting_weights.load):
        with pytest.raises(UsageError, match=sentence):
            read(path)


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    whole = saved(tmp_path / "net.pt", small().state_dict()).read_bytes()
    (tmp_path / "half.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=r"half\.pt is neither a whole file"):
        foreign_file.check_weights(tmp_path / "half.pt")
    save_file(small().state_dict(), tmp_path / "net.safetensors")
    whole = (tmp_path / "net.safetensors").read_bytes()
    (tmp_path / "half.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=r"half\.safetensors is neither a whole file"):
        starting_weights.load(tmp_path / "half.safetensors")


def test_a_file_without_check_sums_is_read(tmp_path: Path) -> None:
    """Python's zipfile refuses what `set_crc32_options(False)` writes."""
    set_crc32_options(False)
    try:
        path = saved(tmp_path / "net.pt", small().state_dict())
    finally:
        set_crc32_options(True)
    assert foreign_file.code_names(path) is None
    foreign_file.check_weights(path)
    assert len(starting_weights.load(path).tensors) == 10


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("entry", ["data.pkl", "data/0"])
def test_a_broken_entry_is_no_code(tmp_path: Path, method: int, entry: str) -> None:
    whole, broken = saved(tmp_path / "net.pt", {"w": torch.ones(99)}), tmp_path / "broken.pt"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w", method) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        (info,) = (each for each in target.infolist() if each.filename.endswith(f"/{entry}"))
    content = bytearray(broken.read_bytes())
    start = info.header_offset + len(info.FileHeader())
    content[start : start + info.compress_size] = b"\xff" * info.compress_size
    content[info.header_offset : info.header_offset + 4] = b"none"
    broken.write_bytes(content)
    with pytest.raises(UsageError, match=r"broken\.pt is neither a whole file of PyTorch"):
        starting_weights.load(broken)


@pytest.mark.parametrize(
    ("content", "there"),
    [
        (
            {"epoch": 3, "network": {"w": torch.ones(1)}, "opt": {}, "z": 1},
            "epoch, network, opt and 1 more",
        ),
        ([torch.ones(1)], "it holds none"),
        ({"state_dict": {}}, "it holds state_dict"),
    ],
)
def test_a_file_without_weights_by_name_says_what_it_holds(
    tmp_path: Path, content: object, there: str
) -> None:
    with pytest.raises(UsageError, match="neither alone nor under state_dict, model_st") as caught:
        starting_weights.load(saved(tmp_path / "net.pt", content))
    assert there in str(caught.value)


def test_only_a_safetensors_file_has_safetensors_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "net.pt", small().state_dict())
    monkeypatch.setitem(sys.modules, "safetensors", None)
    assert len(starting_weights.load(path).tensors) == 10


# The normalisation that belongs to weights

TIMM = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "tag": "in1k"}
AS_TIMM = Normalisation((0.5,) * 3, (0.25,) * 3)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"hyper_parameters": {"mean": [0.485, 0.456, 0.406], "std": (0.229, 0.224, 0.225)}},
            IMAGENET,
        ),
        ({"args": {"pretrained_cfg": TIMM}}, AS_TIMM),
        ({"hparams": {"data_config": TIMM}}, AS_TIMM),
        ({"mean": 0.5, "std": 0.5}, None),
        ({"mean": [120.0, 110.0, 100.0], "std": [60.0, 60.0, 60.0]}, None),
        ({"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.0, 0.5]}, None),
        ({}, None),
    ],
)
def test_a_checkpoint_may_tell_its_normalisation(
    tmp_path: Path, facts: dict[str, object], expected: Normalisation | None
) -> None:
    path = saved(tmp_path / "net.pt", {"state_dict": small().state_dict(), **facts})
    assert starting_weights.load(path).normalisation == expected


def test_so_may_the_config_beside_it_and_the_header_of_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(small().state_dict(), path, metadata={"format": "pt"})
    assert starting_weights.load(path).normalisation is None
    (tmp_path / "config.json").write_text(json.dumps({"num_classes": 4, "pretrained_cfg": TIMM}))
    assert starting_weights.load(path).normalisation == AS_TIMM
    (tmp_path / "config.json").write_text("{")
    assert starting_weights.load(path).normalisation is None
    save_file(small().state_dict(), path, metadata={"pretrained_cfg": json.dumps(TIMM)})
    assert starting_weights.load(path).normalisation == AS_TIMM
