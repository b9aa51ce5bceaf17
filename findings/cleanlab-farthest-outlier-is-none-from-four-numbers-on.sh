#!/bin/sh
# Guess:   the image whose features are fifty times as large as those of all others is the first outlier that
#          cleanlab's OutOfDistribution and Datalab name, in any number of dimensions.
# Truth:   with up to three features it is. From four on the distance is that of the cosine, unless a metric is asked
#          for: only the direction counts. The same image then has an ordinary score, and some image among the 499
#          ordinary ones is the first.
# Version: cleanlab 2.9.0.
# Source:  cleanlab/internal/neighbor/metric.py, `decide_default_metric` (HIGH_DIMENSION_CUTOFF = 3); the documentation
#          of OutOfDistribution says so under `params`.
# Matters: the features of a CNN have hundreds of dimensions. An image that saturates the network, or leaves it silent,
#          is the kind that one looks for, and may point where all others do. With `params={"knn": …}` of a Euclidean
#          metric it is the first one.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "cleanlab[datalab]==2.9.0"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import cleanlab
import numpy as np
from cleanlab import Datalab
from cleanlab.outlier import OutOfDistribution
from sklearn.neighbors import NearestNeighbors

print("cleanlab", cleanlab.__version__, "numpy", np.__version__)
places = {}
for dimensions in (2, 3, 4, 64, 512):
    features = np.abs(np.random.default_rng(0).normal(size=(500, dimensions))) + 0.5  # as after a ReLU
    features[0] *= 50.0
    scores = OutOfDistribution().fit_score(features=features, verbose=False)
    lab = Datalab({"image": list(range(500))}, verbosity=0)
    lab.find_issues(features=features, issue_types={"outlier": {}})
    found = lab.get_issues("outlier")
    knn = NearestNeighbors(n_neighbors=10, metric="euclidean").fit(features)
    euclidean = OutOfDistribution({"knn": knn}).fit_score(features=features, verbose=False)
    places[dimensions] = 1 + int((scores < scores[0]).sum())
    is_outlier = bool(found["is_outlier_issue"][0])
    print(
        f"{dimensions} features: the image is number {places[dimensions]} of 500, in Datalab an outlier: {is_outlier};"
        f" by Euclidean distance number {1 + int((euclidean < euclidean[0]).sum())}"
    )
    assert is_outlier == (dimensions <= 3)
    assert euclidean.argmin() == 0
assert places[2] == places[3] == 1
assert min(places[4], places[64], places[512]) > 50, places
PYTHON
