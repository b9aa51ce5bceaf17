#!/bin/sh
# Guess:   a study in a database, with TPESampler(seed=0), goes on after its process was killed as an unbroken one.
# Truth:   each process begins the random numbers of the seed anew, so during the startup trials (10 that completed)
#          it suggests the same values again: killed after every third trial, nine trials are three learning rates,
#          each trained three times. The trial that was killed stays RUNNING for ever, and counts in no n_trials.
# Version: optuna 5.0.0.
# Source:  optuna/samplers/_random.py and _lazy_random_state.py: the state of the generator is in the process, not in
#          the storage; the FAQ advises to pickle the sampler, which a kill prevents.
# Matters: seeds are set so that a search can be repeated, and a requeued one then trains the same networks again, bit
#          for bit. A seed that depends on the number of the trial, TPESampler(seed=len(study.trials)), does not.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet optuna==5.0.0
cat > "$work/search.py" <<'PYTHON'
import os
import signal
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.CRITICAL)
storage, by_number = sys.argv[1], sys.argv[2] == "by-number"
study = optuna.create_study(study_name="search", storage=storage, load_if_exists=True)
for done in range(4):
    study.sampler = optuna.samplers.TPESampler(seed=len(study.trials)) if by_number else study.sampler
    if not (by_number or done):
        study.sampler = optuna.samplers.TPESampler(seed=0)
    trial = study.ask()
    rate = trial.suggest_float("lr", 1e-3, 1.0, log=True)
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    study.tell(trial, abs(rate - 0.1))
PYTHON
"$work/venv/bin/python" - "$work" <<'PYTHON'
import subprocess
import sys

import optuna

print("optuna", optuna.__version__)
optuna.logging.set_verbosity(optuna.logging.CRITICAL)
work = sys.argv[1]
distinct = {}
for seed in ("one-seed", "by-number"):
    storage = f"sqlite:///{work}/{seed}.db"
    for _ in range(3):
        killed = subprocess.run([sys.executable, f"{work}/search.py", storage, seed], check=False)
        assert killed.returncode == -9
    trials = optuna.load_study(study_name="search", storage=storage).trials
    done = [round(trial.params["lr"], 4) for trial in trials if trial.state.name == "COMPLETE"]
    states = [trial.state.name for trial in trials]
    distinct[seed] = len(set(done))
    print(f"{seed}: {done}; {states.count('RUNNING')} trials are RUNNING, with no process")
    assert len(done) == 9 and states.count("RUNNING") == 3
assert distinct == {"one-seed": 3, "by-number": 9}, distinct
PYTHON
