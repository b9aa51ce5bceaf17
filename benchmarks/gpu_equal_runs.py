"""Whether two runs of one seed are equal bit for bit, and one that is killed and resumed.

For the part `deterministic` of benchmarks/gpu.py. Three engines train on the digits at once; the
tensors of their last checkpoints are compared.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import torch
from torch import Tensor

from benchmarks.gpu_loops import Bench, Case
from engine.checkpoints import checkpoint
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run.engine_log import last_line
from engine.run.journal_reader import JournalReader
from engine.run.run_paths import RunDir
from engine.start import launch, resume
from engine.start.resume import ResumeRequest

EPOCHS, QUICK_EPOCHS = 20, 12
# The epoch after which an engine is killed.
KILLED_AFTER = 2
POLL_SECONDS = 0.01


def equal_runs(bench: Bench, asked: str, deadline: float, case: Case) -> dict[str, Any]:
    """Compare two whole runs, and a whole one with one that is killed and resumed."""
    chosen = recipe(bench, asked, case)
    train = partial(trained, bench, chosen, deadline)
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda kill: train(kill=kill), (False, False, True)))
    found = {
        "two runs": compared(runs[0], runs[1]),
        "killed and resumed": compared(runs[0], runs[2]),
    }
    for what, said in found.items():
        how = "EQUAL bit for bit" if said["equal"] else f"differ since epoch {said['since epoch']}"
        print(f"deterministic {asked:<4} {case!s:<22} {what:<20} {how}", flush=True)
    return found


def recipe(bench: Bench, asked: str, case: Case, seed: int = 0) -> Recipe:
    """A short run on the digits, with what draws random numbers on the device."""
    return build_recipe(
        settings={
            **{"epochs": QUICK_EPOCHS if bench.quick else EPOCHS, "batch": case.batch},
            **{"deterministic": asked, "dropout": 0.1, "crop": 2, "rotate": 5.0, "seed": seed},
        },
        flags={"arch": case.arch, "data": "digits", "device": str(bench.device)},
    )


def trained(bench: Bench, chosen: Recipe, deadline: float, *, kill: bool) -> RunDir:
    """A run that is over; `kill` kills its engine on the way, and resumes the run."""
    claim = launch.create(chosen, bench.folder / "runs")
    run = claim.run
    engine = launch.spawn(claim, chosen)
    if kill:
        with_end(engine, run, deadline, saved=True)
        claim, chosen = resume.resume(run, ResumeRequest())
        engine = launch.spawn(claim, chosen)
    with_end(engine, run, deadline)
    return run


def with_end(
    engine: subprocess.Popen[bytes], run: RunDir, deadline: float, *, saved: bool = False
) -> None:
    """Wait until an engine has ended, or kill it once it has saved the epoch `KILLED_AFTER`.

    Raises RuntimeError where it fails, where it is done before it is killed, and at the deadline.
    """
    reader = JournalReader(run.journal)
    try:
        while engine.poll() is None:
            if saved and any(is_late_save(event) for event in new_events(reader)):
                return
            if time.monotonic() > deadline:
                raise RuntimeError("no time was left")
            time.sleep(POLL_SECONDS)
    finally:
        engine.kill()
        engine.wait()
    if saved or engine.returncode:
        raise RuntimeError(last_line(run) or "the run was done before its engine was killed")


def new_events(reader: JournalReader) -> Iterator[events.Event]:
    return (event for part in reader.slices() for event in part.events)


def is_late_save(event: events.Event) -> bool:
    """Whether an event says that the last checkpoint has that epoch."""
    return (
        isinstance(event, events.Checkpointed)
        and event.file == "last.pt"
        and event.epoch >= KILLED_AFTER
    )


def compared(one: RunDir, other: RunDir) -> dict[str, Any]:
    """Whether the last checkpoints have equal tensors, and where they differ."""
    pairs = zip(tensors(state_of(one)), tensors(state_of(other)), strict=True)
    different = {name: (a, b) for (name, a), (_, b) in pairs if not torch.equal(a, b)}
    apart = [
        (a.double() - b.double()).abs().max().item()
        for a, b in different.values()
        if a.shape == b.shape
    ]
    losses = zip(losses_of(one), losses_of(other), strict=False)
    since = next((n for n, (a, b) in enumerate(losses, 1) if a != b), None)
    return {
        **{"equal": not different, "different": list(different)[:8]},
        **{"largest difference": max(apart, default=0.0), "since epoch": since},
    }


def state_of(run: RunDir) -> dict[str, Any]:
    """All that the training goes on from, without its times."""
    state = checkpoint.load(run.checkpoints / "last.pt").training
    return {
        **{"weights": state.weights, "trained": state.trained_weights or {}},
        **{"optimizers": state.optimizers, "random": state.random},
    }


def tensors(value: object, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """The tensors within dicts and lists, with their places."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            yield from tensors(inside, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for place, inside in enumerate(value):
            yield from tensors(inside, f"{name}.{place}")


def losses_of(run: RunDir) -> list[object]:
    """The losses of the epochs, of which a later one replaces one that was lost."""
    ended = (e for e in new_events(JournalReader(run.journal)) if isinstance(e, events.EpochEnded))
    return [event.train_loss for event in {event.epoch: event for event in ended}.values()]
