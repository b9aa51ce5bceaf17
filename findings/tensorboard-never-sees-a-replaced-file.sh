#!/bin/sh
# Guess:   TensorBoard, which looks for new data every few seconds, shows what rsync brought from another machine.
# Truth:   its fast loader, the default wherever pip installed tensorboard-data-server, keeps an event file open
#          and reads on in that. A longer version that is renamed over it, as rsync does without --inplace, is
#          never read: the curve stops, without a message, until TensorBoard is started again. With
#          --load_fast=false, where TensorFlow is not installed, the new points are there a second later.
# Version: tensorboard 2.21.0 with tensorboard-data-server 0.7.2; Linux.
# Source:  https://github.com/tensorflow/tensorboard/issues/349, where `--detect_file_replacement` is described: it
#          works with the slow loader alone. tensorboard/plugins/core/core_plugin.py: `--load_fast` is "auto".
# Matters: whoever copies the logs of a GPU machine to look at them takes a training that goes on for one that
#          stands still.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tensorboard==2.21.0 tensorboard-data-server==0.7.2
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

print("tensorboard", version("tensorboard"), "tensorboard-data-server", version("tensorboard-data-server"))
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def log(folder: Path, steps: int) -> Path:
    """Write a run with a loss at these steps; return its event file."""
    writer = EventFileWriter(str(folder))
    for step in range(steps):
        loss = Summary.Value(tag="loss", simple_value=1 / (1 + step))
        writer.add_event(Event(step=step, wall_time=1e9 + step, summary=Summary(value=[loss])))
    writer.close()
    return next(folder.iterdir())


def points(messages: Path) -> int:
    """How many points of the loss the TensorBoard with these messages shows now."""
    address = re.search(r"http://127.0.0.1:\d+", messages.read_text())
    if address is None:
        return 0
    try:
        with DIRECT.open(f"{address[0]}/data/plugin/scalars/scalars?run=run&tag=loss") as answer:
            return len(json.load(answer))
    except urllib.error.HTTPError:  # nothing is loaded yet
        return 0


def wait(messages: Path, expected: int, seconds: float) -> int:
    """How many points are shown as soon as there are so many, or at the end of this time."""
    ends = time.monotonic() + seconds
    while (shown := points(messages)) != expected and time.monotonic() < ends:
        time.sleep(0.2)
    return shown


def seen(name: str, *options: str) -> tuple[int, int]:
    """How many points TensorBoard shows of five, and of the ten that replace them, within 15 seconds."""
    shown, longer = log(Path(name, "logs", "run"), 5), log(Path(name, "copied"), 10)
    command = [sys.executable, "-m", "tensorboard.main", "--host", "127.0.0.1", "--port", "0", *options]
    command += ["--logdir", f"{name}/logs", "--reload_interval", "1"]
    messages = Path(name, "messages")
    with messages.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        before = wait(messages, 5, seconds=60)
        os.replace(longer, shown)
        return before, wait(messages, 10, seconds=15)
    finally:
        process.terminate()
        process.wait()


fast, slow = seen("fast"), seen("slow", "--load_fast=false")
print("points shown of 5, then of 10 that replaced them: by default", fast, "with --load_fast=false", slow)
assert "fast data loading" in Path("fast/messages").read_text()
assert fast == (5, 5)
assert slow == (5, 10)
PYTHON
