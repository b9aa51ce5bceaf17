#!/bin/sh
# Guess:   MulticlassCalibrationError takes logits and gives what it gives for their softmax.
# Truth:   it takes them for probabilities where all of a batch lie within 0 and 1, and skips the softmax. A logit
#          of 1.001 anywhere in the batch changes the result for all its images. Adding 5 to all logits, which
#          changes no probability, changes the error.
# Version: torchmetrics 1.9.0 with torch 2.14.1.
# Source:  torchmetrics/utilities/compute.py, `normalize_logits_if_needed`: softmax only if a value lies outside
#          [0, 1]; its docs say the same of "logits or probabilities", and not of each batch.
# Matters: small networks, the first epochs, strong weight decay and ReLU after the last layer give such logits. The
#          logged calibration error is then that of numbers that are no probabilities. Apply softmax first.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchmetrics==1.9.0
"$work/venv/bin/python" - <<'PYTHON'
import torch
import torchmetrics
from torchmetrics.classification import MulticlassCalibrationError

print("torch", torch.__version__, "torchmetrics", torchmetrics.__version__)
generator = torch.Generator().manual_seed(0)
logits = torch.rand(200, 5, generator=generator)
labels = torch.randint(0, 5, (200,), generator=generator)
one_larger = logits.clone()
one_larger[0, 0] = 1.001
given = {
    "softmax of the logits": logits.softmax(1),
    "the logits, all within 0 and 1": logits,
    "the logits, one of 1,000 is 1.001": one_larger,
    "the logits + 5": logits + 5,
}
errors = {name: MulticlassCalibrationError(5)(values, labels).item() for name, values in given.items()}
for name, error in errors.items():
    print(f"{name}: {error:.3f}")
right, inside, mixed, shifted = errors.values()
assert inside > 2 * right, errors
assert abs(mixed - right) < 0.01, errors
assert abs(shifted - right) < 1e-6, errors
PYTHON
