"""How long runs on photographs wait for data, by their journals, and how soon a second run starts.

Each run is `cnn-tui --no-ui` in a process of its own. What an earlier run has measured of the
machine is kept for all of them, and only decoded images begin anew, in a folder for each round.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import made_photographs
from benchmarks.made_photographs import Sides
from benchmarks.peer import middle, upper_judged
from benchmarks.start import OURS, PROGRAM
from benchmarks.start import measure as start_once
from engine.protocol import events
from engine.run.journal_reader import JournalReader

BATCH = 32
# About 1 MB as a file.
MEGABYTE = Sides(2000, 1500)
SMALL_SIDE = 32
# Enough images for a start, of which none has to wait.
FEW = 400
WAIT_BUDGET, START_BUDGET, SHARE_BUDGET = 0.25, 0.4, 0.02
# A network that computes next to nothing, so that its steps wait for whatever is slow in the data.
LIGHT = """
from torch import nn


def light(classes):
    return nn.Sequential(nn.AvgPool2d(16), nn.Flatten(), nn.LazyLinear(classes))
"""
# Photographs for the part `step`, and those for validation, which is not measured.
STEP_PHOTOGRAPHS, VALIDATION = 640, 32


class Wait(NamedTuple):
    """Seconds that the steps of an epoch took, and those of them spent waiting for images."""

    waited: float
    seconds: float


class Place(NamedTuple):
    """A folder for the runs of a benchmark: its images are in `data`."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def variables(self) -> dict[str, str]:
        return {f"XDG_{kind}_HOME": str(self.folder / kind) for kind in ("CACHE", "STATE")}

    def command(self, arch: str, cache: str, *settings: str) -> list[str]:
        """The command of a run of one thread, so that decoding has the other cores."""
        given = [f"cache={cache}", f"batch={BATCH}", *settings]
        command = [sys.executable, "-c", PROGRAM, "--no-ui", "--recipe", "quick", "--arch", arch]
        command += ["--data", str(self.data), "--runs-dir", str(self.folder / "runs")]
        return command + [word for each in given for word in ("--set", each)]


def second_wait(photographs: int, rounds: int) -> None:
    """The wait of the first epoch of a second run : that of a first run."""
    settings = ("epochs=1", "size=224", "crop_scale=0.25,1", "flip=true", "crop=0")

    def once(place: Place, cache: str) -> float:
        command = place.command(f"{place.folder / 'light.py'}:light", cache, *settings)
        return waits(trained(place, command), 1).waited

    with photographs_in(MEGABYTE, photographs) as folder:
        place = Place(Path(folder))
        (place.folder / "light.py").write_text(LIGHT)
        name = f"wait of a second run : first, {photographs} photographs of 1 MB"
        pairs(name, place, once, rounds, WAIT_BUDGET)


def second_start(images: int, rounds: int) -> None:
    """From the start of a second run's process to its first step : the same of a first run.

    PyTorch's import is in both. So a start on a few images takes turns with them, and what the
    images add to that is told, too.
    """

    bare: list[float] = []

    def start(place: Place, cache: str) -> float:
        command = place.command("lenet5", cache)
        return start_once(command, OURS, place.variables, place.folder).wall

    def once(place: Place, cache: str) -> float:
        bare.append(start(few, "off"))
        return start(place, cache)

    with tempfile.TemporaryDirectory() as folder:
        place, few = Place(Path(folder, "many")), Place(Path(folder, "few"))
        made_photographs.write_cut(place.data, images, SMALL_SIDE)
        made_photographs.write_cut(few.data, FEW, SMALL_SIDE)
        start(few, "off")
        name = f"start of a second run : first, {images} JPEGs of {SMALL_SIDE}×{SMALL_SIDE}"
        found = pairs(name, place, once, rounds, START_BUDGET)
    least = statistics.median(bare)
    added = [(second - least) / (first - least) for first, second in found]
    print(f"  of {FEW} images alone it takes {least:.2f} s; beyond it  {middle(added)}", flush=True)


def step_wait(photographs: int, rounds: int) -> None:
    """The share of its steps' time that ResNet-18 waits at 160 pixels, once all is in the cache."""
    settings = ("epochs=2", "size=160", "crop_scale=0.25,1", "flip=true", "crop=0", "device=cpu")
    with photographs_in(Sides(500, 375), photographs) as folder:
        place = Place(Path(folder))
        command = place.command("resnet18", str(place.folder / "images"), *settings)
        found = [waits(trained(place, command), 2) for _ in range(rounds)]
    shares = [each.waited / each.seconds for each in found]
    name = f"ResNet-18 at 160, batch {BATCH}, {photographs} photographs: share of waiting"
    print(f"  {name}  {upper_judged(shares, SHARE_BUDGET)}", flush=True)


def photographs_in(sides: Sides, count: int) -> tempfile.TemporaryDirectory[str]:
    """A folder for runs, with so many photographs for training."""
    folder = tempfile.TemporaryDirectory()
    data = Place(Path(folder.name)).data
    made_photographs.write(data / "train", count, sides)
    made_photographs.write(data / "val", VALIDATION, sides)
    return folder


def pairs(
    name: str, place: Place, once: Callable[[Place, str], float], rounds: int, budget: float
) -> list[tuple[float, float]]:
    """Print the seconds of first and second runs in turns, and their ratios; returns the seconds.

    The first run of all is not measured. It keeps nothing but what it finds of the machine.
    """
    once(place, "off")
    found = []
    for turn in range(rounds):
        with tempfile.TemporaryDirectory(dir=place.folder) as cache:
            first, second = once(place, cache), once(place, cache)
        found.append((first, second))
        print(f"  round {turn + 1}  first {first:.2f} s  second {second:.2f} s", flush=True)
    ratios = [second / first for first, second in found]
    print(f"  {name}  {upper_judged(ratios, budget)}", flush=True)
    return found


def trained(place: Place, command: list[str]) -> Path:
    """The folder of a run that is trained to its end. Raises RuntimeError where it fails."""
    before = {*runs_of(place)}
    ended = subprocess.run(
        command,
        cwd=place.folder,
        env={**os.environ, **place.variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise RuntimeError(ended.stdout + ended.stderr)
    (run,) = {*runs_of(place)} - before
    return run


def runs_of(place: Place) -> Iterator[Path]:
    return (place.folder / "runs").glob("[0-9]*")


def waits(run: Path, epoch: int) -> Wait:
    """The wait of an epoch, as the journal has it for each report of steps."""
    steps = [
        event
        for part in JournalReader(run / "journal.jsonl").slices()
        for event in part.events
        if isinstance(event, events.Steps)
    ]
    waited, seconds, before = 0.0, 0.0, 0
    for event in steps:
        assert isinstance(event.images_per_second, float)
        assert isinstance(event.waited, float)
        took = (event.step - before) * BATCH / event.images_per_second
        if event.epoch == epoch:
            waited, seconds = waited + took * event.waited, seconds + took
        before = event.step
    return Wait(waited, seconds)
