#!/bin/sh
# Guess:   scheduler.state_dict() holds plain values, so a checkpoint with it loads with weights_only=True.
# Truth:   in torch 2.0 that of OneCycleLR holds a function and that of MultiStepLR a Counter, and both loads fail;
#          torch 2.14 loads them. Making a plain dict of the Counter breaks MultiStepLR.step(epoch) later.
# Version: torch 2.0.1 (fails), 2.14.1 (loads).
# Matters: a checkpoint written on an old cluster does not load safely there, and only after the training was saved.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.0.1 "numpy<2"
"$work/venv/bin/python" - <<'PYTHON'
import io

import torch
from torch.optim import lr_scheduler

print("torch", torch.__version__)
optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
found = {}
for scheduler in (
    lr_scheduler.StepLR(optimizer, 2),
    lr_scheduler.MultiStepLR(optimizer, [2]),
    lr_scheduler.OneCycleLR(optimizer, 0.1, 10, cycle_momentum=False),
):
    file = io.BytesIO()
    torch.save(scheduler.state_dict(), file)
    file.seek(0)
    try:
        torch.load(file, weights_only=True)
        found[type(scheduler).__name__] = True
    except Exception as error:
        print(type(scheduler).__name__, error)
        found[type(scheduler).__name__] = False
assert found == {"StepLR": True, "MultiStepLR": False, "OneCycleLR": False}, found
PYTHON
