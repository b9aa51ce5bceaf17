"""The health of layers against the same numbers computed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnn_tui.layer_health import LayerHealthMeter
from engine.inspection.layer_events import GRADIENT_NORM, LayerHealthReading
from engine.protocol.events import Health

LOGITS = torch.zeros(5, 3)


class Net(nn.Module):
    """Conv, batch norm and an in-place ReLU with one dead channel of four, then a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(4 * 36, 3)
        with torch.no_grad():
            self.bn.bias[2] = -100.0

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.relu(self.bn(self.conv(x))).flatten(1))
        return logits


def examined(net: Net, lr: float = 0.1) -> tuple[dict[str, Health], dict[str, Tensor]]:
    """One step of SGD, watched; the weights before it."""
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    meter = LayerHealthMeter(net)
    loss = net(torch.randn(5, 1, 8, 8)).square().mean()
    loss.backward()
    meter.after_backward()
    optimizer.step()
    meter.after_step()
    reading = LayerHealthReading(meter, LOGITS)
    assert reading.ready()
    event = reading.event(7)
    assert event.step == 7
    return {layer.layer: layer for layer in event.layers}, before


def test_gradient_and_update_are_those_of_the_weights() -> None:
    net = Net()
    found, before = examined(net)
    assert list(found) == ["conv", "bn", "fc"]
    for name, weight in (("conv", net.conv.weight), ("fc", net.fc.weight)):
        assert weight.grad is not None
        old = before[f"{name}.weight"]
        change = (weight.detach() - old).norm() / old.norm()
        assert found[name].gradient == pytest.approx(float(weight.grad.norm()), rel=1e-3)
        assert found[name].update == pytest.approx(float(change), rel=1e-3)


def test_the_gradient_norm_is_that_of_all_parameters() -> None:
    net = Net()
    meter = LayerHealthMeter(net)
    net(torch.randn(5, 1, 8, 8)).square().mean().backward()
    meter.after_backward()
    whole = torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]).norm()
    meter.after_step()
    expected = {GRADIENT_NORM: pytest.approx(float(whole), rel=1e-3)}
    assert LayerHealthReading(meter, LOGITS).scalars() == expected


def test_a_gradient_norm_that_is_not_finite_is_said_to_be_so() -> None:
    net = Net()
    meter = LayerHealthMeter(net)
    (net(torch.randn(5, 1, 8, 8)).sum() * torch.inf).backward()
    meter.after_backward()
    meter.after_step()
    assert LayerHealthReading(meter, LOGITS).scalars() == {GRADIENT_NORM: None}


def test_activations_are_measured_before_they_are_overwritten() -> None:
    found, _ = examined(Net())
    # Three channels of mean 0 and deviation 1, and one moved to -100.
    assert found["bn"].mean == pytest.approx(-25, rel=1e-3)
    assert found["bn"].deviation == pytest.approx(43.3, rel=0.02)


def test_a_dead_unit_is_one_that_passes_for_no_image() -> None:
    found, _ = examined(Net())
    assert found["conv"].dead == 0.25, "the batch norm's ReLU counts for the convolution"
    assert found["bn"].dead is None
    assert found["fc"].dead is None, "no ReLU follows"


def test_a_dead_unit_passes_for_no_image_of_any_pass_of_a_step() -> None:
    """Of two passes, the second channel lives in one; mean and deviation are those of the first."""
    net = Net()
    meter = LayerHealthMeter(net)
    net(torch.randn(5, 1, 8, 8)).square().mean().backward()
    meter.another_pass()
    with torch.no_grad():
        net.bn.bias[1:3] = -100.0
    net(torch.randn(5, 1, 8, 8)).square().mean().backward()
    meter.after_backward()
    meter.after_step()
    conv, bn, _ = LayerHealthReading(meter, LOGITS).event(1).layers
    assert conv.dead == 0.25
    assert bn.mean == pytest.approx(-25, rel=1e-3)


def test_a_step_that_breaks_is_reported_as_such() -> None:
    found, _ = examined(Net(), lr=float("inf"))
    assert found["fc"].update is None


def test_frozen_weights_have_neither_gradient_nor_update() -> None:
    net = Net()
    net.conv.requires_grad_(False)
    found, _ = examined(net)
    assert (found["conv"].gradient, found["conv"].update) == (None, None)


@pytest.mark.parametrize(("layer", "update"), [("fc", 1), ("bn", 0)])
def test_weights_that_were_zero_moved_wholly_or_not_at_all(layer: str, update: int) -> None:
    net = Net()
    nn.init.zeros_(net.get_parameter(f"{layer}.weight"))
    found, _ = examined(net)
    assert found[layer].update == update, "through a batch norm of zeros no gradient comes"


def test_of_a_batch_that_is_left_out_the_activations_are_told() -> None:
    net = Net()
    with torch.no_grad():
        net.fc.weight[0] = torch.inf
    meter = LayerHealthMeter(net)
    net(torch.randn(5, 1, 8, 8))
    meter.after_skipped_step()
    reading = LayerHealthReading(meter, LOGITS)
    conv, bn, fc = reading.event(3).layers
    assert (conv.gradient, conv.update, bn.update) == (None, None, None)
    assert (conv.mean is None, fc.mean) == (False, None)
    assert reading.scalars() == {}
    assert not any(module._forward_hooks for module in net.modules())


def test_a_lazy_model_that_has_seen_no_data_is_refused_with_what_to_do() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.LazyLinear(3))
    with pytest.raises(ValueError, match="run one batch through the model first: 1 layer is lazy"):
        LayerHealthMeter(model)
    assert not any(module._forward_hooks for module in model.modules())


def test_a_convolution_with_weight_norm_has_the_health_of_its_directions() -> None:
    net = Net()
    nn.utils.parametrizations.weight_norm(net.conv)
    directions = net.get_parameter("conv.parametrizations.weight.original1")
    old = directions.detach().clone()
    found, _ = examined(net)
    assert list(found) == ["conv", "bn", "fc"]
    assert directions.grad is not None
    change = (directions.detach() - old).norm() / old.norm()
    assert found["conv"].gradient == pytest.approx(float(directions.grad.norm()), rel=1e-3)
    assert found["conv"].update == pytest.approx(float(change), rel=1e-3)
    assert found["conv"].dead == 0.25


def test_measuring_a_spectral_norm_leaves_its_state() -> None:
    conv = nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 2, 3))
    state = {key: value.clone() for key, value in conv.state_dict().items()}
    assert len(LayerHealthMeter(conv)._weights) == 1
    assert all(torch.equal(value, state[key]) for key, value in conv.state_dict().items())


def test_nothing_is_left_on_the_model() -> None:
    net = Net()
    examined(net)
    assert not any(module._forward_hooks for module in net.modules())
