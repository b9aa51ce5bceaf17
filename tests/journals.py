"""Journals of made-up runs for snapshots: with an alert, with many classes, failed and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec.structs import replace

from engine.numbers import number
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run.run_paths import RunDir
from tests.drawing import examples

NAME = "43-resnet18-cifar10"
STEP = examples.STEPS_PER_EPOCH


def with_alert() -> list[Event]:
    """A run in the 13th of 30 epochs: it was steered in the seventh, and one layer is dead."""
    run_events: list[Event] = []
    for event in examples.said(12.4, examples.CIFAR10):
        if isinstance(event, events.Steps | events.EpochEnded) and event.step > 7 * STEP:
            event = replace(event, lr=number(event.lr) / 2)
        run_events.append(event)
        if isinstance(event, events.Steps) and event.step == 7 * STEP:
            run_events.append(_at(event, events.Steered(0.5, 30, number(event.lr) / 2, "c1")))
    last = run_events[-1]
    dead = events.Alert("warning", "dead", "layer4.1.conv2 is dead: a lower learning rate helps.")
    return [*run_events, _at(last, dead), _at(last, health(dead="layer4.1.conv2"))]


def with_scalars() -> list[Event]:
    """A run in the 13th epoch, with the gradient norm and two numbers of a user's architecture."""
    run_events: list[Event] = []
    for event in examples.said(12.4, examples.CIFAR10):
        if isinstance(event, events.Steps) and event.step % 4 == 0:
            epoch = event.step / STEP
            event = replace(
                event,
                scalars={
                    "gradient_norm": 0.4 + 6.0 / (1.0 + epoch) + 0.3 * examples.noise(event.step),
                    "temperature": 1.0 - 0.05 * epoch,
                    "map50": 1e-3 * epoch,
                },
            )
        run_events.append(event)
    return run_events


def hundred_classes() -> list[Event]:
    return list(examples.said(20.5, examples.HUNDRED))


def chinese() -> list[Event]:
    run_events = list(examples.said(12.4, examples.CHINESE))
    return [*run_events, _at(run_events[-1], health())]


def just_started() -> list[Event]:
    return list(examples.said(0.0, examples.CIFAR10))[:2]


def ended() -> list[Event]:
    """A run that has trained all 30 epochs and tested the best one."""
    run_events = list(examples.said(30.0, examples.CIFAR10))
    done = events.RunEnded("done", 26, 0.909, test_loss=0.27, test_top1=0.902, seconds=320.0)
    last = run_events[-1]
    return [*run_events, _at(last, health()), replace(_at(last, done), step=30 * STEP)]


def failed() -> list[Event]:
    """A run that ran out of memory in the fourth epoch."""
    run_events = list(examples.said(3.4, examples.CIFAR10))
    why = "the GPU has not enough memory: make batch smaller, or choose another device."
    return [
        *run_events,
        _at(run_events[-1], events.RunEnded("failed", 3, 0.572, seconds=36.0, error=why)),
    ]


def health(dead: str = "") -> events.LayerHealth:
    """A report on every layer that has weights."""
    layers = [layer for layer in examples.layers() if layer.parameters]
    return events.LayerHealth(
        tuple(
            events.Health(
                layer.name,
                0.0 if layer.name == dead else 0.02 * 1.2**i,
                0.0 if layer.name == dead else 1e-3,
                0.1 * examples.noise(i),
                1.0,
                1.0 if layer.name == dead else 0.0,
            )
            for i, layer in enumerate(layers)
        )
    )


def _at(other: Event, event: Event) -> Event:
    """The event with the time and the step of another one."""
    return replace(event, time=other.time, step=other.step)


def write_run(folder: Path, run_events: Iterable[Event], name: str = NAME) -> RunDir:
    """Write a run directory with this journal; the run has no engine."""
    run = RunDir(folder / name)
    run.commands.mkdir(parents=True)
    run.checkpoints.mkdir()
    run.recipe.write_text(to_toml(build_recipe(flags={"epochs": examples.EPOCHS})))
    run.journal.write_bytes(b"".join(_lines(run_events)))
    return run


def _lines(run_events: Iterable[Event]) -> Iterator[bytes]:
    for seq, event in enumerate(run_events, start=1):
        yield events.encode(replace(event, seq=seq)) + b"\n"
