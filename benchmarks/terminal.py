"""What the dashboard costs on a terminal: bytes, CPU time, latency, memory, time to attach.

    python benchmarks/terminal.py [--seconds 60] [--rounds 3] [--size 120x40] [--only NAME …]

A viewer runs on a pseudo-terminal. It reads a journal that grows by ten events a second, like that
of a ResNet in training; no engine runs. Figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import multiprocessing
import os
import pty
import random
import re
import resource
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes import schedule
from engine.recipes.recipe import Resolved
from engine.recipes.recipe_building import build_recipe
from engine.run import run_creation
from engine.run.history import History
from engine.run.journal import Journal
from engine.run.run_paths import RunDir

EVENTS_PER_SECOND = 10
STEPS_PER_EPOCH = 390
LAYERS = [f"layer{i // 4 + 1}.{i % 4 // 2}.conv{i % 2 + 1}" for i in range(16)]
# Plausible values of: gradient norm, ratio of update to weight, activation mean and standard
# deviation, share of dead units.
HEALTH = 0.02, 1e-3, 0.1, 0.8, 0.02
VIEWER = "from tui.cli.command_line import main; main()"
# A program asks the terminal for the cursor position; this reply says that `●` is one cell wide.
CURSOR_WHERE, CURSOR_HERE = b"\x1b[6n", b"\x1b[1;2R"
EMPTY = "from textual.app import App; App().run()"
# The status shows the first once it knows the end of the journal, the second once it knows all.
KNOWN, FOLDED = b"/200", b"HALFWAY"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--only", nargs="*", default=list(MEASURES), choices=list(MEASURES))
    options = parser.parse_args()
    for name in options.only:
        MEASURES[name](options)


# The events of a run


class Script:
    """A plausible run of a small ResNet on CIFAR-10 that never ends, event by event."""

    def __init__(self) -> None:
        self._random = random.Random(0)
        self._step = 0
        self._recipe = build_recipe(flags={"arch": "resnet18", "data": "cifar10", "epochs": 200})
        self._plan = schedule.plan(self._recipe, STEPS_PER_EPOCH)

    def start(self) -> events.RunStarted:
        layers = [
            events.Layer(name, "Conv2d", "3×3", (64, 32, 32), 36_864, 37_748_736) for name in LAYERS
        ]
        return events.RunStarted(
            attempt="a1",
            name="1-resnet18-cifar10",
            recipe=self._recipe,
            resolved=Resolved(
                device="cpu", precision="bf16", memory_format="channels-last", threads=2, size=32
            ),
            host="gpu07",
            device="cuda:0 RTX A5000",
            classes=tuple(f"class{i}" for i in range(10)),
            layers=tuple(layers),
            parameters=11_173_962,
            macs=555_422_720,
            input=(3, 32, 32),
            train_images=50_000,
            validation_images=10_000,
            validation_is_test=True,
            steps_per_epoch=STEPS_PER_EPOCH,
            planned_steps=200 * STEPS_PER_EPOCH,
            versions={},
        )

    def events(self) -> Iterator[Event]:
        """Ten events a second: mostly steps; hardware and health every 2 s, maps every 10 s."""
        for tick in range(1, 10**9):
            if tick % 150 == 0:
                yield self._confusion()
                yield self._epoch()
            elif tick % 100 == 0:
                yield self._maps()
            elif tick % 20 == 0:
                yield self._hardware()
            elif tick % 20 == 10:
                yield self._health()
            else:
                yield self._steps()

    def _steps(self) -> Event:
        self._step += 3
        noise = self._random.random()
        loss = 2.3 / (1 + self._step / 500) + 0.2 * noise
        epoch = self._step // STEPS_PER_EPOCH + 1
        top1 = 1 - 0.9 / (1 + self._step / 500) - 0.05 * noise
        lr = schedule.learning_rate(self._plan, self._step - 1)
        return events.Steps(epoch, loss, top1, lr, 5000 + 300 * noise, step=self._step)

    def _epoch(self) -> Event:
        epoch = self._step // STEPS_PER_EPOCH + 1
        top1 = 1 - 0.9 / (1 + self._step / 500)
        return events.EpochEnded(
            epoch, 0.5, top1, 0.6, top1, 0.1, 10.0, 1.0, 5000.0, True, step=self._step
        )

    def _confusion(self) -> Event:
        rows = tuple(tuple(self._random.randrange(1000) for _ in range(10)) for _ in range(10))
        return events.Confusion(self._step // STEPS_PER_EPOCH + 1, rows, step=self._step)

    def _hardware(self) -> Event:
        gpu = events.Gpu(0, "A5000", True, self._random.random(), 4 << 30, 24 << 30, 64.0, 211.0)
        load = self._random.random()
        return events.Hardware(16, load, load, 3 << 30, 64 << 30, 2 << 30, 212 << 30, (gpu,))

    def _health(self) -> Event:
        layers = tuple(
            events.Health(name, *(scale * (1 + self._random.random()) for scale in HEALTH))
            for name in LAYERS
        )
        return events.LayerHealth(layers, step=self._step)

    def _maps(self) -> Event:
        def grid(side: int) -> str:
            return base64.b64encode(self._random.randbytes(side * side)).decode()

        maps = tuple(events.FeatureMap(i, 16, 16, 0.0, 1.0, grid(16)) for i in range(16))
        picture = events.Picture(1, 32, 32, grid(32))
        top = ((1, 0.8), (2, 0.1), (3, 0.05))
        return events.FeatureMaps("conv1", (64, 32, 32), 0, picture, 1, top, maps, step=self._step)


class LiveRun:
    """A run directory without an engine: this process holds its lock and writes its journal."""

    def __init__(self, folder: Path) -> None:
        self.run, self.lock = run_creation.create(folder, "resnet18-cifar10", "")
        self.journal = Journal(self.run.journal)
        self._script = Script()
        self._source = self._script.events()
        self.journal.append(self._script.start())
        self.journal.append(events.Phase("training"))
        self._grown = threading.Event()
        self._ended = threading.Event()

    def grow(self) -> threading.Thread:
        """Append ten events a second until `stop`."""
        thread = threading.Thread(target=self._grow, daemon=True)
        thread.start()
        return thread

    def _grow(self) -> None:
        due = time.monotonic()
        while not self._ended.is_set():
            self.journal.append(next(self._source))
            due += 1 / EVENTS_PER_SECOND
            self._ended.wait(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        self._ended.set()


# The viewer


class Viewer:
    """A program on a pseudo-terminal; counts the bytes that it writes."""

    def __init__(self, size: str, code: str, *arguments: str, python: str = sys.executable) -> None:
        columns, rows = map(int, size.split("x"))
        self.began = time.monotonic()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            # Users start the program from its bytecode, so let Python write it.
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            os.execv(python, [python, "-c", code, *arguments])
        window = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, window)
        self.bytes = 0

    def pump(self, seconds: float) -> bytes:
        """The output within this time."""
        parts, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    parts.append(os.read(self.master, 65536))
                except OSError:
                    break
            if parts and CURSOR_WHERE in parts[-1]:
                os.write(self.master, CURSOR_HERE)
        data = b"".join(parts)
        self.bytes += len(data)
        return data

    def until(self, found: bytes, seconds: float = 30.0) -> float:
        """Seconds from the start until the program has written what matches this pattern."""
        data, end = b"", time.monotonic() + seconds
        while not re.search(found, data):
            assert time.monotonic() < end, f"{found!r} was never written"
            data = data[-4096:] + self.pump(0.002)
        return time.monotonic() - self.began

    def answer(self, key: bytes = b"\t") -> float:
        """Seconds from a key to the first byte after it."""
        began = time.monotonic()
        os.write(self.master, key)
        select.select([self.master], [], [], 5)
        return time.monotonic() - began

    def process(self) -> psutil.Process:
        return psutil.Process(self.pid)

    def end(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.master)


# The measurements


def steady(options: argparse.Namespace, keys: bytes = b"", label: str = "all panes") -> None:
    """Bytes a second and the share of a core, while the journal grows."""
    rates, shares = [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            live = LiveRun(Path(folder))
            live.grow()
            viewer = Viewer(options.size, VIEWER, "attach", str(live.run.path))
            viewer.until(b"Loss")
            for key in keys:
                os.write(viewer.master, bytes([key]))
                viewer.pump(0.5)
            viewer.pump(options.warm_up)
            before, count = sum(viewer.process().cpu_times()[:2]), viewer.bytes
            viewer.pump(options.seconds)
            spent = sum(viewer.process().cpu_times()[:2]) - before
            rates.append((viewer.bytes - count) / options.seconds)
            shares.append(spent / options.seconds)
            viewer.end()
            live.stop()
    rate, share = statistics.median(rates), statistics.median(shares)
    print(f"{label:<14} {rate / 1024:6.2f} KiB/s   {share * 100:5.2f} % of a core", flush=True)


def each_pane(options: argparse.Namespace) -> None:
    """The same figures for each pane alone."""
    for number in range(1, 9):
        steady(options, f"{number}\r".encode(), f"pane {number} alone")


def paused(options: argparse.Namespace) -> None:
    """Bytes that the viewer writes for a paused run, whose hardware is still sampled."""
    with tempfile.TemporaryDirectory() as folder:
        live = LiveRun(Path(folder))
        live.journal.append(events.Phase("paused"))
        viewer = Viewer(options.size, VIEWER, "attach", str(live.run.path))
        viewer.until(b"Loss")
        viewer.pump(3)
        count = viewer.bytes
        for _ in range(5):
            live.journal.append(live._script._hardware())
            viewer.pump(2)
        print(f"{'paused':<14} {viewer.bytes - count} bytes in 10 s", flush=True)
        viewer.end()


def first_frame(options: argparse.Namespace) -> None:
    """Times to the first frame, ours and an empty Textual app's, to the status, and of --help."""
    last_line = rb"\x1b\[%d(;\d+)?[Hd]" % int(options.size.split("x")[1])
    with tempfile.TemporaryDirectory() as folder:
        programs = {
            "attach": (VIEWER, "attach", str(LiveRun(Path(folder)).run.path)),
            "launcher": (VIEWER, "--runs-dir", folder),
            "empty": (EMPTY,),
        }
        times: dict[str, list[float]] = {name: [] for name in (*programs, "known", "help")}
        for _ in range(3 * options.rounds + 1):
            for name, program in programs.items():
                viewer = Viewer(options.size, *program)
                times[name].append(viewer.until(last_line))
                if name == "attach":
                    times["known"].append(viewer.until(KNOWN))
                viewer.end()
            times["help"].append(help_seconds())
    for found in times.values():
        del found[0]  # the first round writes the bytecode
    middle = {name: statistics.median(found) for name, found in times.items()}
    ratios = (
        statistics.median(a / b for a, b in zip(times[name], times["empty"], strict=True))
        for name in ("attach", "launcher")
    )
    print(
        f"first frame    {middle['attach']:.3f} s, launcher {middle['launcher']:.3f} s, "
        f"empty app {middle['empty']:.3f} s, ratio {max(ratios):.2f}; "
        f"status {middle['known']:.3f} s"
    )
    print(f"--help         {middle['help']:.3f} s", flush=True)


def help_seconds() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", VIEWER, "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def latency(options: argparse.Namespace) -> None:
    """Time from a key to the first byte of its answer, with all cores busy."""
    with tempfile.TemporaryDirectory() as folder:
        live = LiveRun(Path(folder))
        live.grow()
        busy = [
            multiprocessing.Process(target=spin, daemon=True) for _ in range(os.cpu_count() or 2)
        ]
        for process in busy:
            process.start()
        viewer = Viewer(options.size, VIEWER, "attach", str(live.run.path))
        viewer.until(b"Loss")
        viewer.pump(3)
        times = []
        for turn in range(60 * options.rounds):
            viewer.pump(0.05 + (turn % 7) * 0.03)
            times.append(viewer.answer())
        for process in busy:
            process.kill()
        viewer.end()
        live.stop()
    times.sort()
    worst = times[int(0.99 * len(times))]
    print(
        f"key to cell    median {statistics.median(times) * 1e3:.0f} ms, 99 % {worst * 1e3:.0f} ms"
    )


def spin() -> None:
    while True:
        pass


def memory(options: argparse.Namespace) -> None:
    """Growth of a viewer's memory over ten million steps."""
    script, history = Script(), History()
    history.fold([script.start()])
    sizes = []
    for part in range(2):
        for i in range(250_000):
            history.fold([events.Steps(1, 1.0, 0.5, 0.1, 5e3, step=part * 5_000_000 + i * 20)])
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"memory         {sizes[0]:.0f} MiB after 5, {sizes[1]:.0f} after 10 million steps")


def attach(options: argparse.Namespace) -> None:
    """Time to the status and to the whole history of a journal of a million lines."""
    with tempfile.TemporaryDirectory() as folder:
        live = LiveRun(Path(folder))
        long_journal(live.run, 1_000_000)
        viewer = Viewer(options.size, VIEWER, "attach", str(live.run.path))
        known = viewer.until(KNOWN)
        answers, written = [], b""
        while FOLDED not in written:
            answers.append(viewer.answer())
            written = written[-64:] + viewer.pump(0.05)
            assert time.monotonic() - viewer.began < 60, "the journal is never folded"
        print(
            f"attach         status {known:.2f} s, a million lines folded "
            f"{time.monotonic() - viewer.began:.2f} s; a key meanwhile: "
            f"median {statistics.median(answers) * 1e3:.0f} ms, {max(answers) * 1e3:.0f} at most",
            flush=True,
        )
        viewer.end()


def long_journal(run: RunDir, lines: int) -> None:
    """Append reports, and one alert in the middle, which neither end of the journal shows."""
    with open(run.journal, "ab") as file:
        for i in range(lines):
            stamps = b'"seq":%d,"time":%d.5,"step":%d}\n' % (i + 3, 1_700_000_000 + i, i + 1)
            if i == lines // 2:
                file.write(b'{"type":"Alert","level":"warning","code":"","text":"%s",' % FOLDED)
            else:
                file.write(
                    b'{"type":"Steps","epoch":%d,"loss":1.234567,"top1":0.51234,"lr":0.1,'
                    b'"images_per_second":5123.4,' % (i // 1000 + 1)
                )
            file.write(stamps)


MEASURES: dict[str, Callable[[argparse.Namespace], None]] = {
    "steady": steady,
    "each": each_pane,
    "paused": paused,
    "first": first_frame,
    "latency": latency,
    "memory": memory,
    "attach": attach,
}


if __name__ == "__main__":
    main()
