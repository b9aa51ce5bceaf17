"""Races whose runs never took place: their journals are written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from engine.protocol import events
from engine.protocol.events import Event
from engine.racing.race import Race
from engine.racing.race_preparation import prepare
from engine.racing.race_request import RaceRequest
from engine.run.journal_search import last_seq, newest_first
from engine.run.run_paths import RunDir
from tests import scripted

EPOCHS = 9
STEPS = 10
STOPPED = replace(events.RunEnded("stopped"), step=4)
FLAGS = {"data": "digits", "arch": "lenet5", "epochs": EPOCHS}


def asked(rates: int = 9) -> RaceRequest:
    """A race of LeNet-5 with so many learning rates."""
    values = ", ".join(f"{(index + 1) / 100}" for index in range(rates))
    return RaceRequest(sets=[f"lr=[{values}]"], flags=FLAGS)


def new_race(runs_dir: Path, rates: int = 9, *, halving: bool = False, seeds: int = 1) -> Race:
    """That race, with its runs."""
    return prepare(runs_dir, asked(rates)._replace(halving=halving, seeds=seeds))


def trained(
    runs_dir: Path,
    run: str,
    top1: float,
    epochs: int,
    *,
    loss: float = 0.5,
    best_epoch: int = EPOCHS,
) -> None:
    """Let a run train, or go on, to the end of an epoch; it has `top1` at its best one."""
    journal = RunDir(runs_dir / run).journal
    seq, first = last_seq(journal), 1 + sum(1 for _ in newest_first(journal, events.EpochEnded))
    said: list[Event] = [events.Phase("starting"), scripted.started(epochs=EPOCHS)]
    if first > 1:
        said.append(_at((first - 1) * STEPS, events.Resumed("a2", seq, first)))
    for epoch in range(first, epochs + 1):
        now = top1 * min(epoch, 2 * best_epoch - epoch) / best_epoch
        ended = events.EpochEnded(epoch, loss=loss, top1=now, best=True, seconds=2.0)
        said.append(_at(epoch * STEPS, ended))
    end = events.RunEnded("done" if epochs == EPOCHS else "stopped")
    write(runs_dir, run, [*said, _at(epochs * STEPS, end)])


def stopped(runs_dir: Path, run: str) -> None:
    """Let a run be stopped in its first epoch, or soon after it goes on."""
    write(runs_dir, run, [events.Phase("starting"), scripted.started(), STOPPED])


def failed(runs_dir: Path, run: str) -> None:
    """Let a run fail in its first epoch."""
    end = events.RunEnded("failed", error="the loss is not a number.")
    write(runs_dir, run, [events.Phase("starting"), scripted.started(), _at(3, end)])


def write(runs_dir: Path, run: str, said: Sequence[Event]) -> None:
    """Append these events to the journal of a run."""
    scripted.write(RunDir(runs_dir / run), said)


def _at(step: int, event: Event) -> Event:
    return replace(event, step=step)
