#!/bin/sh
# Guess:   find_label_issues refuses predictions that are not numbers, as it refuses those outside of 0 and 1. If it
#          does not, the image with such a prediction is left out, and all others are judged as before.
# Truth:   there is no error and no warning, and the row of one image changes what is said of the others. With one
#          row of NaN among 2,000, whose label is k, most of the images that the network holds for k and that have
#          another label are flagged no more: 2 of 23 are left. With one such row in each of ten classes nothing is
#          flagged at all: 206 issues become 0.
# Version: cleanlab 2.9.0.
# Source:  cleanlab/internal/validation.py, `assert_valid_inputs`: NaN is neither below 0 nor above 1;
#          cleanlab/count.py, `get_confident_thresholds`: the threshold of a class is the mean probability of its
#          images, which is NaN, and no probability is above that.
# Matters: a few images that are broken, or overflow in half precision, give such rows. "No label issues" then means
#          that nothing was looked at.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet cleanlab==2.9.0
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import cleanlab
import numpy as np
from cleanlab.filter import find_label_issues

print("cleanlab", cleanlab.__version__, "numpy", np.__version__)
drawn = np.random.default_rng(0)
right = drawn.integers(0, 10, 2000)
logits = drawn.normal(size=(2000, 10))
logits[np.arange(2000), right] += 4.0
powers = np.exp(1.5 * logits)
probabilities = powers / powers.sum(1, keepdims=True)
wrong = drawn.random(2000) < 0.1
labels = np.where(wrong, (right + drawn.integers(1, 10, 2000)) % 10, right)


def flagged(rows: list[int]) -> np.ndarray:
    """What is flagged if the network has said NaN of these images."""
    given = probabilities.copy()
    given[rows] = np.nan
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = find_label_issues(labels, given, n_jobs=1)
    assert not caught, [str(each.message) for each in caught]
    return found


first = [int(np.flatnonzero(labels == label)[0]) for label in range(10)]
all_numbers, one_nan, ten_nans = flagged([]), flagged(first[1:2]), flagged(first)
of_class = probabilities.argmax(1) == 1
before, after = all_numbers[of_class].sum(), one_nan[of_class].sum()
print(f"all numbers: {all_numbers.sum()} of {wrong.sum()} wrong labels flagged, {before} of them held for class 1")
print(f"one NaN, of an image with label 1: {one_nan.sum()} flagged, {after} of them held for class 1")
print(f"a NaN in each of ten classes: {ten_nans.sum()} flagged")
assert all_numbers.sum() > 190
assert after < 0.2 * before
assert ten_nans.sum() == 0
PYTHON
