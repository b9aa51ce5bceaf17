#!/bin/sh
# Guess:   a trial whose objective is not a number (a training that diverged) teaches Optuna's TPE to stay away, or
#          at least is ignored, so that it goes on trying such learning rates no more often than by chance (37 %).
# Truth:   the trial has the state FAIL, TPE never sees it, and where the accuracy rises up to the rate at which
#          networks diverge, every later suggestion lies beyond it: 100 % of trials 21 to 60, with three seeds.
#          Told as the accuracy of a network that guesses, the same trials keep it near the border: about 40 %.
# Version: optuna 5.0.0.
# Source:  optuna/study/_tell.py (a value that is not finite makes the trial FAIL); optuna/samplers/_tpe/sampler.py
#          (`_get_observation_pairs` and its states: COMPLETE and PRUNED).
# Matters: a night of trials on learning rates may be a night of diverged trainings, none of which is shown as bad.
#          Return the accuracy of a guess instead of a NaN.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet optuna==5.0.0
"$work/venv/bin/python" - <<'PYTHON'
import math

import optuna

print("optuna", optuna.__version__)
optuna.logging.set_verbosity(optuna.logging.CRITICAL)
GUESS = 0.1  # ten classes
DIVERGES = 0.3


def share_beyond(seed: int, diverged: float) -> float:
    """The share of trials 21 to 60 whose rate diverges, if such a trial returns `diverged`."""

    def accuracy(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("lr", 1e-3, 10.0, log=True)
        return diverged if rate > DIVERGES else 0.9 + 0.02 * math.log10(rate)

    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(accuracy, n_trials=60)
    late = [trial.params["lr"] for trial in study.trials[20:]]
    return sum(rate > DIVERGES for rate in late) / len(late)


shares = {name: [share_beyond(seed, value) for seed in (1, 2, 3)] for name, value in (("NaN", math.nan), ("a guess", GUESS))}
for name, found in shares.items():
    print(f"a diverged training returns {name}: {', '.join(f'{each:.0%}' for each in found)} of the late trials diverge")
assert min(shares["NaN"]) > 0.8, shares
assert max(shares["a guess"]) < 0.5, shares
PYTHON
