"""What a model returns beside its logits, and models inside which no hook can look."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import GoogLeNetOutputs, InceptionOutputs

from cnn_tui.independent_copy import independent_copy
from cnn_tui.layer_health import LayerHealthMeter
from cnn_tui.layer_table import layer_table
from cnn_tui.model_outputs import logits_of, others_of
from engine.catalog.data_shape import DataShape
from engine.data.base.batch import Batch
from engine.devices import plain_tensors
from engine.errors import UsageError
from engine.models import model_check
from engine.training.ema import WeightEma
from engine.training.loss import CrossEntropy

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit")

SHAPE = DataShape(1, 8, 3)
LOGITS, OTHER, FEATURES = torch.tensor([[1.0, 2, 4]]), torch.tensor([[2.0, 0, 1]]), torch.ones(1, 9)


class Output(OrderedDict[str, Any]):
    """Like those of Hugging Face: a mapping with attributes, whose logits need not be first."""


class Net(nn.Module):
    """Returns what `form` makes of the logits, auxiliary logits, and features."""

    def __init__(self, form: str = "logits") -> None:
        super().__init__()
        self.conv, self.fc, self.aux = nn.Conv2d(1, 4, 3), nn.Linear(4, 3), nn.Linear(4, 3)
        self.form = form

    def forward(self, x: Tensor) -> Any:
        features = self.conv(x).mean((2, 3))
        names = {"logits": self.fc(features), "aux": self.aux(features), "features": features}
        return eval(self.form, {**names, "training": self.training})


@pytest.mark.parametrize(
    ("output", "others"),
    [
        (LOGITS, []),
        ((LOGITS, OTHER), [OTHER]),
        ([LOGITS, [OTHER, FEATURES]], [OTHER, FEATURES]),
        ({"aux": OTHER, "logits": LOGITS}, [OTHER]),
        ({"out": LOGITS, "aux": OTHER}, [OTHER]),
        ({"any": LOGITS}, []),
        (Output(loss=OTHER, logits=LOGITS), [OTHER]),
        (SimpleNamespace(hidden=FEATURES, logits=LOGITS), [FEATURES]),
        (InceptionOutputs(LOGITS, None), []),
        (InceptionOutputs(LOGITS, OTHER), [OTHER]),
        (GoogLeNetOutputs(LOGITS, OTHER, FEATURES), [OTHER, FEATURES]),
    ],
)
def test_the_logits_are_found_in_any_output(output: object, others: list[Tensor]) -> None:
    assert logits_of(output) is LOGITS
    assert all(a is b for a, b in zip(others_of(output), others, strict=True))


@pytest.mark.parametrize("output", [None, 3, (), {"logits": "x"}])
def test_an_output_without_a_tensor_is_an_error(output: object) -> None:
    with pytest.raises(TypeError, match="returns no tensor"):
        logits_of(output)


@pytest.mark.parametrize(
    ("output", "shares"),
    [
        (LOGITS, ()),
        ((LOGITS, FEATURES), ()),
        (InceptionOutputs(LOGITS, OTHER), (0.4,)),
        (GoogLeNetOutputs(LOGITS, OTHER, 2 * OTHER), (0.3, 0.3)),
    ],
)
def test_auxiliary_logits_are_trained_with_the_weights_of_the_papers(
    output: object, shares: tuple[float, ...]
) -> None:
    batch = Batch(torch.zeros(1, 1, 8, 8), torch.tensor([2]))
    loss = CrossEntropy(0.0, None)
    expected = loss(LOGITS, batch)
    for share, other in zip(shares, (OTHER, 2 * OTHER), strict=False):
        expected = expected + share * loss(other, batch)
    found = loss.of_output(output, batch)
    assert torch.equal(found.total, expected)
    assert torch.equal(found.loss, loss(LOGITS, batch))


@pytest.mark.parametrize(
    ("form", "notes"),
    [
        ("logits", ()),
        (
            "(logits, aux) if training else logits",
            ("auxiliary logits in training mode:",),
        ),
        ("(logits, aux, aux * 2) if training else {'logits': logits}", ("counts 0.3 each, and",)),
        (
            "(logits, features)",
            ("1 tensor beside the logits that cannot be logits by",),
        ),
        (
            "{'features': features, 'logits': logits, 'aux': aux if training else None}",
            ("their loss counts 0.4, and the loss", "which the training ignores."),
        ),
    ],
)
def test_what_is_made_of_an_output_is_said(form: str, notes: tuple[str, ...]) -> None:
    said = list(model_check.check("net", Net(form), SHAPE))
    assert len(said) == len(notes)
    assert all(part in sentence for part, sentence in zip(notes, said, strict=True))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("(logits, logits.softmax(1))", "returns several tensors of 3 columns in evaluation mode"),
        ("(features, logits)", "net makes 4 outputs, and the data has 3 classes"),
        ("'logits'", "net returns str for 2 images and 3 classes: a model must return"),
    ],
)
def test_an_output_that_may_mean_something_else_is_refused(form: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        model_check.check("net", Net(form), SHAPE)


def test_a_library_may_need_values() -> None:
    form = "logits if features.mean().item() < 1e9 else 0"
    assert list(model_check.check("net", Net(form), SHAPE)) == []


# TorchScript


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.conv(x).mean((2, 3)))
        return logits


def script() -> nn.Module:
    return torch.jit.script(Plain())


def trace() -> nn.Module:
    traced: nn.Module = torch.jit.trace(Plain(), torch.zeros(1, 1, 8, 8))  # type: ignore[no-untyped-call]
    return traced


def part() -> nn.Module:
    return nn.Sequential(script(), nn.Identity())


@pytest.mark.parametrize("make", [script, trace, part])
def test_torchscript_trains_and_nothing_looks_inside(make: Callable[[], nn.Module]) -> None:
    model = make()
    (note,) = model_check.check("net", model, SHAPE)
    assert note.startswith("net is TorchScript, or has parts that are: it is trained, and nothing")
    assert layer_table(model, 1, 8) == []
    assert LayerHealthMeter(model).layers == ()


def test_the_parts_that_are_no_torchscript_are_seen() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 1), script())
    assert [layer.name for layer in layer_table(model, 1, 8)] == ["0"]


@pytest.mark.parametrize("make", [script, trace, part])
def test_a_copy_learns_for_itself(make: Callable[[], nn.Module]) -> None:
    model = make()
    *_, last = model.parameters()
    last.requires_grad = False
    copied = independent_copy(model)
    copied(torch.ones(1, 1, 8, 8)).sum().backward()
    assert all(parameter.grad is None for parameter in model.parameters())
    *others, last = copied.parameters()
    assert all(parameter.grad is not None for parameter in others)
    assert not last.requires_grad


def test_the_average_of_torchscript_follows_its_weights() -> None:
    model = script()
    before = [parameter.clone() for parameter in model.parameters()]
    average = WeightEma(model, 0.5)
    for parameter in model.parameters():
        parameter.data.zero_()
    average.update(1_000_000)
    for mean, value in zip(average.model.parameters(), before, strict=True):
        assert torch.equal(mean, value / 2)


class Keeping(Plain):
    """Keeps a tensor that is no buffer, and what it has computed."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.others = torch.ones(4), {"a": [torch.ones(1)], "b": 3}
        self.register_buffer("known", torch.ones(4))
        self.last: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        self.last = self.conv(x).mean((2, 3)) * self.scale
        logits: Tensor = self.fc(self.last)
        return logits


def test_plain_tensors_move_with_the_model() -> None:
    model = nn.Sequential(Keeping())
    assert plain_tensors.names(model) == ["0.scale", "0.others"]
    meta = torch.device("meta")
    model.to(meta)
    plain_tensors.move(model, meta)
    assert model(torch.zeros(1, 1, 8, 8, device="meta")).is_meta
    kept = model.get_submodule("0")
    assert isinstance(kept, Keeping)
    assert kept.others["b"] == 3


def test_a_model_that_keeps_what_it_computed_can_be_copied() -> None:
    model = Keeping()
    model(torch.zeros(1, 1, 8, 8))
    assert isinstance(independent_copy(model), Keeping)
    assert layer_table(model, 1, 8)
