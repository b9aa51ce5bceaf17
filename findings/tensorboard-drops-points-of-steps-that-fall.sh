#!/bin/sh
# Guess:   TensorBoard drops the points after `purge_step` where a training was restarted with one, and else shows all.
# Truth:   what is dropped depends on the loader alone. The fast one, the default wherever pip installed
#          tensorboard-data-server, drops each point whose step a later point of the tag reaches or falls below, with
#          and without `purge_step`: a value that came late removes the ones before it, and a log without steps keeps
#          one point. With --load_fast=false nothing is dropped, not even with `purge_step`: the curve zigzags.
# Version: tensorboard 2.21.0 with tensorboard-data-server 0.7.2.
# Source:  tensorboard/data/server/reservoir.rs, "preemption"; tensorboard/backend/event_processing/
#          event_accumulator.py, `_CheckForRestartAndMaybePurge`; the docstring of torch's SummaryWriter.
# Matters: the same log shows another curve on another machine, and points that were written are missing unsaid.
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

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

print("tensorboard", version("tensorboard"), "tensorboard-data-server", version("tensorboard-data-server"))
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def write(run: str, steps: list[int], purge: int | None = None) -> None:
    """Write a file with a loss at these steps, numbered by their order."""
    writer = EventFileWriter(f"logs/{run}", filename_suffix=f".{len(list(Path('logs').glob(run + '/*')))}")
    if purge is not None:  # as torch's SummaryWriter(purge_step=…) does
        start = SessionLog(status=SessionLog.START)
        writer.add_event(Event(step=purge, wall_time=1e9 + 50, session_log=start))
    for at, step in enumerate(steps):
        loss = Summary.Value(tag="loss", simple_value=at)
        writer.add_event(Event(step=step, wall_time=1e9 + at + (100 if run in done else 0), summary=Summary(value=[loss])))
    writer.close()
    done.add(run)


done: set[str] = set()
write("purged", [*range(10)])
write("purged", [5, 6, 7], purge=5)
write("restarted", [*range(10)])
write("restarted", [5, 6, 7])
write("late", [0, 1, 2, 5, 4, 6])
write("without", [0, 0, 0])


def shown(run: str, *options: str) -> list[tuple[int, float]]:
    """The points that TensorBoard shows once they stay the same."""
    command = [sys.executable, "-m", "tensorboard.main", "--host", "127.0.0.1", "--port", "0", *options]
    messages, points = Path(f"messages-{run}{len(options)}"), None
    with messages.open("w") as out:
        process = subprocess.Popen([*command, "--logdir", "logs", "--reload_interval", "1"], stdout=out, stderr=out)
    try:
        ends = time.monotonic() + 90
        while not (address := re.search(r"http://127.0.0.1:\d+", messages.read_text())):
            assert time.monotonic() < ends, messages.read_text()
            time.sleep(0.2)
        while time.monotonic() < ends:
            time.sleep(3)
            before = points
            try:
                with DIRECT.open(f"{address[0]}/data/plugin/scalars/scalars?run={run}&tag=loss") as answer:
                    points = [(step, value) for _, step, value in json.load(answer)]
            except urllib.error.HTTPError:  # nothing is loaded yet
                continue
            if points and points == before:
                break
        return points
    finally:
        process.terminate()
        process.wait()


fast = {run: [step for step, _ in shown(run)] for run in sorted(done)}
slow = {run: [step for step, _ in shown(run, "--load_fast=false")] for run in sorted(done)}
print("by default", fast)
print("with --load_fast=false", slow)
once = [0, 1, 2, 3, 4, 5, 6, 7]
assert fast == {"late": [0, 1, 2, 4, 6], "purged": once, "restarted": once, "without": [0]}
twice = [*range(10), 5, 6, 7]
assert slow == {"late": [0, 1, 2, 5, 4, 6], "purged": twice, "restarted": twice, "without": [0, 0, 0]}
PYTHON
