#!/bin/sh
# Guess:   torchmetrics' macro accuracy is the balanced accuracy of scikit-learn: the mean recall of the
#          classes that have images.
# Truth:   it also counts a class without images, with recall 0, as soon as one image is taken for it. Only
#          classes that are neither in the labels nor in the predictions are left out.
# Version: torchmetrics 1.9.0 with torch 2.14.1 on the CPU.
# Source:  torchmetrics/utilities/compute.py, `_adjust_weights_safe_divide`
#          (`weights[tp + fp + fn == 0] = 0.0`).
# Matters: a network of 1,000 classes that is tested on images of a few of them gets a much lower balanced
#          accuracy there, which depends on how many other classes it happens to name.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchmetrics==1.9.0
"$work/venv/bin/python" - <<'PYTHON'
import torch
import torchmetrics
from torchmetrics.functional.classification import multiclass_accuracy

print("torch", torch.__version__, "torchmetrics", torchmetrics.__version__)
labels = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
for predicted in ([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 2, 1, 1, 1, 1], [0, 0, 0, 2, 1, 1, 1, 3]):
    said = torch.tensor(predicted)
    recalls = [float((said[labels == c] == c).double().mean()) for c in (0, 1)]
    macro = float(multiclass_accuracy(said, labels, num_classes=10, average="macro"))
    print(f"predicted {predicted}: mean recall {sum(recalls) / 2:.3f}, macro accuracy {macro:.3f}")
assert abs(macro - 0.375) < 1e-6, macro  # (0.75 + 0.75 + 0 + 0) / 4
PYTHON
