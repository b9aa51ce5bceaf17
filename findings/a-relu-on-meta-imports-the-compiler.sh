#!/bin/sh
# Guess:   a forward pass on the meta device costs nothing: it allocates no memory and computes shapes alone.
#          Constructing torch.optim.SGD is as cheap as it looks.
# Truth:   the first ReLU, tanh, addition, mean, dropout, batch norm or cross-entropy on the meta device imports
#          torch._dynamo, torch._inductor and SymPy, some 900 modules: about as much CPU time as importing torch.
#          A sigmoid, a pooling or a convolution imports SymPy and not the compiler. The same operations on the
#          CPU import nothing. The first optimiser that is constructed imports the compiler, too.
# Version: torch 2.14.1.
# Source:  torch/_prims_common/wrappers.py: functions of torch._refs are wrapped by torch._disable_dynamo, whose
#          first call imports torch._dynamo (torch/_compile.py); torch/optim/optimizer.py does the same.
# Matters: counting layers, shapes or MACs of a small CNN on "meta", and the first step of any training script,
#          take a second and 150 MB more than the computation on the CPU.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1
"$work/venv/bin/python" - <<'PYTHON'
import subprocess
import sys

CODE = """
import sys, time, torch
from torch import nn
parameters = [nn.Parameter(torch.zeros(3))]
modules, began = len(sys.modules), time.process_time()
with torch.device({device!r}):
    {work}
print(len(sys.modules) - modules, round(time.process_time() - began, 2), "torch._dynamo" in sys.modules)
"""
OPERATIONS = {
    "ReLU": "torch.relu(torch.zeros(3))",
    "tanh": "torch.tanh(torch.zeros(3))",
    "addition": "torch.zeros(3) + 1",
    "batch norm": "nn.BatchNorm2d(2)(torch.zeros(1, 2, 4, 4))",
    "sigmoid": "torch.sigmoid(torch.zeros(3))",
    "max-pooling": "nn.MaxPool2d(2)(torch.zeros(1, 1, 4, 4))",
}


def compiled(device: str, name: str, work: str) -> bool:
    """Whether this work imports the compiler, in a fresh interpreter."""
    code = CODE.format(device=device, work=work)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    modules, seconds, imported = done.stdout.split()
    print(f"{name:<20} on {device:<4}: {modules:>4} modules, {seconds:>5} s of CPU, compiler {imported}")
    return imported == "True"


import torch

print("torch", torch.__version__)
on_meta = {name: compiled("meta", name, work) for name, work in OPERATIONS.items()}
on_cpu = [compiled("cpu", name, work) for name, work in OPERATIONS.items()]
optimiser = compiled("cpu", "torch.optim.SGD(…)", "torch.optim.SGD(parameters, lr=0.1)")
assert [name for name, imported in on_meta.items() if imported] == ["ReLU", "tanh", "addition", "batch norm"]
assert not any(on_cpu)
assert optimiser
PYTHON
