#!/bin/sh
# Guess:   top-5 accuracy is never below top-1 accuracy.
# Truth:   torchmetrics' MulticlassAccuracy(top_k=1) takes `argmax`, which gives the first of equal logits.
#          With top_k >= 2 it takes `torch.topk`, which promises no order among equal logits and returns
#          others on the CPU. With tied logits, top-1 can be 1.0 and top-2 and top-5 0.0.
# Version: torchmetrics 1.9.0 with torch 2.14.1 on the CPU.
# Source:  torchmetrics/utilities/data.py, `select_topk` (`if topk == 1: argmax … else: topk`);
#          https://docs.pytorch.org/docs/stable/generated/torch.topk.html: the order of equal elements is not stated.
# Matters: a network whose last layer is a ReLU, a dead network, or logits in bf16 tie often. Its logged
#          top-5 is then too low, and may stand below its top-1, without a warning.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchmetrics==1.9.0
"$work/venv/bin/python" - <<'PYTHON'
import torch
import torchmetrics
from torchmetrics.classification import MulticlassAccuracy

print("torch", torch.__version__, "torchmetrics", torchmetrics.__version__)
logits = torch.zeros(100, 10)  # a dead network: all logits are equal
labels = torch.zeros(100, dtype=torch.long)
top = {k: MulticlassAccuracy(10, top_k=k, average="micro")(logits, labels).item() for k in (1, 2, 5)}
for k, accuracy in top.items():
    print(f"all logits equal, every label 0: top-{k} accuracy {accuracy}")
relu = torch.relu(torch.randn(1000, 10, generator=torch.Generator().manual_seed(0)) - 1.5)
classes = relu.argmax(1)  # labels that the network's own prediction meets
own = {k: MulticlassAccuracy(10, top_k=k, average="micro")(relu, classes).item() for k in (1, 2, 5)}
for k, accuracy in own.items():
    print(f"a ReLU as last layer, labels are its own argmax: top-{k} accuracy {accuracy:.3f}")
assert top[1] == 1.0 and top[5] < 1.0, top
assert own[1] == 1.0 and own[5] < 1.0, own
PYTHON
