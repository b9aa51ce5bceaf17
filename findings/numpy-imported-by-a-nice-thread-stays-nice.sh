#!/bin/sh
# Guess:   a background thread that lowers its own priority to import numpy or torch slows down only its import;
#          what the main thread computes afterwards has the normal priority.
# Truth:   on Linux the priority belongs to a thread, and new threads inherit it. OpenBLAS starts its threads while
#          numpy is imported, so all of them keep the low priority of the importing thread, also for products that
#          the main thread asks for. Without privileges, nobody can raise it again. PyTorch's OpenMP threads start at
#          the first parallel computation, with the priority of the thread that computes.
# Version: numpy 2.3.5 (OpenBLAS), torch 2.14.1, Linux.
# Source:  setpriority(2), "C library/kernel differences": a nice value is an attribute of a thread; OpenBLAS,
#          driver/others/blas_server.c, `blas_thread_init`, which runs when the library is loaded.
# Matters: an interface, a notebook or a server that preloads numpy "nicely" in the background: on a busy machine its
#          matrix products wait behind every other program for as long as the process lives.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.3.5
OPENBLAS_NUM_THREADS=4 OMP_NUM_THREADS=4 "$work/venv/bin/python" - <<'PYTHON'
import contextlib
import os
import pathlib
import threading
import time


def nice_values() -> list[int]:
    """The nice value of each thread of this process but the main one."""
    time.sleep(0.5)  # the kernel forgets a thread that has ended a moment later
    found = []
    for task in pathlib.Path("/proc/self/task").iterdir():
        if int(task.name) != threading.main_thread().native_id:
            with contextlib.suppress(OSError):
                found.append(int((task / "stat").read_text().rpartition(")")[2].split()[16]))
    return sorted(found)


def import_nicely(module: str) -> None:
    def work() -> None:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + 10)
        __import__(module)

    importer = threading.Thread(target=work)
    importer.start()
    importer.join()


usual = os.getpriority(os.PRIO_PROCESS, 0)
import_nicely("numpy")
import numpy

print("numpy", numpy.__version__, "main thread", usual, "others after the import:", nice_values())
numpy.ones((500, 500)) @ numpy.ones((500, 500))
after_numpy = nice_values()
print("after a product in the main thread:", after_numpy)
import_nicely("torch")
import torch

print("torch", torch.__version__, "others after the import:", nice_values())
torch.ones(500, 500) @ torch.ones(500, 500)
torch.ones(3_000_000).exp()
after_torch = nice_values()
print("after a parallel computation in the main thread:", after_torch)
assert after_numpy and set(after_numpy) == {usual + 10}, after_numpy  # as many as cores but one
assert usual in after_torch, after_torch
PYTHON
