#!/bin/sh
# Guess:   under the start method `spawn` (the default on macOS and Windows), the two workers of a
#          DataLoader import the script once each, at the first epoch: what stands at the top of the
#          script runs three times in all, however many epochs follow.
# Truth:   without `persistent_workers` new workers start at every epoch, and each of them runs the top of
#          the script again, as `__mp_main__`: 1 + workers × epochs times. A run, a log file or a download
#          that starts at the top starts in each of them, too; `process._inheriting` is set meanwhile.
# Version: torch 2.14.1 on Python 3.11.
# Matters: whoever creates a logger at the top of a script with 4 workers and 90 epochs has 361 of them,
#          and an epoch waits each time until its workers have imported everything again.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1
cat > "$work/train.py" <<'PYTHON'
import os
from multiprocessing import process

import torch
from torch.utils.data import DataLoader, TensorDataset

inherits = getattr(process.current_process(), "_inheriting", False)
with open(os.environ["TOP"], "a") as file:
    file.write(f"{__name__} {inherits}\n")

if __name__ == "__main__":
    print("torch", torch.__version__)
    images = TensorDataset(torch.zeros(8, 1))
    loader = DataLoader(images, 4, num_workers=2, multiprocessing_context="spawn")
    for epoch in range(3):
        for batch in loader:
            pass
PYTHON
TOP="$work/top" "$work/venv/bin/python" "$work/train.py"
sort "$work/top" | uniq -c
test "$(grep -c '^__main__ False' "$work/top")" = 1
test "$(grep -c '^__mp_main__ True' "$work/top")" = 6
