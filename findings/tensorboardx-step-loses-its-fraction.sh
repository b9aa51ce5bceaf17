#!/bin/sh
# Guess:   add_scalar(tag, value, epoch + batch / batches) draws over fractions of epochs, or raises an error.
# Truth:   the step is cut to a whole number without a word: all points of an epoch have one step, and
#          TensorBoard shows the last of them. Text is taken as well, if it is a number.
# Version: tensorboardX 2.6.5; torch.utils.tensorboard of torch 2.14.1 does the same.
# Source:  tensorboardX/writer.py, FileWriter.add_event: `event.step = int(step)`.
# Matters: who logs by fractions of an epoch loses all points but one per epoch, and sees a smooth curve.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tensorboardX==2.6.5 tensorboard==2.21.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboardX import SummaryWriter

print("tensorboardX", version("tensorboardX"))
writer = SummaryWriter("log")
given = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, "7"]
for step in given:
    writer.add_scalar("loss", 1.0, step)
writer.close()
events = LegacyEventFileLoader(str(next(Path("log").iterdir()))).Load()
written = [event.step for event in events if event.HasField("summary")]
print("given", given, "written", written)
assert written == [0, 0, 0, 0, 1, 1, 7]
PYTHON
