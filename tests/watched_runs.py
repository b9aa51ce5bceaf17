"""Journals and folders of made-up trainings of somebody's own program, the same at every call.

classification   all that `watch` can know: rate, accuracy, confusion, layers, health, maps
segmentation     the loss and two scalars over 400,000 steps, the length of an epoch not known
epochs_only      one report an epoch, of 300 epochs: a framework that reports nothing else
of_log           the events of such a training as they are read from its log
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event, Watched
from engine.recipes import watched_recipe
from engine.run.run_paths import RunDir
from tests import journals
from tests.drawing import examples

BEGAN = examples.BEGAN
STEP = examples.STEPS_PER_EPOCH
SCRIPT = Watched(
    program="train.py",
    framework="PyTorch 2.14.1",
    settings={"lr": 0.1, "batch_size": 128, "model": "resnet18", "nesterov": True},
    epochs=30,
)
NO_MODEL = "segment.py passes no model to cnn_tui.watch, so there is nothing to look inside."


def started(watched: Watched = SCRIPT, **fields: object) -> events.RunStarted:
    """A start of which only the program is known; `fields` tell more."""
    begun = events.RunStarted(
        time=BEGAN,
        attempt="a1",
        name="12-mine",
        recipe=None,
        resolved=None,
        host="gpu07",
        device="cuda:0 NVIDIA RTX A5000",
        classes=(),
        layers=(),
        parameters=0,
        macs=0,
        input=(0, 0, 0),
        train_images=0,
        validation_images=0,
        validation_is_test=False,
        steps_per_epoch=1,
        planned_steps=0,
        versions={"torch": "2.14.1"},
        watched=watched,
    )
    return replace(begun, **fields)


def classification(epochs: float = 12.4) -> list[Event]:
    """ResNet-18 on CIFAR-10 in a script that gives `watch` all that it takes."""
    seen = examples.run_started()
    begun = started(
        classes=seen.classes,
        layers=seen.layers,
        parameters=seen.parameters,
        input=seen.input,
        validation_images=10_000,
        steps_per_epoch=STEP,
        planned_steps=30 * STEP,
    )
    told = [*examples.said(epochs, examples.CIFAR10)][1:]
    told = [event for event in told if not isinstance(event, events.Checkpointed)]
    step, time = max(event.step for event in told), told[-1].time
    return [begun, *told, replace(journals.health(), time=time, step=step)]


def segmentation(thousands: int = 400) -> list[Event]:
    """The loss and two scalars of a script of which neither the length nor the end is known."""
    watched = msgspec.structs.replace(
        SCRIPT,
        program="segment.py",
        settings={"lr": 3e-4, "loss": "dice"},
        epochs=None,
        unit="step",
        refusals={"Probe": NO_MODEL},
    )
    told = [started(watched), events.Phase("training", time=BEGAN), *_segmented(thousands)]
    return [*told, _machine(told[-1])]


def _segmented(thousands: int) -> Iterator[Event]:
    for at in range(1, thousands + 1):
        done, time = at / 1200, BEGAN + 10 * at
        dice = 0.92 - 0.7 * math.exp(-5 * done) + 0.01 * examples.noise(at)
        yield events.Steps(
            epoch=1 + at // 50,
            step=1000 * at,
            time=time,
            loss=1 - dice,
            scalars={"iou": dice / (2 - dice), "dice": dice},
        )
        if at % 50 == 0:
            yield events.EpochEnded(epoch=at // 50, step=1000 * at, time=time + 1, loss=1.03 - dice)


def epochs_only(epochs: int = 260) -> list[Event]:
    """One report an epoch, as frameworks give them, of 300 epochs."""
    watched = Watched(program="fit.py", framework="Keras 3.15 on JAX", epochs=300)
    begun = started(watched, planned_steps=300)
    told = [begun, events.Phase("training", time=BEGAN), *map(_epoch, range(1, epochs + 1))]
    return [*told, _machine(told[-1])]


def _machine(last: Event) -> Event:
    return replace(examples.hardware(last.time), step=last.step)


def _top1(epoch: int) -> float:
    return 0.93 - 0.8 * math.exp(-epoch / 40) + 0.005 * examples.noise(epoch)


def _epoch(epoch: int) -> Event:
    return events.EpochEnded(
        epoch=epoch,
        step=epoch,
        time=BEGAN + 20 * epoch,
        train_loss=0.2 + 2 * math.exp(-epoch / 40) + 0.02 * examples.noise(epoch),
        train_top1=0.97 - 0.8 * math.exp(-epoch / 40),
        loss=0.3 + 2 * math.exp(-epoch / 40) + 0.03 * examples.noise(epoch + 1),
        top1=_top1(epoch),
        best=all(_top1(epoch) > _top1(before) for before in range(1, epoch)),
        scalars={"recall": 0.9 - 0.5 * math.exp(-epoch / 40)},
    )


def of_log(told: Sequence[Event], log: str = "TensorBoard's log") -> list[Event]:
    """The same events as those of a log, which tells neither layers nor the machine."""
    kept = [event for event in told if not isinstance(event, events.Hardware | events.LayerHealth)]
    return [_of_log(event, log) for event in kept]


def _of_log(event: Event, log: str) -> Event:
    if not isinstance(event, events.RunStarted) or event.watched is None:
        return event
    watched = msgspec.structs.replace(event.watched, log=log, framework="", refusals={})
    return replace(event, watched=watched, layers=(), device="", host="")


def write_run(folder: Path, told: Iterable[Event], name: str = "12-mine") -> RunDir:
    """Write the run folder of a watched script; no recorder holds it."""
    told = [*told]
    run = journals.write_run(folder, told, name)
    [watched, *_] = [e.watched for e in told if isinstance(e, events.RunStarted) and e.watched]
    toml = watched_recipe.to_toml(watched.program, watched.framework, watched.settings)
    run.recipe.write_text(toml)
    return run
