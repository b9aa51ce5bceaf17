"""How a user's function, class or instance is asked for a model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.errors import UsageError
from engine.models import registry

FILE = """
import functools
import torch
from torch import nn

class Net(nn.Sequential):
    def __init__(self, n, channels):
        super().__init__(nn.Conv2d(channels, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(4, n))

"""


@pytest.fixture(autouse=True)
def imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])


def built(tmp_path: Path, code: str, classes: int = 5) -> nn.Module:
    (tmp_path / "net.py").write_text(FILE + code)
    return registry.build(f"{tmp_path}/net.py:make", 1, 16, classes)


def refused(tmp_path: Path, code: str) -> str:
    with pytest.raises(UsageError) as caught:
        built(tmp_path, code)
    assert "\n" not in str(caught.value)
    return str(caught.value)


FORMS = {
    "num_classes": "def make(num_classes, in_channels): return Net(num_classes, in_channels)",
    "classes": "def make(classes, in_chans): return Net(classes, in_chans)",
    "n_classes": "def make(n_classes=7, channels=3): return Net(n_classes, channels)",
    "keyword only": "def make(*, num_classes=7, in_chans=3): return Net(num_classes, in_chans)",
    "by position": "def make(k): return Net(k, 1)",
    "by position only": "def make(k, in_channels=3, /): return Net(k, in_channels)",
    "after the channels": "def make(in_channels, k): return Net(k, in_channels)",
    "not at all": "def make(): return Net(5, 1)",
    "a default that is no number of classes": "def make(width=2): return Net(5, width - 1)",
    "a width called channels": "def make(k, channels=64): return Net(k, 1)",
    "widths called channels": "def make(k, channels=(8, 16)): return Net(k, 1)",
    "any keyword": "def make(**options): return Net(options['num_classes'], 1)",
    "keywords passed on": "def inner(num_classes): return Net(num_classes, 1)\n"
    "def make(**options): return inner(**options)",
    "any arguments": "def make(*sizes): return Net(sizes[0], 1)",
    "partial": "def inner(width, classes): return Net(classes, 1)\n"
    "make = functools.partial(inner, 3)",
    "partial with its number": "def inner(classes, in_channels): return Net(classes, in_channels)\n"
    "make = functools.partial(inner, classes=7)",
    "class": "class make(Net):\n    def __init__(self, classes): super().__init__(classes, 1)",
    "class with a general __new__": "class make(Net):\n"
    "    def __new__(cls, *args, **kwargs): return super().__new__(cls)\n"
    "    def __init__(self, k): super().__init__(k, 1)",
    "class without arguments": "class make(Net):\n    def __init__(self): super().__init__(5, 1)",
    "object with __call__": "class Maker:\n    def __call__(self, k): return Net(k, 1)\n"
    "make = Maker()",
    "instance": "make = Net(5, 1)",
    "lazy instance": "make = nn.Sequential(nn.Flatten(), nn.LazyLinear(5))",
    "instance that keeps what it computed": "class Kept(Net):\n"
    "    def forward(self, x):\n        self.last = super().forward(x)\n        return self.last\n"
    "make = Kept(5, 1)\nmake(torch.zeros(2, 1, 16, 16))",
    "train() that returns nothing": "class Frozen(Net):\n"
    "    def train(self, mode=True): super().train(False)\n"
    "def make(k): return Frozen(k, 1)",
    "loaded TorchScript": "import io\ndef make():\n    file = io.BytesIO()\n"
    "    torch.jit.save(torch.jit.trace(Net(5, 1), torch.zeros(2, 1, 16, 16)), file)\n"
    "    file.seek(0)\n    return torch.jit.load(file)",
    "old weight norm": "def make(k):\n    net = Net(k, 1)\n"
    "    nn.utils.weight_norm(net[3])\n    return net",
    "torch.fx": "import torch.fx\nmake = torch.fx.symbolic_trace(Net(5, 1))",
    "lambda": "make = lambda classes: Net(classes, 1)",
}


@pytest.mark.filterwarnings("ignore:.*torch.jit", "ignore:.*weight_norm")
@pytest.mark.parametrize("code", FORMS.values(), ids=FORMS)
def test_each_form_makes_a_model(tmp_path: Path, code: str) -> None:
    assert built(tmp_path, code)(torch.zeros(2, 1, 16, 16)).shape == (2, 5)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "make = Net(10, 1)",
            "net.py:make makes 10 outputs, and the data has 5 classes: name a function or a class "
            "that takes num_classes, or make the last layer with 5.",
        ),
        (
            "def make(depth, *, width): return Net(5, 1)",
            "make in net.py asks for width, and is given only the number of classes and channels",
        ),
        (
            "def inner(width): return Net(5, 1)\ndef make(**options): return inner(**options)",
            "make takes (**options), was given n_classes, and what it calls does not take that (net"
            ".py, line 12): name it in the parameters, as in make(num_classes, in_channels).",
        ),
        (
            "def make(num_classes): return Net(num_classes, 1, width=3)",
            "net.py fails: TypeError: Net.__init__() got an unexpected keyword argument 'width'",
        ),
        (
            "make = torch.export.export(Net(5, 1), (torch.zeros(2, 1, 16, 16),)).module()",
            "net.py:make is an exported program of torch.export, which has no training mode",
        ),
        (
            "import threading\nmake = Net(5, 1)\nmake.lock = threading.Lock()",
            "net.py:make cannot be copied (TypeError: cannot pickle '_thread.lock' object): name a",
        ),
        ("make = 'resnet18'", "make in net.py is of type str: name a function or a class that"),
        ("def make(classes): return Net", "make in net.py returns type: it must return a torch.nn"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(tmp_path: Path, code: str, sentence: str) -> None:
    assert sentence in refused(tmp_path, code)


def test_an_instance_is_fresh_for_each_model(tmp_path: Path) -> None:
    (tmp_path / "mypkg").mkdir()
    (tmp_path / "mypkg/__init__.py").write_text("")
    (tmp_path / "mypkg/net.py").write_text(FILE + "make = Net(5, 1)")
    first, second = (registry.build(f"{tmp_path}/mypkg/net.py:make", 1, 16, 5) for _ in range(2))
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.zero_()
    assert all(parameter.any() for parameter in second.parameters())
