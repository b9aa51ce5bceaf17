#!/bin/sh
# Guess:   copy.deepcopy of a model is a model of its own: its weights are leaves of autograd, and a backward pass
#          through the copy fills the gradients of the copy.
# Truth:   the copy of a TorchScript module computes its weights from those of the original (clone, recorded by
#          autograd). They are no leaves, no nn.Parameters, and get no .grad: the backward pass of the copy adds
#          to the gradients of the ORIGINAL. Under torch.no_grad() the copy is independent, but all its weights
#          have requires_grad False, so they must be set free one by one. A part of an ordinary model that is
#          TorchScript behaves the same, without a warning.
# Version: torch 2.14.1.
# Source:  torch/jit/_script.py: RecursiveScriptModule.__deepcopy__ copies its C++ object;
#          aten/src/ATen/core/ivalue.cpp: IValue::deepcopy clones each tensor, where autograd sees it.
# Matters: an averaged copy (EMA), a trial step on a copy or a copy for a second optimiser changes the gradients of
#          the model that trains, or learns nothing itself.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1
"$work/venv/bin/python" -W ignore - "$work/net.py" <<'PYTHON'
import copy
import importlib.util
import sys
from pathlib import Path

import torch
from torch import nn

CODE = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(x)
"""
Path(sys.argv[1]).write_text(CODE)  # TorchScript reads the source
spec = importlib.util.spec_from_file_location("net", sys.argv[1])
net = importlib.util.module_from_spec(spec)
spec.loader.exec_module(net)


def learns(model: nn.Module) -> tuple[bool, bool]:
    """Whether a backward pass of a copy fills the gradients of the copy, and of the original."""
    copied = copy.deepcopy(model)
    copied(torch.ones(1, 3)).sum().backward()
    found = []
    for each in (copied, model):
        found.append(all(parameter.is_leaf and parameter.grad is not None for parameter in each.parameters()))
    return found[0], found[1]


print("torch", torch.__version__)
plain, script = learns(net.Net()), learns(torch.jit.script(net.Net()))
part = learns(nn.Sequential(torch.jit.script(net.Net())))
print("gradients in (copy, original): ordinary", plain, "TorchScript", script, "in part", part)
assert plain == (True, False)
assert script == part == (False, True)
with torch.no_grad():
    copied = copy.deepcopy(torch.jit.script(net.Net()))
assert all(parameter.is_leaf and not parameter.requires_grad for parameter in copied.parameters())
PYTHON
