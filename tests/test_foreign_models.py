"""Models that are not of the catalogue: torchvision's, timm's, and the user's own."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.checkpoints import checkpoint
from engine.errors import UsageError
from engine.inspection import layer_events
from engine.models import registry
from engine.process.inspected_model import load_inspected_model
from engine.process.session import AttemptOptions, Session
from engine.protocol import events
from engine.recipes.recipe_building import read_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run import run_search
from engine.run.journal import Journal
from tests.forked_engines import ForkServer, new_run
from tests.processes import TIMEOUT, events_of, headless

NET = """
from torch import nn

def make(classes, in_channels=3):
    return nn.Sequential(
        nn.Conv2d(in_channels, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, classes)
    )

def wide(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2 * classes))

def pair(classes):
    return nn.LSTM(32, classes)

class Rows(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.lstm = nn.LSTM(96, 8, batch_first=True)
        self.fc = nn.Linear(8, classes)

    def forward(self, x):
        rows, _ = self.lstm(x.transpose(1, 2).flatten(2))
        return self.fc(rows[:, -1])

def number(classes):
    return 7

def broken(classes):
    return undefined

def deep(classes):
    return nn.Sequential(nn.Conv2d(3, 4, 40), nn.Flatten(), nn.LazyLinear(classes))
"""


@pytest.fixture(autouse=True)
def module_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model appends to the module path is gone afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def net(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(NET)
    return tmp_path / "net.py"


def refused(arch: str, channels: int = 3, size: int = 32) -> str:
    with pytest.raises(UsageError) as caught:
        registry.build(arch, channels, size, 5)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# torchvision


@pytest.mark.parametrize("channels", [1, 3])
def test_models_of_torchvision_are_built_in_their_own_form(channels: int) -> None:
    model = registry.build("torchvision/resnet18", channels, 32, 5)
    conv = model.get_submodule("conv1")
    assert isinstance(conv, nn.Conv2d)
    assert (conv.in_channels, conv.kernel_size) == (channels, (7, 7))
    assert model(torch.rand(2, channels, 32, 32)).shape == (2, 5)


def test_a_model_of_several_outputs_is_built_with_one() -> None:
    with torch.device("meta"):
        model = registry.build("torchvision/googlenet", 3, 64, 5)
    assert layer_events.layers(model, 3, 64)[-1].output == (5,)


def test_an_unknown_name_of_torchvision_brings_the_nearest() -> None:
    said = refused("torchvision/resnet19")
    assert said == (
        "torchvision has no image classifier 'resnet19': did you mean torchvision/resnet18?"
    )
    assert "see the list in its documentation" in refused("torchvision/xyz")


def test_images_that_a_model_does_not_take_are_told() -> None:
    said = refused("torchvision/vit_b_32")
    assert "vit_b_32 does not take images of 3×32×32" in said
    assert "Wrong image height" in said


# timm


def test_timm_is_asked_for_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "timm.py").write_text(
        "from torch import nn\n"
        "def list_models(): return ['tiny_net']\n"
        "def is_model(name): return name == 'tiny_net'\n"
        "def create_model(name, num_classes, in_chans):\n"
        "    return nn.Sequential(nn.Conv2d(in_chans, num_classes, 32), nn.Flatten())\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    assert registry.build("timm/tiny_net", 1, 32, 5)(torch.rand(2, 1, 32, 32)).shape == (2, 5)
    assert "did you mean timm/tiny_net?" in refused("timm/tinynet")
    del sys.modules["timm"]


def test_where_timm_is_not_installed_a_sentence_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    assert f"install it with `{sys.executable} -m pip install timm`" in refused("timm/resnet18")


# The user's own


@pytest.mark.parametrize("channels", [1, 3])
def test_a_function_makes_the_model(net: Path, channels: int) -> None:
    model = registry.build(f"{net}:make", channels, 32, 5)
    assert model(torch.rand(2, channels, 32, 32)).shape == (2, 5)
    assert not list(net.parent.glob("__pycache__"))


def test_a_class_makes_the_model_and_its_layers_may_have_several_outputs(net: Path) -> None:
    model = registry.build(f"{net}:Rows", 3, 32, 5)
    rows = [(layer.kind, layer.output) for layer in layer_events.layers(model, 3, 32)]
    assert rows == [("LSTM", (32, 8)), ("Linear", (5,))]


def test_a_file_may_import_what_lies_beside_it(net: Path) -> None:
    (net.parent / "mylayers.py").write_text("from net_of_layers import make")
    (net.parent / "net_of_layers.py").write_text(NET)
    net.write_text("from mylayers import make")
    assert isinstance(registry.build(f"{net}:make", 3, 32, 5), nn.Sequential)


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("maek", "net.py has no maek, it has make, wide, pair and 4 more: type net.py:make."),
        ("number", "number in net.py returns int: it must return a torch.nn.Module."),
        ("broken", "NameError: name 'undefined' is not defined (net.py, line 29); repair"),
        (
            "wide",
            "net.py:wide makes 10 outputs, and the data has 5 classes: name a function or a class",
        ),
        ("pair", "net.py:pair fails on images of 3×32×32 (ValueError: LSTM: Expected input to be"),
        ("deep", "net.py:deep does not take images of 3×32×32 (RuntimeError: Calculated padded"),
        ("deep", "but those of 48 pixels: use --set size=48."),
    ],
)
def test_what_is_wrong_with_a_function_is_one_sentence(
    net: Path, function: str, sentence: str
) -> None:
    assert sentence in refused(f"{net}:{function}")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "import nothing_there",
            "net.py needs nothing_there, which is not installed (net.py, line 1): install it with",
        ),
        ("\ndef make(:\n", "SyntaxError: invalid syntax (net.py, line 2); repair"),
        ("", "net.py has no make, and defines nothing else: define make there."),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(net: Path, content: str, sentence: str) -> None:
    net.write_text(content)
    assert sentence in refused(f"{net}:make")


def test_a_traceback_stands_in_the_log(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(f"{net}:broken")
    assert "return undefined" in capsys.readouterr().err


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_a_file_may_hold_data_classes(net: Path, future: str) -> None:
    sizes = "@dataclass\nclass Sizes:\n    classes: int\n    in_channels: int = 3\n"
    kind = "int" if not future else "'int'"
    check = f"assert Sizes.__annotations__['classes'] == {kind}\n"
    net.write_text(f"{future}from dataclasses import dataclass\n{sizes}{check}{NET}")
    assert isinstance(registry.build(f"{net}:make", 3, 32, 5), nn.Sequential)


# In a run


def test_an_own_model_trains_and_another_run_begins_with_its_weights(
    net: Path, fork_server: ForkServer
) -> None:
    common: dict[str, object] = {"data": "digits", "threads": 1, "epochs": 1}
    first = new_run(Path("runs"), {**common, "arch": "net.py:make"})
    assert fork_server.start(first).wait() == 0
    assert first.label == "1-net-digits"
    assert stat.S_IMODE((first.path / "net.py").stat().st_mode) == 0o600
    arguments = ("--no-ui", "-d", "digits", "--set", "threads=1", "--epochs", "1")
    process = headless(*arguments, "--init-from", "net", "--set", "freeze=1")
    _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    second = run_search.list_runs(Path("runs"))[0]
    assert read_fields(second.recipe)["arch"] == f"{net}:make"
    before, after = (checkpoint.load(run.checkpoints / "best.pt") for run in (first, second))
    same = {
        key
        for key, value in before.training.weights.items()
        if torch.equal(value, after.training.weights[key])
    }
    assert same == {"0.weight", "0.bias"}, "the frozen trunk; the head has learnt"


EXITING = """
import sys
from net import make as whole
from torch import nn

class Exiting(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net, self.calls = net, 0

    def forward(self, x):
        self.calls += 1
        if self.training and self.calls > 20:
            sys.exit("bye")
        return self.net(x)

def make(classes, in_channels):
    return Exiting(whole(classes, in_channels))
"""


def test_an_exit_in_the_midst_of_a_run_names_the_line(net: Path, fork_server: ForkServer) -> None:
    (net.parent / "exiting.py").write_text(EXITING)
    settings = {"arch": "exiting.py:make", "data": "digits", "threads": 1, "epochs": 9}
    run = new_run(Path("runs"), settings)
    assert fork_server.start(run).wait() == 1
    ended = events_of(run)[-1]
    assert isinstance(ended, events.RunEnded)
    assert "an error of the model (exiting.py, line 14): SystemExit: bye; repair" in ended.error
    assert "go on with `cnn-tui resume 1`" in ended.error


@pytest.mark.parametrize(
    ("dry", "then"), [(False, "go on with `cnn-tui resume 1`"), (True, "start a new run")]
)
def test_only_a_run_that_stays_is_to_be_resumed(net: Path, dry: bool, then: str) -> None:
    """A rehearsal leaves no run."""
    raising = EXITING.replace("self.calls > 20", "len(x) > 9").replace("sys.exit", "raise KeyError")
    (net.parent / "raising.py").write_text(raising)
    settings = {"arch": "raising.py:make", "data": "digits", "threads": 1}
    run = new_run(Path("runs"), settings)
    journal = Journal(run.journal)
    session = Session(run, read_recipe(run.recipe), "a1", journal, journal.append)
    with pytest.raises(KeyError, match="bye") as caught:
        list(session.stream(AttemptOptions(dry=dry)))
    session.close()
    assert then in session.explain(caught.value)


def test_a_run_goes_on_with_the_repaired_file_until_it_has_saved_and_then_with_its_own(
    net: Path, fork_server: ForkServer
) -> None:
    net.write_text(NET.replace("in_channels, 4", "3, 4"))
    run = new_run(
        Path("runs"), {"arch": "net.py:make", "data": "digits", "threads": 1, "epochs": 1}
    )
    assert fork_server.start(run, lines=False).wait() == 2
    net.write_text(NET)
    assert fork_server.start(run).wait() == 0
    net.write_text("broken")
    assert load_inspected_model(run).step > 0


SCRIPT = """
from typing import NamedTuple, Optional
import torch
from torch import Tensor, nn

class Outputs(NamedTuple):
    logits: Tensor
    aux: Optional[Tensor]

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8)
        self.fc, self.side = nn.Linear(8, 10), nn.Linear(8, 10)
        nn.init.zeros_(self.side.weight)

    def forward(self, x: Tensor) -> Outputs:
        x = torch.relu(self.norm(self.conv(x))).mean((2, 3))
        aux: Optional[Tensor] = self.side(x) if self.training else None
        return Outputs(self.fc(x), aux)

model = torch.jit.script(Net())
"""


def test_an_instance_in_torchscript_with_auxiliary_logits_trains(fork_server: ForkServer) -> None:
    Path("script.py").write_text(SCRIPT)
    settings = {"arch": "script.py:model", "data": "digits", "threads": 1, "epochs": 1, "ema": 0.9}
    run = new_run(Path("runs"), settings)
    assert fork_server.start(run).wait() == 0
    journal = events_of(run)
    said = [e.text for e in journal if isinstance(e, events.Alert) and e.code == "model"]
    assert ["their loss counts 0.4" in said[0], "it is trained, and" in said[1]] == [True, True]
    (started,) = (e for e in journal if isinstance(e, events.RunStarted))
    assert started.layers == ()
    assert started.parameters == 80 + 16 + 2 * 90
    weights = checkpoint.load(run.checkpoints / "last.pt").training.trained_weights
    assert weights is not None
    assert weights["side.weight"].any(), "the auxiliary head has learnt"


@pytest.mark.usefixtures("forgotten_imports")
def test_a_run_of_a_package_goes_on_with_its_own_copy(fork_server: ForkServer) -> None:
    package = Path("src/mypkg")
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "blocks.py").write_text(NET)
    (package / "net.py").write_text("from .blocks import make\nfrom mypkg import blocks")
    settings = {"arch": "src/mypkg/net.py:make", "data": "digits", "threads": 1, "epochs": 1}
    run = new_run(Path("runs"), settings)
    assert fork_server.start(run).wait() == 0
    described = checkpoint.load(run.checkpoints / "last.pt").description
    assert described is not None
    assert described.source == (package / "net.py").read_text()
    for file in package.iterdir():
        file.write_text("broken")
    assert load_inspected_model(run).step > 0
    assert fork_server.start(run).wait() == 0
