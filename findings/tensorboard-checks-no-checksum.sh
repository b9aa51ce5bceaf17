#!/bin/sh
# Guess:   TensorBoard checks the checksum of each record, and says which file is damaged.
# Truth:   its fast loader, the default wherever pip installed tensorboard-data-server, checks none: a value with a
#          flipped bit is a point of the curve. With --load_fast=false the curve ends before the damage for good, as
#          if the training had stopped. Neither says a word.
# Version: tensorboard 2.21.0 with tensorboard-data-server 0.7.2.
# Source:  tensorboard/data/server/cli.rs: by default records are only checksummed if they cannot be parsed;
#          tensorboard/backend/event_processing/event_file_loader.py.
# Matters: a wrong value is taken for an outlier of the training, and a lost half for a training that died.
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
import struct
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
writer = EventFileWriter("logs/run")
for step in range(20):
    loss = Summary.Value(tag="loss", simple_value=100.0 + step)
    writer.add_event(Event(step=step, wall_time=1e9 + step, summary=Summary(value=[loss])))
writer.close()
file = next(Path("logs/run").iterdir())
content, value = file.read_bytes(), struct.pack("<f", 110.0)
assert content.count(value) == 1
file.write_bytes(content.replace(value, struct.pack("<f", -110.0)))  # one bit


def shown(*options: str) -> list[tuple[int, float]]:
    """The points that TensorBoard shows, as soon as there are 20, or after 20 seconds."""
    command = [sys.executable, "-m", "tensorboard.main", "--host", "127.0.0.1", "--port", "0", *options]
    messages, points = Path(f"messages{len(options)}"), []
    with messages.open("w") as out:
        process = subprocess.Popen([*command, "--logdir", "logs", "--reload_interval", "1"], stdout=out, stderr=out)
    try:
        ends = time.monotonic() + 90
        while not (address := re.search(r"http://127.0.0.1:\d+", messages.read_text())):
            assert time.monotonic() < ends, messages.read_text()
            time.sleep(0.2)
        ends = time.monotonic() + 20
        while len(points) < 20 and time.monotonic() < ends:
            time.sleep(0.2)
            try:
                with DIRECT.open(f"{address[0]}/data/plugin/scalars/scalars?run=run&tag=loss") as answer:
                    points = [(step, value) for _, step, value in json.load(answer)]
            except urllib.error.HTTPError:  # nothing is loaded yet
                continue
        said = messages.read_text().lower()
        assert not any(word in said for word in ("crc", "checksum", "corrupt", "data loss", "damaged")), said
        return points
    finally:
        process.terminate()
        process.wait()


fast, slow = shown(), shown("--load_fast=false")
print("by default:", len(fast), "points, step 10 is", dict(fast)[10])
print("with --load_fast=false:", len(slow), "points, the last step is", slow[-1][0], "of 19")
assert len(fast) == 20 and dict(fast)[10] == -110.0
assert slow[-1][0] == 9
PYTHON
