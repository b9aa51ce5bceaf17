#!/bin/sh
# Guess:   McNemar's test of two networks that are right on exactly the same images finds no difference: p is 1, or at
#          worst not a number. So does that of two networks of which each has five images right that the other has not.
# Truth:   with the correction for continuity (the default in mlxtend; `exact=False` in statsmodels) the first p is
#          0.0, as (|0 - 0| - 1)² / 0 is infinity; only numpy warns, of a division by zero. The second is 0.75,
#          as the correction is not stopped at zero. The exact test says 1 both times.
# Version: statsmodels 0.15.0 and mlxtend 0.25.0.
# Source:  statsmodels/stats/contingency_tables.py, `mcnemar`
#          (`statistic = (np.abs(n1 - n2) - corr)**2 / (1. * (n1 + n2))`);
#          mlxtend/evaluate/mcnemar.py, `mcnemar`.
# Matters: a script that compares the checkpoints of many runs and keeps those with p < 0.05 takes the same network
#          twice, or two that are perfect on the validation images, for the clearest difference of all.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet statsmodels==0.15.0 mlxtend==0.25.0
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import mlxtend
import numpy as np
import statsmodels
from mlxtend.evaluate import mcnemar as of_mlxtend
from statsmodels.stats.contingency_tables import mcnemar

print("statsmodels", statsmodels.__version__, "mlxtend", mlxtend.__version__, "numpy", np.__version__)


def corrected(table: np.ndarray) -> dict[str, tuple[float, list[str]]]:
    """The p with the correction and the warnings, of either library."""
    found = {}
    for name, p_of in (
        ("statsmodels", lambda: mcnemar(table, exact=False).pvalue),
        ("mlxtend", lambda: of_mlxtend(table)[1]),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found[name] = float(p_of()), [f"{each.category.__name__}: {each.message}" for each in caught]
    return found


for only_a, only_b, expected in ((0, 0, 0.0), (5, 5, 0.75)):
    table = np.array([[900, only_a], [only_b, 50]])
    exact = float(mcnemar(table, exact=True).pvalue)
    print(f"only A right {only_a}, only B right {only_b}: exact p {exact:.2f}")
    assert exact == 1.0
    for name, (p, told) in corrected(table).items():
        print(f"    {name}, corrected: p {p:.2f} {told}")
        assert round(p, 2) == expected
PYTHON
