"""What is said of each pane, for every state of a run that it knows."""

from __future__ import annotations

import msgspec
import pytest

from engine.protocol import events
from engine.protocol.events import Event, Health
from engine.recipes.recipe_building import build_recipe
from engine.run.history import History
from engine.run.layer_diagnosis import Diagnosis, worst
from tests import scripted
from tui.panes.maps.maps_pane import MapsPane
from tui.panes.pane_list import PANES
from tui.screens.verdicts import verdicts

KINDS = {pane.NAME: pane for pane in PANES}


def explain(pane: str, history: History) -> str:
    """What is said of the pane with this name."""
    shown = KINDS[pane](1)
    shown.show(history, None)
    return " ".join(shown.explain())


def history(*said: Event, recipe_fields: dict[str, object] | None = None) -> History:
    """A run of 40 epochs of 10 steps that began, and then said this."""
    start = scripted.started(epochs=40)
    if recipe_fields:
        chosen = build_recipe(settings={"epochs": 40} | recipe_fields)
        start = msgspec.structs.replace(start, recipe=chosen)
    folded = History()
    folded.fold(scripted.stamped([start, *said]))
    return folded


def epoch(
    number: int,
    losses: tuple[float | None, float | None] = (0.5, 0.5),
    top1: tuple[float | None, float | None] = (0.9, 0.9),
    best: bool = False,
) -> events.EpochEnded:
    """Training and validation results of an epoch."""
    return msgspec.structs.replace(
        scripted.ended_epoch(number),
        train_loss=losses[0],
        loss=losses[1],
        train_top1=top1[0],
        top1=top1[1],
        best=best,
    )


def falling(*validation: float | None) -> list[Event]:
    """Epochs with these validation losses."""
    return [scripted.steps(1), *(epoch(i, (0.5, v)) for i, v in enumerate(validation, start=1))]


def health(*layers: Health) -> events.LayerHealth:
    return events.LayerHealth((*layers, *(Health(f"l{i}", 1.0, 0.001, 0.0, 1.0) for i in "abc")))


@pytest.mark.parametrize("pane", KINDS)
def test_nothing_is_known_yet(pane: str) -> None:
    assert explain(pane, History()).endswith(".")


@pytest.mark.parametrize("pane", KINDS)
def test_a_run_in_its_third_epoch(pane: str) -> None:
    folded = History()
    folded.fold(scripted.stamped(scripted.half_a_run()))
    assert 1 < explain(pane, folded).count(".") < 12


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([scripted.steps(1, loss=2.1)], "In training it is 2.10 now"),
        ([events.Steps(1, None, 0.1, 0.1, 1.0, step=1)], "It is not a number any more"),
        ([scripted.steps(1), epoch(1, (0.1, 0.5))], "Validation (0.500) lies above training"),
        ([scripted.steps(1), epoch(1, (0.5, 0.1))], "Validation (0.100) lies below training"),
        ([scripted.steps(1), epoch(1, (0.5, 0.5))], "lie close together"),
        ([scripted.steps(1), epoch(1, (0.5, None))], "In the last epoch the loss was not a number"),
        (falling(0.5), "A few more epochs will show"),
        (falling(2.0, 1.5, 1.2, 1.0), "falls now, from 2.00 to 1.00 in 3 epochs"),
        (
            [*falling(2.0, 1.0, 1.2, 1.3), epoch(5, (0.5, 1.4), (0.9, 0.6))],
            "lowest in epoch 2 and has risen since: the network now",
        ),
        (falling(2.0, 1.0, 1.2, 1.3, 1.4), "The accuracies do not show overfitting so far"),
        (falling(2.0, 300.0, 200.0, 100.0, 20.0, 5.0), "falls now, from 200 to 5.00"),
        (falling(0.4, 0.2, 0.24, 0.26, 0.28), "still lies below training"),
        (falling(0.5, 0.5, 0.5, 0.5), "has hardly moved for 3 epochs"),
        (falling(0.5, None, None, None), "In the last epoch the loss was not a number"),
    ],
)
def test_the_loss(said: list[Event], words: str) -> None:
    text = explain("loss", history(*said))
    assert "A pure guess among 10 classes has a loss of 2.30" in text
    assert words in text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([], "The end of the epoch adds"),
        ([epoch(1, top1=(0.97, 0.84))], "learnt those 13.0 points by heart"),
        (
            [epoch(1, top1=(0.80, 0.90))],
            "New images (90.0 %) do better than training images (80.0 %)",
        ),
        ([epoch(1, top1=(0.90, 0.90))], "carries over"),
        ([epoch(1, top1=(None, 0.90))], "gives 10.0 %."),
        ([epoch(1, best=True)], "The last epoch is the best so far"),
        ([epoch(1, best=True), epoch(2)], "The best was 90.0 % at epoch 1"),
    ],
)
def test_the_accuracy(said: list[Event], words: str) -> None:
    assert words in explain("accuracy", history(*said))


@pytest.mark.parametrize(
    ("fields", "step", "words"),
    [
        ({"schedule": "cosine", "warmup": 2}, 5, "It is still warming up"),
        ({"schedule": "cosine"}, 300, "It falls, from "),
        ({"schedule": "onecycle"}, 5, "It rises, from "),
        ({"schedule": "constant"}, 5, "It stays at 0.0500 into"),
    ],
)
def test_the_rate(fields: dict[str, object], step: int, words: str) -> None:
    assert words in explain("rate", history(scripted.steps(step), recipe_fields=fields))


def test_a_drop_of_the_rate_is_what_the_run_did() -> None:
    """Where a floor held the rate, the factor of the recipe is not what happened."""
    fields: dict[str, object] = {"schedule": "step", "milestones": [3], "lr": 0.1, "lr_floor": 0.05}
    rates = (0.1, 0.1, 0.05)
    ended: list[Event] = [
        msgspec.structs.replace(epoch(number), lr=rate)
        for number, rate in enumerate(rates, start=1)
    ]
    said = [scripted.steps(1), *ended]
    text = explain("rate", history(*said, recipe_fields=fields))
    assert "In epoch 3 it changed from 0.100 to 0.0500;" in text


def test_a_rate_that_was_steered() -> None:
    steered = events.Steered(0.5, 40, 0.025, step=5)
    assert "You have multiplied the plan by 0.5." in explain("rate", history(steered))


def test_a_rate_that_a_plateau_lowered() -> None:
    reported = msgspec.structs.replace(scripted.steps(390), lr=1e-6)
    fields: dict[str, object] = {"schedule": "cosine", "plateau": True, "lr": 0.1}
    text = explain("rate", history(reported, recipe_fields=fields))
    assert "Validation stopped improving, so it was lowered to" in text


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (Health("conv1", 1.0, 0.001, 0.0, 1.0, 0.1), "All layers learn:"),
        (Health("conv1", 1.0, 0.001, 0.0, 1.0, 0.31), "In conv1 31.0 % of the units are dead"),
        (Health("conv1", 1.0, 0.001, 0.0, 1.0, 0.6), "In conv1 60.0 % of the units are dead"),
        (Health("conv1", 1e-6, 1e-6, 0.0, 1.0), "nearly vanishes in conv1"),
        (Health("conv1", 1e-6, 0.001, 0.0, 1.0), "All layers learn:"),
        (Health("conv1", 1e6, 0.001, 0.0, 1.0), "explodes in conv1"),
        (Health("conv1", 1.0, 0.2, 0.0, 1.0), "changed the weights of conv1 by 20 %"),
        (Health("conv1", 1.0, 1.1, 0.0, 1.0), "explodes in conv1"),
        (Health("conv1", None, None, None, None), "The numbers in conv1 are not finite"),
        (Health("conv1", None, None, 0.0, 1.0), "All layers that are not frozen learn:"),
    ],
)
def test_the_health_of_the_layers(layer: Health, words: str) -> None:
    text = explain("layers", history(health(layer)))
    assert "The most parameters, 61 % of all, are in fc." in text
    assert words in text


def test_a_layer_whose_name_is_a_number_is_called_a_layer() -> None:
    dead = health(Health("5", 1.0, 0.001, 0.0, 1.0, 0.9))
    assert "In layer 5 90.0 % of the units are dead" in explain("layers", history(dead))
    said = [one.text for one in verdicts(history(dead))]
    assert "1 of 4 layers unhealthy: layer 5 is dead" in said
    assert "the maps of layer 5 for" in explain("maps", history(maps("5", ())))


# Thresholds of its own once made the explanation say the contrary of the pane.
@pytest.mark.parametrize(
    "layer",
    [
        Health("conv1", 1.0, 0.001, 0.0, 1.0, 0.4),
        Health("conv1", 1.0, 0.001, 0.0, 1.0, 0.3),
        Health("conv1", 5e-4, 1e-6, 0.0, 1.0),
        Health("conv1", 2e3, 0.001, 0.0, 1.0),
        Health("conv1", 1e-5, 0.001, 0.0, 1.0),
        Health("conv1", None, 0.001, 0.0, 1.0),
    ],
)
def test_the_pane_and_its_explanation_are_of_one_opinion(layer: Health) -> None:
    report = health(layer)
    ill = worst([*Diagnosis(report).verdicts.values()])
    assert ("All layers learn" in explain("layers", history(report))) == (not ill)


def test_of_several_ill_layers_the_first_is_named_and_the_others_are_counted() -> None:
    dead = [Health(name, 1.0, 0.001, 0.0, 1.0, 0.9) for name in ("conv1", "conv2", "fc")]
    text = explain("layers", history(health(*dead)))
    assert "In conv1 90.0 % of the units are dead" in text
    assert text.endswith("2 more layers have the same problem.")
    assert explain("layers", history(health(*dead[:2]))).endswith(
        "One more layer has the same problem."
    )


def matrix(*rows: tuple[int, ...]) -> events.Confusion:
    return events.Confusion(1, rows)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (matrix((5, 0), (0, 5)), "There is no mistake among them"),
        (
            matrix((6, 4), (1, 9)),
            "Most often 0 is taken for 1: 4 of 10 images, 40.0 %. No class is harder than 0",
        ),
        (matrix((6, 4), (3, 7)), "0 and 1 look alike to the network"),
        (events.Confusion(1, sparse=((0, 0, 5), (0, 3, 2))), "Most often 0 is taken for 3: 2 of 7"),
    ],
)
def test_the_confusion(seen: events.Confusion, words: str) -> None:
    assert words in explain("confusion", history(seen))


def maps(layer: str, top: tuple[tuple[int, float | None], ...]) -> events.FeatureMaps:
    nothing = events.Picture(1, 0, 0, "")
    return events.FeatureMaps(layer, (6, 28, 28), 0, nothing, 3, top, (), step=10)


def test_the_maps() -> None:
    text = explain("maps", history(maps("conv1", ((3, 0.9),))))
    assert "the maps of conv1 for validation image 0, at epoch 1." in text
    assert "conv1 is number 1 of the 3 layers with maps" in text
    assert "predicts 3 with 90.0 %, which is correct" in text
    assert "predicts 5 with 70.0 %, but the image shows 3" in explain(
        "maps", history(maps("conv1", ((5, 0.7),)))
    )
    assert "not numbers" in explain("maps", history(maps("conv1", ((5, None),))))


def test_of_several_layers_the_one_that_is_drawn_is_explained() -> None:
    """It once spoke of the deepest layer, and of the image of the journal."""
    pane = MapsPane(6)
    pane.show(history(maps("conv1", ((3, 0.9),)), maps("conv2", ((5, 0.7),))), None)
    assert "the maps of conv1 " in " ".join(pane.explain())
    reply = msgspec.structs.replace(maps("conv2", ((4, 0.6),)), image=17, step=25)
    pane.receive(reply)
    text = " ".join(pane.explain())
    assert "the maps of conv2 for validation image 17, at epoch 2.5" in text
    assert "predicts 4 with 60.0 %, but the image shows 3" in text
    pane._on_kernels = True
    pane.receive(events.Kernels("conv1", (6, 1, 5, 5), 0.42, (), step=10))
    assert "weights of conv1 at epoch 1" in " ".join(pane.explain())


@pytest.mark.parametrize(
    ("waited", "evaluation", "words"),
    [
        (0.1, 0.1, "Compute takes"),
        (0.9, 0.1, "The network waits for images"),
        (0.1, 9.0, "Validation takes the largest part of the time, 82 %"),
    ],
)
def test_what_bounds_the_speed(waited: float, evaluation: float, words: str) -> None:
    reported = msgspec.structs.replace(scripted.steps(5), waited=waited)
    ended = msgspec.structs.replace(epoch(1), seconds=2.0, evaluation_seconds=evaluation)
    assert words in explain("machine", history(reported, ended))


def test_others_on_the_gpu() -> None:
    reported = msgspec.structs.replace(scripted.steps(5), waited=0.1)
    gpu = events.Gpu(0, "A", True, 0.9, 1, 2, holders=(events.Holder("eve", 1),))
    sample = events.Hardware(2, 0.5, 0.5, 1, 2, 3, 4, (gpu,))
    assert "Others use the same GPUs" in explain("machine", history(reported, sample))


def test_the_log_counts_warnings() -> None:
    alert = events.Alert("warning", "x", "look out")
    assert "One entry is a warning: read" in explain("log", history(alert))
    assert "2 entries are warnings: read" in explain("log", history(alert, alert))
    assert "The only entry is no warning" in explain("log", history())
    assert "2 newest entries is a warning" in explain("log", history(epoch(1)))
    saved = events.Checkpointed("last.pt", 1, 10, 0.1, "epoch")
    assert "can go on from last.pt" in explain("log", history(saved))


def test_others_on_the_cores_are_named_beside_what_bounds() -> None:
    waited = msgspec.structs.replace(scripted.steps(1), waited=0.0)
    crowded = events.Hardware(2, 1.0, 0.66, 1, 2, 1, 1)
    text = explain("machine", history(waited, crowded))
    assert "The CPU is busy with the network itself" in text
    assert "Other programs take about 30 % of the CPU" in text
    alone = msgspec.structs.replace(crowded, engine_cpu=0.95)
    assert "Other programs" not in explain("machine", history(waited, alone))


def test_a_run_that_has_ended_knows_that_others_had_the_cpu() -> None:
    waited = msgspec.structs.replace(scripted.steps(1), waited=0.0)
    crowded = events.Hardware(2, 0.98, 0.15, 1, 2, 1, 1)
    after = msgspec.structs.replace(crowded, cpu=0.3, engine_cpu=0.1)
    said: list[Event] = [waited, *[crowded] * 60, after, events.RunEnded("done", step=10)]
    text = explain("machine", history(*said))
    assert "Other programs took about 80 % of the CPU" in text
    assert "a smaller network" not in text
