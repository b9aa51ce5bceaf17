"""python -m engine RUN --look: answers about a run that no engine trains, from its best checkpoint.

It writes nothing but `probes/`, and leaves when nobody has asked for a while, or when an engine
takes the run up again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import RunError
from engine.process import process_text
from engine.protocol import commands
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run import replies, run_lock
from engine.run.run_paths import RunDir
from engine.run.spool import Spool

if TYPE_CHECKING:
    from engine.inspection.inspector import Inspector

POLL_SECONDS = 0.05
IDLE_SECONDS = 60.0


class Subject(NamedTuple):
    """What is looked at: a model as it was after a step of an epoch."""

    answers: Inspector
    epoch: int
    step: int


def look(run: RunDir, clock: Callable[[], float] = time.monotonic) -> int:
    """Answer until it is time to leave. Returns the exit code.

    Raises RunError where somebody looks already or there is no checkpoint, and what loading raises.
    """
    lock = run_lock.acquire(run, run.inspection_lock)
    try:
        return _answer(run, clock)
    finally:
        os.close(lock)


def _answer(run: RunDir, clock: Callable[[], float]) -> int:
    owner = run_lock.read_owner(run, run.inspection_lock)
    assert owner is not None, "the lock is signed where it is taken"
    subject = subject_of(run)
    spool = Spool(run, owner.attempt, lambda file, why: None)
    asked = clock()
    while clock() - asked < IDLE_SECONDS and not run_lock.is_live(run):
        for command in spool.take():
            asked = clock()
            if isinstance(command, commands.Inspect):
                answer = subject.answers.reply(command, subject.epoch, subject.step)
                replies.write_reply(run, command.id, answer)
        time.sleep(POLL_SECONDS)
    return 0


def subject_of(run: RunDir) -> Subject:
    """The best checkpoint, or the last where none is the best yet, with the data of its run."""
    import torch

    from engine.checkpoints import checkpoint
    from engine.data.loaders.loader_choice import loader
    from engine.data.loading import load, load_at_once
    from engine.devices import device as devices
    from engine.inspection import layer_events
    from engine.inspection.inspector import Inspector
    from engine.process import model_init

    found = [run.checkpoints / name for name in ("best.pt", "last.pt")]
    saved = next((path for path in found if path.exists()), None)
    if saved is None:
        raise RunError(process_text.nothing_to_look_at(run.label))
    state = checkpoint.load(saved).training
    chosen = build_recipe(file=read_fields(run.recipe))
    # Not the GPU: another run may need all of it, and one image is soon done.
    cpu = torch.device("cpu")
    dataset = load_at_once(load(chosen, devices.room(cpu)))
    model = model_init.build(chosen, run.path, dataset)
    model.load_state_dict(state.weights)
    source = loader(chosen, dataset, cpu, torch.contiguous_format)
    layers = layer_events.layers(model, *dataset.train.shape[:2])
    answers = Inspector(model.eval(), layers, dataset, source, cpu)
    return Subject(answers, max(1, state.ended_epochs), state.step)
