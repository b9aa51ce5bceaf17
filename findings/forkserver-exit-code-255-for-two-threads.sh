#!/bin/sh
# Guess:   Process.exitcode of a process of multiprocessing's fork server is its exit code, or minus its signal.
# Truth:   the fork server sends the code once. If two threads ask at the same moment (join, is_alive, exitcode),
#          one reads it and the other finds the end of the pipe and stores 255 for good. ProcessPoolExecutor joins
#          its processes in a thread of its own, so whoever asks why one of them died gets 255 now and then.
# Version: CPython 3.11 (multiprocessing/popen_forkserver.py, Popen.poll), and its fork multiprocess 0.70.18, which
#          has the same code; Linux.
# Source:  the source of Popen.poll: "except (OSError, EOFError): … self.returncode = 255", without a lock.
# Matters: data loaders and pools with the start method "forkserver": a worker that a signal killed (out of memory,
#          a crash in an image decoder) looks as if it had exited with code 255, and the signal is lost.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet multiprocess==0.70.18
cat >"$work/main.py" <<'PYTHON'
import importlib
import os
import signal
import sys
import threading
import time


def stop() -> None:
    """Be ended by an ordinary signal."""
    time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)


def codes(process, threads: int = 8) -> set:
    """The exit codes that some threads are told, all of which wait for the process."""
    found = set()

    def wait() -> None:
        process.join()
        found.add(process.exitcode)

    waiting = [threading.Thread(target=wait) for _ in range(threads)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    return found | {process.exitcode}


def wrongly_told(module: str, processes: int = 40) -> int:
    """How many of these processes had the exit code 255 for one thread or for all."""
    context = importlib.import_module(module).get_context("forkserver")
    wrong = 0
    for _ in range(processes):
        process = context.Process(target=stop)
        process.start()
        wrong += 255 in codes(process)
    print(f"{module}: of {processes} processes that SIGTERM (15) ended, {wrong} had the exit code 255")
    return wrong


if __name__ == "__main__":
    import multiprocess

    print("Python", sys.version.split()[0], "multiprocess", multiprocess.__version__)
    assert wrongly_told("multiprocessing")
    assert wrongly_told("multiprocess")
PYTHON
"$work/venv/bin/python" "$work/main.py"
