"""A user's own model: trained whatever it does, or refused with what is the matter."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from cnn_tui.layer_table import layer_table
from cnn_tui.network_depth import network_depth
from engine import text
from engine.catalog import architecture_names
from engine.catalog.user_file import UserFile
from engine.errors import UsageError
from engine.models import registry, transfer_learning
from engine.models.model_head import head_weights
from engine.process import process_text
from engine.start import recipe_resolution
from tests.processes import headless

NET = """
import argparse, sys
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, classes, in_channels=1):
        super().__init__()
        self.fc = nn.Linear(4 * 16, classes)
        self.conv = nn.Conv2d(in_channels, 4, 3)
        self.pool = nn.AdaptiveAvgPool2d(4)

    def forward(self, x):
        return self.fc(self.pool(self.conv(x)).flatten(1))
"""


@pytest.fixture(autouse=True)
def module_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model appends to the module path is gone afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def written(tmp_path: Path, code: str) -> str:
    """The name of the model that `make` makes; `code` stands below the class Net."""
    (tmp_path / "net.py").write_text(NET + code)
    return f"{tmp_path}/net.py:make"


def refused(arch: str, channels: int = 1, size: int = 32) -> str:
    with pytest.raises(UsageError) as caught:
        registry.build(arch, channels, size, 5)
    assert "\n" not in str(caught.value)
    return str(caught.value)


EXITS = "ends the program when it is loaded (net.py, line {}): put what only a script needs"


@pytest.mark.filterwarnings("ignore:.*torch.jit")
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("sys.exit('give --data')", EXITS.format(15)),
        ("argparse.ArgumentParser().parse_args(3)", "net.py, line"),
        ("p = argparse.ArgumentParser()\np.add_argument('x')\np.parse_args([])", EXITS.format(17)),
        ("def make(classes): sys.exit()", EXITS.format(15)),
        (
            "make = 7",
            "make in net.py is of type int: name a function or a class that makes a torch.nn.Modul",
        ),
        (
            "def make(n, depth, width): return Net(n)",
            "make in net.py asks for depth and width, and is given only the number of classes and",
        ),
        (
            "def make(classes): return Net(classes).requires_grad_(False)",
            "all parameters of net.py:make are frozen, so it cannot learn: leave requires_grad",
        ),
        (
            "class Flat(nn.Flatten):\n"
            "    def forward(self, x): return super().forward(x)[:, :5]\n"
            "def make(classes): return Flat()",
            "net.py:make has no parameters, so it cannot learn: give it a layer with weights.",
        ),
        (
            "class Cut(Net):\n    def forward(self, x): return super().forward(x).detach()\n"
            "def make(classes): return Cut(classes)",
            "the logits of net.py:make have no gradient, so it cannot learn: call its layers",
        ),
        (
            "class Both(Net):\n    def forward(self, x):\n        logits = super().forward(x)\n"
            "        return logits if self.training else (logits.softmax(1), logits)\n"
            "def make(classes): return Both(classes)",
            "net.py:make returns several tensors of 5 columns in evaluation mode, too: return the",
        ),
        (
            "def inner(width): return Net(width)\ndef make(**options): return inner(**options)",
            "make takes (**options), was given n_classes, and what it calls does not take that (",
        ),
        (
            "def make(classes): return Net(classes, 3)",
            "takes images of 3 channels, and these have 1 channel (grey): give its function a",
        ),
        (
            "def make(classes): return nn.Sequential("
            "nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 26 * 26, classes))",
            "but those of 28 pixels: use --set size=28.",
        ),
        (
            "def make(classes): return nn.Sequential(nn.Flatten(), nn.Linear(7, classes))",
            "the layer 1 takes 7 values, and gets 1,024 from images of 1×32×32: change it to 1,024",
        ),
        (
            "class Odd(Net):\n    def forward(self, x): return super().forward(x) + undefined\n"
            "def make(classes): return Odd(classes)",
            "fails on images of 1×32×32 (NameError: name 'undefined' is not defined; net.py, line",
        ),
    ],
)
def test_what_is_the_matter_is_one_sentence(tmp_path: Path, code: str, sentence: str) -> None:
    assert sentence in refused(written(tmp_path, code))


def test_the_size_that_is_named_works(tmp_path: Path) -> None:
    arch = written(
        tmp_path,
        "def make(classes): return nn.Sequential(nn.Conv2d(1, 2, 60, stride=9), nn.Flatten(),"
        "nn.LazyLinear(classes))",
    )
    size = int(refused(arch).rpartition("size=")[2].rstrip("."))
    assert registry.build(arch, 1, size, 5)(torch.zeros(2, 1, size, size)).shape == (2, 5)


RUNNING = {
    "item": "if x.mean().item() > 9: x = x * 2",
    "branch": "if x.sum() > 0: x = x + 1",
    "numpy": "x = x * float(x.detach().numpy().max() < 99)",
    "tensor": "x = x + torch.zeros(1)",
    "nonzero": "x = x * (torch.nonzero(x.flatten()).shape[0] > 3)",
}


@pytest.mark.parametrize("line", RUNNING.values(), ids=RUNNING)
def test_a_forward_pass_may_depend_on_the_data(tmp_path: Path, line: str) -> None:
    code = (
        f"class Mine(Net):\n    def forward(self, x):\n        {line}\n"
        "        return super().forward(x)\ndef make(classes): return Mine(classes)"
    )
    before = torch.get_rng_state()
    model = registry.build(written(tmp_path, code), 1, 32, 5)
    state = torch.get_rng_state()
    assert [layer.name for layer in layer_table(model, 1, 32)] == ["conv", "pool", "fc"]
    assert network_depth(model, 1, 32) == 2
    assert head_weights(model, 1, 32) == {"fc.weight", "fc.bias"}
    assert torch.equal(state, torch.get_rng_state())
    torch.set_rng_state(before)


def test_lazy_layers_get_their_shapes_and_the_seed_decides_their_weights(tmp_path: Path) -> None:
    arch = written(
        tmp_path,
        "def make(classes): return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(),"
        "nn.Dropout(), nn.Flatten(), nn.LazyLinear(classes))",
    )
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(registry.build(arch, 1, 32, 5).state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert int(states[0]["1.num_batches_tracked"]) == 0
    assert states[0]["4.weight"].shape == (5, 4 * 30 * 30)


def test_a_check_leaves_the_model_and_the_random_numbers_alone(tmp_path: Path) -> None:
    code = (
        "def make(classes):\n    torch.manual_seed(1)\n"
        "    return nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(), Net(classes))"
    )
    model = registry.build(written(tmp_path, code), 1, 32, 5)
    after = torch.rand(1)
    assert model.training
    assert model.get_submodule("0").state_dict()["running_mean"] == 0
    torch.manual_seed(1)
    nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(), nn.Linear(64, 5), nn.Conv2d(1, 4, 3))
    assert torch.equal(after, torch.rand(1))


def test_a_tensor_on_another_device_is_told_with_the_remedy() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(3, device="meta") * torch.ones(3)
    said = process_text.own_model_failed("net.py, line 9", text.error_summary(caught.value), "")
    assert "repair that file (make its tensors with device=x.device, or with self.reg" in said
    other = process_text.own_model_failed("net.py, line 9", "ValueError: no", "")
    assert "repair that file and start a new run" in other


# The head


class HeadFirst(nn.Module):
    """Its head is defined first, and its last definition is no layer of the logits."""

    def __init__(self, kind: str = "plain") -> None:
        super().__init__()
        self.kind = kind
        self.head = nn.Linear(4, 4)
        if kind == "normed":
            self.head = parametrizations.weight_norm(self.head)
        self.other = nn.Linear(4, 4)
        self.scale = nn.Parameter(torch.ones(()))
        self.prototypes = nn.Parameter(torch.randn(4, 4))
        self.norm = nn.BatchNorm1d(4)
        self.conv = nn.Conv2d(1, 4, 3)
        self.unused = nn.Linear(9, 9)

    def forward(self, x: Tensor) -> Tensor:
        features = self.norm(F.relu(self.conv(x)).mean((2, 3)))
        made: dict[str, Tensor] = {}
        made["matrix"] = features @ self.prototypes.t() * self.scale
        made["cosine"] = F.linear(F.normalize(features), F.normalize(self.prototypes))
        made["plain"] = made["normed"] = self.head(features)
        made["scaled"] = (self.head(features) * self.scale).log_softmax(1)
        made["sum"] = self.head(features) + self.other(features)
        made["norm last"] = self.norm(self.head(features.clone()))
        return made[self.kind]


@pytest.mark.parametrize(
    ("kind", "weights"),
    [
        ("plain", {"head.weight", "head.bias"}),
        ("scaled", {"head.weight", "head.bias", "scale"}),
        ("matrix", {"prototypes", "scale"}),
        ("cosine", {"prototypes"}),
        ("sum", {f"{layer}.{part}" for layer in ("head", "other") for part in ("weight", "bias")}),
        (
            "normed",
            {"head.bias", *(f"head.parametrizations.weight.original{i}" for i in (0, 1))},
        ),
        (
            "norm last",
            {"head.weight", "head.bias", "norm.weight", "norm.bias"}
            | {f"norm.{part}" for part in ("running_mean", "running_var", "num_batches_tracked")},
        ),
    ],
)
def test_the_head_makes_the_logits_wherever_it_is_defined(kind: str, weights: set[str]) -> None:
    assert head_weights(HeadFirst(kind), 1, 8) == weights


def test_a_convolution_may_be_the_head() -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.Conv2d(4, 5, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    assert head_weights(model, 1, 8) == {"1.weight", "1.bias"}


@pytest.mark.filterwarnings("ignore")
def test_the_last_layer_is_the_head_of_a_script() -> None:
    script = torch.jit.trace(HeadFirst().eval(), torch.zeros(1, 1, 8, 8))  # type: ignore[no-untyped-call]
    assert head_weights(script, 1, 8) == {"unused.weight", "unused.bias"}


@pytest.mark.parametrize(
    ("arch", "layer"),
    [
        ("lenet5", "fc3"),
        ("vgg11", "classifier"),
        ("resnet18", "fc"),
        ("convnext-tiny", "classifier.2"),
        ("torchvision/squeezenet1_0", "classifier.1"),
        ("torchvision/vit_b_16", "heads.head"),
    ],
)
def test_the_heads_of_known_architectures(arch: str, layer: str) -> None:
    with torch.device("meta"):
        model = registry.build(arch, 3, 224 if "/" in arch else 32, 10)
    size = 224 if "/" in arch else 32
    assert head_weights(model, 3, size) == {f"{layer}.weight", f"{layer}.bias"}


def test_a_head_that_is_defined_first_is_new_and_stays_free() -> None:
    ours, theirs = HeadFirst(), HeadFirst()
    theirs.head = nn.Linear(4, 7)
    fresh = ours.head.weight.clone()
    assert transfer_learning.load_weights(
        ours, theirs.state_dict(), "x", (1, 8, 8), same_classes=True
    )
    torch.testing.assert_close(ours.head.weight, fresh * 0.001)
    assert torch.equal(ours.unused.weight, theirs.unused.weight)
    transfer_learning.FrozenBackbone(ours, 1, (1, 8, 8)).start_epoch(1)
    learning = {name for name, weight in ours.named_parameters() if weight.requires_grad}
    assert learning == {"head.weight", "head.bias"}


# Names


FILE = """
from somewhere import imported
import torchvision.models as zoo

def helper(x): return x
def build(classes, width=4): return zoo.resnet18(num_classes=classes)
class Net:
    def __init__(self, classes): ...
try:
    def guarded(*, classes): ...
except ImportError:
    fallback = None
alias = build
"""


def test_a_file_is_read_without_running_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(FILE)
    found = UserFile.read(tmp_path / "net.py")
    assert found.functions == ("build", "guarded", "Net")
    assert {"imported", "zoo", "helper", "alias", "fallback"} <= found.names
    assert not found.is_open
    (tmp_path / "net.py").write_text(
        "def plain(): ...\nclass Net:\n    def __init__(self, *, n_classes): ...\n"
        "def wide(num_classes): ...\nmodel = Net(n_classes=3)\nSIZE = 3\n_own = Net(n_classes=3)"
    )
    assert UserFile.read(tmp_path / "net.py").functions == ("wide", "Net", "model")
    for line in ("from other import *", "globals()['make'] = 3", "exec('make = 3')"):
        (tmp_path / "net.py").write_text(line)
        assert UserFile.read(tmp_path / "net.py").is_open


@pytest.mark.parametrize(
    ("content", "arch", "sentence"),
    [
        (FILE, "net.py", "--arch net.py:build, net.py:guarded or net.py:Net."),
        ("def wide(classes): ...", "net.py", "--arch net.py:wide."),
        ("def wide(n): ...\ndef _own(): ...", "net.py", "--arch net.py:wide."),
        ("x = 3", "net.py", "net.py defines no function that could make a model: write one that"),
        ("def make(:", "net.py", "SyntaxError: invalid syntax (net.py, line 1); repair the file."),
        ("def make(:", "net.py:make", "invalid syntax (net.py, line 1); repair the file."),
        (
            FILE,
            "net.py:biuld",
            "net.py has no biuld, it has build, guarded, Net: type net.py:build.",
        ),
        ("", "nets.py", "there is no file nets.py to build the model from"),
        ("", "torchvision/resnet19", "did you mean torchvision/resnet18?"),
        ("", "torchvision/fasterrcnn", "torchvision has no image classifier 'fasterrcnn'"),
        (
            "",
            "timm/resnet50",
            f"timm is not installed: install it with `{sys.executable} -m pip install timm`",
        ),
    ],
)
def test_a_wrong_name_is_told_before_anything_is_made(
    content: str, arch: str, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("net.py").write_text(content)
    with pytest.raises(UsageError) as caught:
        recipe_resolution.resolve_recipe(None, (), {"arch": arch, "data": "digits"}, Path("runs"))
    assert sentence in str(caught.value)
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("content", "arch"),
    [
        (FILE, "net.py:imported"),
        (FILE, "net.py:alias"),
        ("from other import *", "net.py:make"),
        ("", "torchvision/regnet_y_400mf"),
        ("", "torchvision/squeezenet1_0"),
    ],
)
def test_a_name_that_may_exist_is_left_to_the_engine(content: str, arch: str) -> None:
    Path("net.py").write_text(content)
    chosen = recipe_resolution.resolve_recipe(
        None, (), {"arch": arch, "data": "digits"}, Path("runs")
    )
    assert architecture_names.short_name(chosen.arch) in arch.replace(".py:", "-")


# On the command line


def test_typos_make_nothing(tmp_path: Path) -> None:
    written(tmp_path, "def make(classes): return Net(classes)")
    for options in (("--arch", "net.py:maek"), ("--set", "loader=streaming")):
        process = headless("--no-ui", "--data", "digits", *options)
        _, err = process.communicate()
        assert process.returncode == 2, options
        assert err.startswith("cnn-tui: ")
        assert err.count("\n") == 1
    assert not Path("runs").exists()
