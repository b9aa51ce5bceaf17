"""What the program costs: a hand-written loop, the engine headless, the engine with a dashboard.

    python -m benchmarks.overhead [--arch lenet5] [--rounds 30] [--slice 2] [--data DATA]
                                  [--lightning-python PATH]

One engine trains, one dashboard of 120×40 cells shows it, and one loop is written by hand. All have
the same images, model, batch and precision, without augmentation. They take turns in slices of a
few seconds. Between its slices the engine is paused and stopped by a signal; the dashboard is
stopped in slices without it. Lightning with its rich bar takes part where it is installed, and is
stopped in the same way. A slice counts whole training steps, without evaluation and saves. The
benchmark prints images/s, and for the ratios of slices of the same round: the median, its 95 %
interval, and the budget.
"""

from __future__ import annotations

import argparse
import itertools
import os
import pty
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.peer import ROOT, Measure, Peer, python_with, report, take_turns
from engine.catalog.datasets import DATASETS
from engine.protocol import commands, events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields, to_toml
from engine.run import engine_log, spool
from engine.run.journal_reader import JournalReader
from engine.run.run_paths import RunDir
from engine.start import engine_environment, launch

# As in CIFAR-10.
CLASSES, IMAGES, VALIDATION = 10, 50_000, 10_000
DIFFERENT = 1_000
POLL_SECONDS = 0.02
WARM_UP_SLICES = 2
# A dashboard that was stopped first reads the events that it has missed.
CATCH_UP_SECONDS = 0.5
BUDGETS: dict[tuple[str, str], float | None] = {
    ("headless", "bare"): 0.98,
    ("attached", "headless"): 0.96,
}
# Epochs of a few tenths of a second, whose numbers change five times a second.
SHORT_EPOCHS: dict[tuple[str, str], float | None] = {("attached", "headless"): 0.98}
LIGHTNING = "Lightning, rich bar"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", default="lenet5")
    parser.add_argument("--data", help="digits, or a folder of images; without it, random ones")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--slice", type=float, default=2.0, help="seconds")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lightning-python", help="a Python that has Lightning and this project's")
    options = parser.parse_args()
    budgets = SHORT_EPOCHS if options.data == "digits" else dict(BUDGETS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data = options.data or str(random_images(folder / "images"))
        data = data if data in DATASETS else os.path.abspath(data)
        chosen = build_recipe(
            settings={"epochs": 100_000, "batch": options.batch, "crop": 0, "flip": False},
            flags={"arch": options.arch, "data": data},
        )
        engine = stack.enter_context(Engine(chosen, folder, options.slice))
        # All use the settings that the engine has resolved.
        settled = build_recipe(file=read_fields(engine.run.recipe))
        bare = stack.enter_context(bare_loop(settled, folder / "recipe.toml", options.slice))
        viewer = stack.enter_context(viewer_of(engine.run))

        def headless() -> float:
            return engine.speed()

        def attached() -> float:
            with running(viewer):
                time.sleep(CATCH_UP_SECONDS)
                return engine.speed()

        ways: dict[str, Measure] = {"bare": bare, "headless": headless, "attached": attached}
        python = python_with("lightning", options.lightning_python)
        if python is not None:
            file = folder / "recipe.toml"
            rival = stack.enter_context(lightning(python, settled, file, options.slice))
            ways[LIGHTNING] = rival
            budgets |= {(LIGHTNING, "bare"): None, ("attached", LIGHTNING): None}
        for _ in range(WARM_UP_SLICES):
            attached()
        found = take_turns(ways, options.rounds)
    print(f"\n{options.arch}, batch {options.batch}")
    report(found, budgets)


def random_images(folder: Path) -> Path:
    """Write random images in ImageFolder layout; the speed does not depend on their content."""
    import torch
    from torchvision.io import write_png

    torch.manual_seed(0)
    folder.mkdir()
    for i in range(DIFFERENT):
        pixels = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8)
        write_png(pixels, str(folder / f"{i}.png"))
    for split, count in (("train", IMAGES), ("val", VALIDATION)):
        for label in range(CLASSES):
            (folder / split / str(label)).mkdir(parents=True)
        for i in range(count):
            os.link(folder / f"{i % DIFFERENT}.png", folder / split / str(i % CLASSES) / f"{i}.png")
    return folder


def bare_loop(chosen: Recipe, file: Path, seconds: float) -> Peer:
    """The loop of `benchmarks/bare.py`, in a process with the engine's environment."""
    file.write_text(to_toml(chosen))
    command = [sys.executable, "-m", "benchmarks.bare", str(file), str(seconds)]
    return Peer(*command, env=environment(chosen))


def environment(chosen: Recipe) -> dict[str, str]:
    """An engine's environment, with the import paths of this process."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**engine_environment.environment(chosen), "PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def lightning(python: str, chosen: Recipe, file: Path, seconds: float) -> Iterator[Measure]:
    """Lightning with the bare loop's model and batches; it is stopped between its turns."""
    command = [python, "-m", "benchmarks.in_lightning", str(file), str(seconds)]
    with Peer(*command, env=environment(chosen)) as peer:
        os.kill(peer.pid, signal.SIGSTOP)

        def measure() -> float:
            with running(peer.pid):
                return peer()

        yield measure


class Engine:
    """A run that trains only while `speed` measures it."""

    def __init__(self, chosen: Recipe, folder: Path, seconds: float) -> None:
        claim = launch.create(chosen, folder)
        self.run = claim.run
        self._seconds = seconds
        self._process = launch.spawn(claim, chosen)
        self._reader = JournalReader(self.run.journal)
        self._until_phase("training")
        self._pause()

    def speed(self) -> float:
        """Images per second over a slice of training."""
        with running(self._process.pid):
            spool.send(self.run, commands.Continue)
            time.sleep(self._seconds)
            return self._pause()

    def _pause(self) -> float:
        """Pause training and stop the process; returns images per second since the last pause."""
        spool.send(self.run, commands.Pause)
        said = self._until_phase("paused")
        os.kill(self._process.pid, signal.SIGSTOP)
        return speed(said, self._batch)

    def _until_phase(self, name: str) -> list[events.Phase]:
        """Wait for a phase of this name; returns all phases up to it."""
        phases: list[events.Phase] = []
        while True:
            for said in self._reader.slices():
                for event in said.events:
                    if isinstance(event, events.RunStarted) and event.recipe is not None:
                        self._batch = event.recipe.batch
                    if isinstance(event, events.Phase):
                        phases.append(event)
            if any(phase.name == name for phase in phases):
                return phases
            assert self._process.poll() is None, engine_log.last_line(self.run)
            time.sleep(POLL_SECONDS)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def speed(phases: list[events.Phase], batch: int) -> float:
    """Images per second from each `training` phase to the phase after it."""
    images, seconds = 0, 0.0
    for phase, after in itertools.pairwise(phases):
        if phase.name == "training":
            images += (after.step - phase.step) * batch
            seconds += after.time - phase.time
    return images / seconds if seconds else 0.0


@contextmanager
def running(pid: int) -> Iterator[None]:
    """Let a stopped process run for a while."""
    os.kill(pid, signal.SIGCONT)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGSTOP)


@contextmanager
def viewer_of(run: RunDir) -> Iterator[int]:
    """A stopped dashboard, whose output a thread reads at once; yields its process id."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
        code = "from tui.cli.command_line import main; main()"
        os.execv(sys.executable, [sys.executable, "-c", code, "attach", str(run.path)])
    ended = threading.Event()
    reader = threading.Thread(target=drain, args=(master, ended))
    reader.start()
    time.sleep(3)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        ended.set()
        reader.join()
        os.close(master)


def drain(master: int, ended: threading.Event) -> None:
    while not ended.is_set():
        if select.select([master], [], [], 0.1)[0]:
            try:
                os.read(master, 65536)
            except OSError:
                return


if __name__ == "__main__":
    main()
