"""Journals written by hand: the events of a run that never took place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec
from hypothesis import strategies as st

from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Resolved
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run.journal import Journal
from engine.run.run_paths import RunDir

START = 1_700_000_000.0

LAYERS = (
    events.Layer("conv1", "Conv2d", "5×5", (6, 28, 28), 156, 117_600),
    events.Layer("pool1", "AvgPool2d", "2×2", (6, 14, 14), 0, 0),
    events.Layer("conv2", "Conv2d", "5×5", (16, 10, 10), 2_416, 240_000),
    events.Layer("fc", "Linear", "400→10", (10,), 4_010, 4_000),
)


def started(
    classes: tuple[str, ...] = tuple("0123456789"), epochs: int = 4, name: str = "1-lenet5-digits"
) -> events.RunStarted:
    """The first event of a run; each of its epochs has 10 steps of 64 images."""
    return events.RunStarted(
        attempt="a1",
        name=name,
        recipe=build_recipe(flags={"epochs": epochs}),
        resolved=Resolved(
            device="cpu", precision="float32", memory_format="contiguous", threads=2, size=32
        ),
        host="testhost",
        device="cpu Test",
        classes=classes,
        layers=LAYERS,
        parameters=6_582,
        macs=361_600,
        input=(1, 32, 32),
        train_images=640,
        validation_images=100,
        validation_is_test=False,
        steps_per_epoch=10,
        planned_steps=10 * epochs,
        versions={"torch": "2"},
    )


def steps(step: int, loss: float | None = None, top1: float | None = None) -> events.Steps:
    """The report of a step; without a loss and an accuracy, they get better with the steps."""
    return events.Steps(
        (step - 1) // 10 + 1,
        2.3 * 0.9**step if loss is None else loss,
        min(0.99, 0.1 + 0.03 * step) if top1 is None else top1,
        0.05,
        4_000.0,
        step=step,
    )


def confusion(epoch: int, classes: int = 10, right: int = 9) -> events.Confusion:
    """A matrix with 10 images per class: `right` are correct, the others count as another class."""
    rows = []
    for true in range(classes):
        row = [0] * classes
        row[true] = right
        row[(true + 1) % classes] = 10 - right
        rows.append(tuple(row))
    return events.Confusion(epoch, tuple(rows), step=epoch * 10)


def ended_epoch(epoch: int, top1: float = 0.9, best: bool = True) -> events.EpochEnded:
    return events.EpochEnded(
        epoch, 0.5, 0.85, 0.45, top1, 0.05, 2.0, 0.5, 4_000.0, best, 0.99, step=epoch * 10
    )


def half_a_run(epochs: int = 4) -> list[Event]:
    """The events of a run in the middle of its third epoch."""
    said: list[Event] = [events.Phase("starting"), started(epochs=epochs), events.Phase("training")]
    for epoch in (1, 2):
        said += [steps(step) for step in range(epoch * 10 - 9, epoch * 10 + 1)]
        said += [confusion(epoch), ended_epoch(epoch, 0.8 + epoch / 20)]
        said.append(events.Checkpointed("last.pt", epoch + 1, 250_000, 0.01, "epoch"))
    said.append(events.Phase("training", step=20))
    return [*said, *(steps(step) for step in range(21, 26))]


def resumed(half: list[Event]) -> list[Event]:
    """`half_a_run`, then a resume from the end of the second epoch, and another third epoch."""
    saved = next(
        i for i, e in enumerate(half, 1) if isinstance(e, events.EpochEnded) and e.epoch == 2
    )
    again = [events.Resumed("a2", saved, 3, step=20)]
    told = [steps(step, loss=7.0) for step in range(21, 31)]
    return [*half, *again, *told, ended_epoch(3, 0.95)]


# For each attempt of a run, how many steps it trains, and after how many of them it saves.
Attempts: TypeAlias = list[tuple[int, int]]
ATTEMPTS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 9)), min_size=1, max_size=4)


def resumed_often(attempts: Attempts) -> tuple[list[Event], dict[int, float]]:
    """The events of a run whose attempts die, and the loss of each step that counts in the end."""
    said: list[Event] = [started()]
    trained: dict[int, float] = {}
    saved_step = saved_seq = 0
    for number, (count, until_save) in enumerate(attempts):
        if number:
            said.append(events.Resumed(f"a{number}", saved_seq, 1, step=saved_step))
        trained = {step: loss for step, loss in trained.items() if step <= saved_step}
        began = saved_step
        for step in range(began + 1, began + count + 1):
            said.append(steps(step, loss=float(number)))
            trained[step] = float(number)
            if step == began + until_save:
                saved_step, saved_seq = step, len(said)
    return said, trained


class Clock:
    """A clock that a test sets by hand."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def write(run: RunDir, said: Iterable[Event], clock: Clock | None = None) -> None:
    """Append these events to the run's journal, one per second."""
    ticking = clock or Clock()
    journal = Journal(run.journal, ticking)
    for event in said:
        journal.append(event)
        ticking.now += 1
    journal.close()


def run_dir(folder: Path, said: Iterable[Event] = (), name: str = "1-lenet5-digits") -> RunDir:
    """Write a run directory with this journal; the run has no engine."""
    run = RunDir(folder / name)
    run.commands.mkdir(parents=True)
    run.checkpoints.mkdir()
    run.recipe.write_text(to_toml(build_recipe(flags={"epochs": 4})))
    write(run, said)
    return run


def stamped(said: Iterable[Event]) -> list[Event]:
    """The events with the numbers and times that a journal gives them, one per second."""
    return [
        msgspec.structs.replace(event, seq=i + 1, time=START + i) for i, event in enumerate(said)
    ]


def write_many(path: Path, count: int) -> None:
    """Write a long journal: the start of a run, then one report per step."""
    said: list[Event] = [started(epochs=count), *(steps(step) for step in range(1, count))]
    path.write_bytes(b"".join(events.encode(event) + b"\n" for event in stamped(said)))
