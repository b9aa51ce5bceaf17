#!/bin/sh
# Guess:   torchmetrics' calibration error of a perfectly calibrated network is about 0, 1 % at most,
#          on a validation set of 200 images.
# Truth:   about 4 % on 200 images, 8 % on 50, 2 % on 1,000 and 0.6 % on 10,000: in each of the 15 bins, the
#          accuracy differs from the probability by chance, and the error is a mean of absolute differences.
#          The sum over the bins of sqrt(2/pi * sum of p(1-p)) / N predicts it within a tenth.
# Version: torchmetrics 1.9.0 with torch 2.14.1 on the CPU.
# Source:  Roelofs et al. 2022, "Mitigating Bias in Calibration Error Estimation", arXiv:2012.08668, figure 1;
#          torchmetrics/functional/classification/calibration_error.py, `_ce_compute`.
# Matters: a network whose error on 200 images is 4 % may be perfectly calibrated, and of two networks the one
#          that was tested on more images looks better calibrated.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchmetrics==1.9.0
"$work/venv/bin/python" - <<'PYTHON'
import math

import torch
import torchmetrics
from torchmetrics.functional.classification import binary_calibration_error

print("torch", torch.__version__, "torchmetrics", torchmetrics.__version__)
torch.manual_seed(0)
sure = torch.distributions.Beta(6.0, 0.6)  # as sure as networks are: 91 % on average
means = {}
for images in (50, 200, 1000, 10_000):
    errors, predicted = [], []
    for _ in range(200):
        p = sure.sample((images,)).clamp(0.5, 1.0)
        right = torch.rand(images) < p  # right exactly as often as it says
        errors.append(float(binary_calibration_error(p, right.int(), n_bins=15)))
        bins = torch.bucketize(p, torch.arange(1, 15) / 15)
        variance = torch.zeros(15).index_add_(0, bins, p * (1 - p))
        predicted.append(float((variance * 2 / math.pi).sqrt().sum() / images))
    means[images] = sum(errors) / len(errors)
    print(f"{images:6} images: ECE {means[images]:.2%}, predicted {sum(predicted) / 200:.2%}")
assert means[200] > 0.03 > 0.01 > means[10_000], means
PYTHON
