#!/bin/sh
# Guess:   torchmetrics' MulticlassAccuracy(num_classes=3) and Accuracy(task="multiclass", num_classes=3) are the same
#          number, the share of images that are right; the second one is documented to make the first one.
# Truth:   they have other defaults: MulticlassAccuracy averages over classes (average="macro"), Accuracy over images
#          ("micro"). Of 90 images of one class and 10 of another, all taken for the first, one says 50 % and the other
#          90 %.
# Version: torchmetrics 1.9.0 with torch 2.14.1 on the CPU.
# Source:  torchmetrics/classification/accuracy.py, `Accuracy.__new__` (`average = "micro"`), and stat_scores.py,
#          `MulticlassStatScores.__init__` (`average = "macro"`), which MulticlassAccuracy inherits;
#          https://github.com/Lightning-AI/torchmetrics/issues/2320 (open).
# Matters: two scripts, or a script before and after a small clean-up, log other numbers under the same name for data
#          whose classes differ in size, so their runs cannot be compared.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchmetrics==1.9.0
"$work/venv/bin/python" - <<'PYTHON'
import torch
import torchmetrics
from torchmetrics import Accuracy
from torchmetrics.classification import MulticlassAccuracy

print("torch", torch.__version__, "torchmetrics", torchmetrics.__version__)
labels = torch.tensor([0] * 90 + [1] * 10)
logits = torch.tensor([[2.0, 0.0, 0.0]]).repeat(100, 1)
of_class = float(MulticlassAccuracy(num_classes=3)(logits, labels))
of_task = float(Accuracy(task="multiclass", num_classes=3)(logits, labels))
print(f"MulticlassAccuracy {of_class:.0%}, Accuracy(task='multiclass') {of_task:.0%}")
assert (round(of_class, 3), round(of_task, 3)) == (0.5, 0.9)
PYTHON
