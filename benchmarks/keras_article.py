"""The article's network, batches and augmentation: our engine against Keras.

    python -m benchmarks.keras_article [--rounds 7] [--threads 2] [--keras-python PATH]

All train on random images of 3×32×32 in batches of 64, on the CPU: Keras by `fit` with its
ImageDataGenerator in float32; our engine in the precision that `auto` chooses here, and in float32.
They take turns. The benchmark prints images/s and the ratios within the rounds.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack

from benchmarks.peer import Measure, Peer, keras_python, report, take_turns
from engine.start import engine_environment

AUTO, FLOAT32, KERAS = "ours, auto precision", "ours, float32", "Keras, float32"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keras-python", help="a Python that has TensorFlow")
    options = parser.parse_args()
    python = keras_python(options.keras_python)
    if python is None:
        sys.exit("There is no Keras here: pip install tensorflow, or name a --keras-python.")
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(options.threads)
    os.environ["TF_NUM_INTEROP_THREADS"] = str(options.threads)
    with ExitStack() as peers:
        ours = [sys.executable, "-m", "benchmarks.in_engine"]
        # The environment in which the program starts an engine.
        env = engine_environment.KEEP_MEMORY | os.environ
        ways: dict[str, Measure] = {
            AUTO: peers.enter_context(Peer(*ours, "auto", env=env)),
            FLOAT32: peers.enter_context(Peer(*ours, "float32", env=env)),
            KERAS: peers.enter_context(Peer(python, "benchmarks/in_keras.py", "article")),
        }
        found = take_turns(ways, options.rounds)
    report(found, {(AUTO, KERAS): 2.0, (FLOAT32, KERAS): None})


if __name__ == "__main__":
    main()
