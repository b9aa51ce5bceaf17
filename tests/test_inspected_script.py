"""What a viewer sees inside a script's model, and that looking changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from engine.protocol import events, script_lines
from tests.watched_scripts import Watching, images, loader, net, train_step

CLASSES = ("cat", "dog", "owl")


def watching(tmp_path: Path, **given: Any) -> Watching:
    """A script with a loader that does not shuffle, after its start."""
    whole = {"model": net(), "data": loader(), "classes": CLASSES, **given}
    watched = Watching(tmp_path, **whole)
    watched.model.facts()
    return watched


def event_of(reply: dict[str, Any]) -> Any:
    """The reply as the recorder reads it."""
    line = json.dumps({"type": "Reply", "id": "k1", "event": reply}, allow_nan=False)
    decoded = script_lines.decode(line.encode())
    assert isinstance(decoded, script_lines.Reply)
    return decoded.event


def text_of(reply: dict[str, Any]) -> str:
    event = event_of(reply)
    assert isinstance(event, events.Alert)
    assert event.command == "k1"
    return event.text


def test_feature_maps_of_a_layer_and_an_image(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    found = event_of(watched.reply("maps", layer="conv", images=[4]))
    assert isinstance(found, events.FeatureMaps)
    assert (found.layer, found.shape, found.image, found.true) == ("conv", (4, 8, 6), 4, 1)
    assert (found.picture.channels, found.picture.height, found.picture.width) == (1, 8, 6)
    assert [maps.channel for maps in found.maps] == [0, 1, 2, 3]
    with torch.no_grad():
        pixels = images().tensors[0][4:5]
        expected = watched.script.model.eval()(pixels).softmax(1)[0]
        highest = float(watched.script.model.conv(pixels)[0, 2].max())
    assert found.top[0][0] == int(expected.argmax())
    assert found.top[0][1] == pytest.approx(float(expected.max()))
    assert found.maps[2].high == pytest.approx(highest)


def test_kernels_and_images_with_predictions(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    kernels = event_of(watched.reply("kernels"))
    assert (kernels.layer, kernels.shape, len(kernels.kernels)) == ("conv", (4, 1, 3, 3), 4)
    examples = event_of(watched.reply("images", images=[0, 19])).examples
    assert [(one.image, one.true, len(one.top)) for one in examples] == [(0, 0, 3), (19, 1, 3)]


def test_looking_leaves_modes_statistics_and_random_numbers_alone(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    model = watched.script.model
    model.norm.eval()
    modes = [module.training for module in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(4)
    expected = torch.rand(3).tolist()
    torch.manual_seed(4)
    for look in ("maps", "kernels", "images"):
        watched.reply(look, layer="conv")
    watched.model.epoch_ended()
    assert torch.rand(3).tolist() == expected
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(not module._forward_hooks for module in model.modules())


def test_a_cell_shows_the_images_that_the_evaluation_put_there(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    watched.model.evaluate(watched.script.model, watched.script.data)
    confusion = next(event for event in watched.sent if event["type"] == "Confusion")
    true, predicted, shown = confusion["worst"][0]
    examples = event_of(watched.reply("images", cell=[true, predicted], epoch=1)).examples
    assert tuple(one.image for one in examples) == shown
    assert {one.true for one in examples} == {true}
    assert {one.top[0][0] for one in examples} == {predicted}
    any_mistake = event_of(watched.reply("images", cell=[true, -1], epoch=1)).examples
    assert {one.image for one in examples} <= {one.image for one in any_mistake}
    other_epoch = watched.reply("images", cell=[true, predicted], epoch=7, images=[])
    assert "not known" in text_of(other_epoch)


@pytest.mark.parametrize("other", ["shuffled", "another data set"])
def test_cells_whose_images_are_not_those_of_data_name_none(tmp_path: Path, other: str) -> None:
    data = loader()
    watched = watching(tmp_path, data=data)
    judged = loader() if other == "another data set" else DataLoader(data.dataset, shuffle=True)
    watched.model.evaluate(watched.script.model, judged)
    confusion = next(event for event in watched.sent if event["type"] == "Confusion")
    assert confusion["worst"]
    assert all(images == () for _, _, images in confusion["worst"])


def test_the_last_training_batch_is_shown_as_the_network_saw_it(tmp_path: Path) -> None:
    watched = watching(tmp_path, data=None)
    assert "run.batches" in text_of(watched.reply("augmented"))
    next(watched.model.remaining(loader()))
    shown = event_of(watched.reply("augmented"))
    assert [sample.label for sample in shown.samples] == ["cat", "dog", "owl", "cat"]


def test_what_was_not_given_is_told_with_what_to_pass(tmp_path: Path) -> None:
    nothing = watching(tmp_path, model=None, data=None)
    assert "pass it as cnn_tui.watch(model" in text_of(nothing.reply("kernels"))
    assert "Probe" in nothing.model.refusals()
    no_data = watching(tmp_path, data=None)
    assert "data=val_loader" in text_of(no_data.reply("maps", layer="conv"))
    assert event_of(no_data.reply("kernels")).layer == "conv"
    assert "Probe" not in no_data.model.refusals()
    assert "choose a convolution" in text_of(watching(tmp_path).reply("maps", layer="fc"))
    linear = watching(tmp_path, model=nn.Sequential(nn.Flatten(), nn.Linear(48, 3)))
    assert "no convolution" in text_of(linear.reply("kernels"))


def test_an_image_without_a_label_and_a_model_without_classes(tmp_path: Path) -> None:
    pixels = torch.rand(9, 1, 8, 6)
    watched = watching(tmp_path, data=pixels, classes=())
    found = event_of(watched.reply("maps", layer="conv", images=[8 - 1]))
    assert (found.true, found.top) == (-1, ())


class Dense(nn.Module):
    """A segmentation: logits for each pixel, in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        return {"out": self.conv(pixels)}


def test_a_segmentation_has_maps_and_no_predictions(tmp_path: Path) -> None:
    watched = watching(tmp_path, model=Dense())
    assert event_of(watched.reply("maps", layer="conv")).top == ()
    assert event_of(watched.reply("images")).examples[0].top == ()


class Failing(nn.Module):
    """Takes more than an image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)

    def forward(self, pixels: Tensor, lengths: Tensor) -> Tensor:
        return self.conv(pixels)  # type: ignore[no-any-return]


def test_a_model_that_takes_something_else_costs_the_table_only(tmp_path: Path) -> None:
    watched = Watching(tmp_path, model=Failing(), data=loader(), classes=CLASSES)
    facts = watched.model.facts()
    assert [(layer["name"], layer["output"], layer["parameters"]) for layer in facts["layers"]] == [
        ("conv", (), 30)
    ]
    assert (facts["parameters"], facts["macs"], facts["input"]) == (30, 0, [1, 8, 6])
    watched.model.between_steps()
    assert [event["code"] for event in watched.sent] == ["layers"]
    assert "lengths" in watched.sent[0]["text"]
    assert watched.model.facts() is facts
    assert "choose a convolution" in text_of(watched.reply("maps", layer="conv"))
    assert "lengths" in text_of(watched.reply("images"))


def test_lazy_layers_cost_the_table_only(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(3))
    watched = Watching(tmp_path, model=model, data=loader())
    facts = watched.model.facts()
    assert facts["layers"] == []
    assert "lazy" in json.dumps(watched.asked("Continue"))


@pytest.mark.parametrize("wrapped", ["DataParallel", "compile", "both", "scripted"])
def test_the_table_is_that_of_the_model_inside(tmp_path: Path, wrapped: str) -> None:
    model: Any = net()
    if wrapped in ("DataParallel", "both"):
        model = nn.DataParallel(model)
    if wrapped in ("compile", "both"):
        model = torch.compile(model)
    if wrapped == "scripted":
        model = torch.jit.script(model)
    facts = Watching(tmp_path, model=model, data=loader()).model.facts()
    names = [layer["name"] for layer in facts["layers"]]
    assert names == ([] if wrapped == "scripted" else ["conv", "norm", "fc"])
    assert facts["parameters"] == 627
    json.dumps(facts)


def test_maps_are_recorded_at_the_start_every_few_seconds_and_each_epoch(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    watched.model.between_steps()
    assert watched.types() == ["FeatureMaps"]
    watched.clock.now += 9
    watched.model.between_steps()
    assert watched.types() == ["FeatureMaps"]
    watched.clock.now += 2
    watched.model.between_steps()
    assert watched.types() == ["FeatureMaps"] * 2
    watched.model.epoch_ended()
    assert watched.types() == ["FeatureMaps"] * 3
    for event in watched.sent:
        script_lines.decode(json.dumps(event).encode())


def test_a_model_without_values_costs_its_maps_only(tmp_path: Path) -> None:
    watched = watching(tmp_path, model=net().to("meta"))
    watched.model.between_steps()
    watched.model.epoch_ended()
    assert "FeatureMaps" not in watched.types()


def test_looking_at_a_compiled_model_compiles_nothing(tmp_path: Path) -> None:
    compiled: Any = torch.compile(net(), backend="eager")
    watched = watching(tmp_path, model=compiled)
    optimizer = torch.optim.SGD(compiled.parameters(), lr=0.1)
    batches = list(loader())
    train_step(compiled, optimizer, batches[0])
    frames = dict(torch._dynamo.utils.counters["frames"])
    for batch in batches:
        watched.reply("maps", layer="conv")
        watched.reply("images")
        watched.model.epoch_ended()
        train_step(compiled, optimizer, batch)
    assert dict(torch._dynamo.utils.counters["frames"]) == frames
