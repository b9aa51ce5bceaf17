#!/bin/sh
# Guess:   when a training is killed with -9, as by the kernel for lack of memory, whoever reads its output sees
#          the end of the pipe at once: `python train.py | tee log` ends with the training.
# Truth:   the workers of a DataLoader are forked and hold the training's descriptors. An idle worker looks for its
#          parent every 5 seconds (a worker in a slow `__getitem__` only after that), so the pipe stays open for up
#          to 5 s after the training is gone; without workers it ends within milliseconds.
# Version: torch 2.14.1, Python 3.11, Linux (start method fork).
# Source:  torch/utils/data/_utils/__init__.py: MP_STATUS_CHECK_INTERVAL = 5.0; worker.py: `ManagerWatchdog`, asked
#          when `index_queue.get` times out.
# Matters: a watcher that takes the end of the pipe for the end of the training is seconds late, and a job's
#          `| tee` keeps the node; watch the process (its id and start time) as well.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 numpy
"$work/venv/bin/python" - <<'PYTHON'
import subprocess
import sys
import time

TRAINING = """
import sys, time, torch
data = torch.utils.data.TensorDataset(torch.zeros(64, 1))
loader = torch.utils.data.DataLoader(data, batch_size=2, num_workers=int(sys.argv[1]), multiprocessing_context={context})
for batch in loader:
    print("step", flush=True)
    time.sleep(60)
"""


def seconds_to_the_end(workers: int) -> float:
    """From the kill of a training in its first step to the end of its output."""
    code = TRAINING.format(context="'fork'" if workers else None)
    with subprocess.Popen([sys.executable, "-c", code, str(workers)], stdout=subprocess.PIPE) as training:
        assert training.stdout is not None
        training.stdout.readline()
        time.sleep(1)  # the workers have read ahead, and wait
        training.kill()
        training.wait()
        killed = time.monotonic()
        training.stdout.read()
        return time.monotonic() - killed


import torch

print("torch", torch.__version__)
alone, with_workers = seconds_to_the_end(0), seconds_to_the_end(2)
print(f"end of the pipe after the kill: {alone:.2f} s without workers, {with_workers:.2f} s with two")
assert alone < 1.0
assert 1.5 < with_workers < 8.0
PYTHON
