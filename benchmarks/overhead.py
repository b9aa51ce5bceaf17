"""What the program costs: a hand-written loop, the engine headless, the engine with a dashboard.

    python benchmarks/overhead.py [--arch lenet5] [--data FOLDER] [--rounds 7] [--epochs 6]

The three take turns on the same images, model, batch and precision, without augmentation; each
is timed over whole training epochs after the first one (evaluation and saves apart), in a
process of its own. Printed are images/s and the paired ratios of each round, with their median.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import events, launch, recipe, rundir
from engine.journal import Reader
from engine.recipe import Recipe
from engine.rundir import RunDir

CLASSES, IMAGES, VALIDATION = 10, 12_800, 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", default="lenet5")
    parser.add_argument("--data", type=Path, help="a folder of images; else random ones are made")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch", type=int, default=128)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or random_images(Path(folder) / "images")
        chosen = recipe.build(
            settings={"epochs": options.epochs, "batch": options.batch, "crop": 0, "flip": False},
            flags={"arch": options.arch, "data": str(data.resolve())},
        )
        ways = {
            "bare": lambda place: bare(chosen, place),
            "headless": lambda place: headless(chosen, place),
            "attached": lambda place: attached(chosen, place),
        }
        speeds: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(options.rounds):
            names = list(ways)
            for name in names[turn % 3 :] + names[: turn % 3]:
                speeds[name].append(ways[name](Path(folder) / f"{turn}-{name}"))
                print(f"round {turn + 1}  {name:<9} {speeds[name][-1]:9.0f} images/s", flush=True)
    report(options.arch, speeds)


def report(arch: str, speeds: dict[str, list[float]]) -> None:
    """Medians, and the ratios within each round."""
    print(f"\n{arch}, medians of {len(speeds['bare'])} rounds")
    for name, found in speeds.items():
        print(f"  {name:<9} {statistics.median(found):9.0f} images/s")
    for over, under in (("headless", "bare"), ("attached", "headless")):
        ratios = sorted(a / b for a, b in zip(speeds[over], speeds[under], strict=True))
        middle = statistics.median(ratios)
        print(f"  {over} : {under}  {middle:.3f}   ({ratios[0]:.3f} to {ratios[-1]:.3f})")


def random_images(folder: Path) -> Path:
    """Random images in ImageFolder layout; speed does not depend on what they show."""
    import torch
    from torchvision.io import write_png

    torch.manual_seed(0)
    for split, count in (("train", IMAGES), ("val", VALIDATION)):
        for i in range(count):
            path = folder / split / str(i % CLASSES)
            path.mkdir(parents=True, exist_ok=True)
            write_png(torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8), str(path / f"{i}.png"))
    return folder


def bare(chosen: Recipe, place: Path) -> float:
    """The loop of `benchmarks/bare.py`, in a process with the engine's environment."""
    place.mkdir()
    (place / "recipe.toml").write_text(recipe.to_toml(chosen))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare", str(place / "recipe.toml")],
        env={**launch.environment(chosen), "PYTHONPATH": str(Path(__file__).parent.parent)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(json.loads(done.stdout))


def headless(chosen: Recipe, place: Path) -> float:
    """The engine alone."""
    claim = launch.create(chosen, place)
    launch.spawn(claim, chosen).wait()
    return speed(claim.run)


def attached(chosen: Recipe, place: Path) -> float:
    """The engine with `cnn-tui attach` on a pseudo-terminal of 120×40."""
    claim = launch.create(chosen, place)
    engine = launch.spawn(claim, chosen)
    with viewer(claim.run):
        engine.wait()
    return speed(claim.run)


@contextmanager
def viewer(run: RunDir) -> Iterator[None]:
    """A dashboard whose terminal is read as fast as it writes."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
        code = "from tui.cli import main; main()"
        os.execv(sys.executable, [sys.executable, "-c", code, "attach", str(run.path)])
    ended = threading.Event()
    reader = threading.Thread(target=drain, args=(master, ended))
    reader.start()
    try:
        yield
    finally:
        os.write(master, b"q")
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


def speed(run: RunDir) -> float:
    """Images a second from the start to the end of each training epoch but the first."""
    images = seconds = began = 0.0
    step = batch = 0
    for said in Reader(run.journal).batches():
        for event in said.events:
            if isinstance(event, events.RunStarted):
                batch = event.recipe.batch
            if isinstance(event, events.Phase) and event.name == "training":
                began, step = event.time, event.step
            if isinstance(event, events.Phase) and event.name == "evaluating" and step:
                images += (event.step - step) * batch
                seconds += event.time - began
    assert images, rundir.last_words(run)
    return images / seconds


if __name__ == "__main__":
    main()
