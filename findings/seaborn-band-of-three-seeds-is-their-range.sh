#!/bin/sh
# Guess:   the band that seaborn.lineplot draws around the mean of three seeds, its default 95 % confidence interval,
#          contains the true mean in about 90 % of cases.
# Truth:   in 75 %. Of three values, a bootstrap draws the lowest one three times with a chance of 1 in 27, which is
#          more than 2.5 %, so the band is just from the lowest to the highest seed, and both of its ends lie on one
#          side of the true mean with a chance of 2 / 2³. With five seeds it is about 85 %, with ten 90 %.
# Version: seaborn 0.13.2 with pandas 3.1.1.
# Source:  seaborn/relational.py, `lineplot` (errorbar=("ci", 95), n_boot=1000); seaborn/algorithms.py, `bootstrap`.
# Matters: the bands of two recipes with three seeds each lie apart in a figure whose caption says 95 %, while one band
#          in four misses its mean: a difference that three more seeds may turn.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet seaborn==0.13.2 pandas==3.1.1
MPLBACKEND=agg MPLCONFIGDIR="$work" "$work/venv/bin/python" - <<'PYTHON'
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn
from seaborn.algorithms import bootstrap

print("seaborn", seaborn.__version__, "pandas", pd.__version__)
seeds = pd.DataFrame({"epoch": [1] * 3 + [2] * 3, "top1": [0.80, 0.85, 1.0, 0.7, 0.72, 0.9]})
_, axes = plt.subplots()
seaborn.lineplot(seeds, x="epoch", y="top1", ax=axes)
[path] = axes.collections[0].get_paths()
drawn = {(float(x), round(float(y), 6)) for x, y in path.vertices}
print("band:", sorted(drawn))
assert drawn == {(1.0, 0.8), (1.0, 1.0), (2.0, 0.7), (2.0, 0.9)}, "the lowest and the highest seed"
rng, repeats, covered = np.random.default_rng(0), 400, {}
for count in (3, 5, 10):
    hits = 0
    for i in range(repeats):
        low, high = np.percentile(bootstrap(rng.normal(size=count), n_boot=1000, seed=i), [2.5, 97.5])
        hits += low <= 0.0 <= high
    covered[count] = hits / repeats
    print(f"{count:2} seeds: the band contains the true mean in {covered[count]:.0%}")
assert 0.69 < covered[3] < 0.80 < covered[10] < 0.96, covered
PYTHON
