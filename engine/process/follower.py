"""The other ranks: they train beside rank 0 and leave all that is said and written to it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType
from typing import TextIO

from engine.distributed.ranks import World
from engine.process.session import Session
from engine.process.worker import Worker
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run.journal import Journal
from engine.run.run_paths import RunDir

POLL_SECONDS = 0.05
# Signalled to stop, rank 0 says so within a step or two; or it is gone, and nobody ever will.
GRACE_SECONDS = 25


def follow(run: RunDir, world: World, dry: bool, epochs: int | None, err: TextIO) -> int:
    """Train to the end that rank 0 comes to, and return the exit code.

    What goes wrong is written to `err` and told to rank 0.
    """
    _listen(world)
    # What happens here happens there too, and is in the journal once.
    journal = Journal(Path(os.devnull))
    known = build_recipe(file=read_fields(run.recipe))
    session = Session(run, known, "", journal, journal.append, world)
    life = session.rehearse() if dry else session.live(epochs)
    worker = Worker(session, life, world, journal.append)
    worker.start()
    while worker.is_alive():
        worker.join(POLL_SECONDS)
    if worker.outcome.error:
        print(f"cnn-tui: rank {world.rank}: {worker.outcome.error}", file=err, flush=True)
        world.complain(worker.outcome.error)
    return worker.outcome.exit_code


def _listen(world: World) -> None:
    """Hear no signal once rank 0 hears them for all; before that, they end this process at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        if not world.together:
            os._exit(128 + number)
        signal.alarm(GRACE_SECONDS)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
