"""python -m engine RUN --look: inspects a run that no engine trains, by its best checkpoint.

It writes nothing but replies, and ends when no request has come for a while, or when an engine
resumes the run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import RunError
from engine.process import process_text
from engine.protocol import commands
from engine.recipes.recipe_building import read_recipe
from engine.run import replies, run_lock
from engine.run.run_paths import RunDir
from engine.run.spool import Spool

if TYPE_CHECKING:
    from engine.inspection.inspector import Inspector

POLL_SECONDS = 0.05
IDLE_SECONDS = 60.0


class Subject(NamedTuple):
    """The inspector of a model, and the epoch and step that it was saved after."""

    inspector: Inspector
    epoch: int
    step: int


def serve(run: RunDir, clock: Callable[[], float] = time.monotonic) -> int:
    """Reply to requests until it is time to end. Returns the exit code.

    Raises RunError where another server runs already or there is no checkpoint, and what loading
    the checkpoint and the data raises.
    """
    lock = run_lock.acquire(run, run.inspection_lock)
    try:
        return _reply_until_idle(run, clock)
    finally:
        os.close(lock)


def _reply_until_idle(run: RunDir, clock: Callable[[], float]) -> int:
    owner = run_lock.read_owner(run, run.inspection_lock)
    assert owner is not None, "the lock is signed where it is taken"
    subject = subject_of(run)
    spool = Spool(run, owner.attempt, lambda file, why: None)
    asked = clock()
    while clock() - asked < IDLE_SECONDS and not run_lock.is_live(run):
        for command in spool.take():
            asked = clock()
            if isinstance(command, commands.Inspect):
                reply = subject.inspector.reply(command, subject.epoch, subject.step)
                replies.write_reply(run, command.id, reply)
        time.sleep(POLL_SECONDS)
    return 0


def subject_of(run: RunDir) -> Subject:
    """The best checkpoint, or the last where there is no best one yet, with the data of its run."""
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
        raise RunError(process_text.nothing_to_inspect(run.label))
    state = checkpoint.load(saved).training
    chosen = read_recipe(run.recipe)
    # Not the GPU, which another run may need; a CPU is fast enough for one image.
    cpu = torch.device("cpu")
    dataset = load_at_once(load(chosen, devices.room(cpu)))
    model = model_init.build(chosen, run.path, dataset)
    model.load_state_dict(state.weights)
    source = loader(chosen, dataset, cpu, torch.contiguous_format)
    layers = layer_events.layers(model, *dataset.train.shape[:2])
    inspector = Inspector(model.eval(), layers, dataset, source, cpu)
    return Subject(inspector, max(1, state.ended_epochs), state.step)
