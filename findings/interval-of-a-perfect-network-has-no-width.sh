#!/bin/sh
# Guess:   the 95 % confidence interval that statsmodels gives for 100 right of 100 images reaches down to about 96 %.
# Truth:   unless a method is named, it is from 100 % to 100 %, without a warning, for one image of one as for 100 of
#          100. The exact interval of 100 (method="beta") begins at 96.4 %, that of Wilson at 96.3 %.
# Version: statsmodels 0.15.0.
# Source:  statsmodels/stats/proportion.py, `proportion_confint`: the default is the normal approximation
#          (`dist = norm.isf(alpha / 2.0) * std_`), whose deviation is 0 where all are right.
# Matters: a network that has every one of its few validation images right looks certain to be right on all others;
#          of two classes with 20 images each, the one with 20 right gets no error bar, and that with 19 a wide one.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet statsmodels==0.15.0
"$work/venv/bin/python" -W error - <<'PYTHON'
import statsmodels
from statsmodels.stats.proportion import proportion_confint

print("statsmodels", statsmodels.__version__)
for right, images in ((1, 1), (19, 20), (20, 20), (100, 100)):
    low, high = map(float, proportion_confint(right, images))
    print(f"default: {right:3} of {images:3}: {low:.1%} to {high:.1%}")
    assert (low == high == 1.0) == (right == images)
for method in ("wilson", "beta"):
    low, high = map(float, proportion_confint(100, 100, method=method))
    print(f"{method:7}: 100 of 100: {low:.1%} to {high:.1%}")
    assert 0.96 < low < 0.97 and high == 1.0
PYTHON
