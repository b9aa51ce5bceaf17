#!/bin/sh
# Guess:   four trainings that share two cores reach together about what one reaches alone.
# Truth:   with two threads each they reach together a small part of it. A thread of GNU OpenMP, which
#          PyTorch's Linux wheels contain, spins at the end of each parallel operation until the other
#          thread is there, but the kernel runs the other one only after the spinning one's time slice.
#          libgomp spins less where it has more threads than cores, but it does not count other processes.
#          GOMP_SPINCOUNT=50000 costs one training little, and makes four of them several times as fast.
# Version: torch 2.14.1 (CPU, x86-64 Linux).
# Source:  https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
# Matters: several small networks on one machine (a sweep, a class of students, jobs of a cluster without
#          pinned cores): the default of torch is a thread for each core in each process.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 numpy
cat > "$work/train.py" <<'PYTHON'
import os
import sys
import time

os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
import torch
from torch import nn

torch.set_num_threads(2)
net = nn.Sequential(
    nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
    nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 10),
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
images, labels = torch.randn(128, 1, 32, 32), torch.randint(0, 10, (128,))
while time.time() < float(sys.argv[1]):  # all begin together, after the imports
    time.sleep(0.05)
steps, end = 0, time.time() + 15
while time.time() < end:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(images), labels).backward()
    optimizer.step()
    steps += 1
print(steps * 128 / 15)
PYTHON
"$work/venv/bin/python" - "$work" <<'PYTHON'
import os
import subprocess
import sys
import time
from importlib.metadata import version

work = sys.argv[1]
print("torch", version("torch"))


def images_per_second(processes: int, **environment: str) -> float:
    """What so many trainings reach together, each with two threads on the same two cores."""
    start = str(time.time() + 10 + 8 * processes)
    command = [f"{work}/venv/bin/python", f"{work}/train.py", start]
    variables = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables | environment)
        for _ in range(processes)
    ]
    return sum(float(one.communicate()[0]) for one in running)


alone, alone_short = images_per_second(1), images_per_second(1, GOMP_SPINCOUNT="50000")
four, four_short = images_per_second(4), images_per_second(4, GOMP_SPINCOUNT="50000")
print(f"one training:    {alone:8.0f} images/s; with GOMP_SPINCOUNT=50000 {alone_short:8.0f}")
print(f"four, together:  {four:8.0f} images/s; with GOMP_SPINCOUNT=50000 {four_short:8.0f}")
assert four < 0.4 * alone, "four together are as fast as one"
assert four_short > 2 * four, "the spin count does not matter"
PYTHON
