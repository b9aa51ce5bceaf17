"""python -m engine RUN [--lines]: train the run in this directory, to its end."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TextIO

from engine import rundir
from engine.errors import EngineError
from engine.host import Host
from engine.rundir import Claim, RunDir


def main() -> int:
    """Take the lock, or the one handed over, and host the run."""
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    parser.add_argument("run", type=Path, help="a run directory")
    parser.add_argument("--lines", action="store_true", help="print lines as the run goes")
    parser.add_argument("--dry-run", action="store_true", help="one step, one evaluation batch")
    parser.add_argument("--lock-fd", type=int, help="an inherited descriptor that holds the lock")
    options = parser.parse_args()
    run = RunDir(options.run.resolve())
    out, err = _own_output(run) if options.lines else (None, sys.stderr)
    try:
        lock = rundir.take(run) if options.lock_fd is None else options.lock_fd
        # Loader workers and other children must not keep the lock alive.
        os.set_inheritable(lock, False)
        return Host(Claim(run, lock), out, err, dry=options.dry_run).run()
    except EngineError as error:
        print(f"cnn-tui: {error}", file=err, flush=True)
        return error.exit_code


def _own_output(run: RunDir) -> tuple[TextIO, TextIO]:
    """The terminal for our lines alone: what libraries print goes to engine.log."""
    sys.stdout.flush()
    sys.stderr.flush()
    out, err = (os.fdopen(os.dup(number), "w") for number in (1, 2))
    log = os.open(run.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    return out, err


if __name__ == "__main__":
    # The worker is a daemon thread: leave without waiting for threads of native libraries.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
