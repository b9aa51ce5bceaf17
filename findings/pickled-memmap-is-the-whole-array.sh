#!/bin/sh
# Guess:   a data set that holds np.load(file, mmap_mode="r") is cheap to send to a worker: its path goes there, the
#          worker maps the file again, and all share the page cache. And np.load maps an .npz as well, where mmap_mode
#          is given.
# Truth:   pickling a memmap writes all its bytes: each spawned worker gets a copy of 100 MB through a pipe, in its
#          own memory; its type is still called memmap, but there is no map behind it. And for an .npz, mmap_mode is
#          taken and ignored: each access to `file["images"]` reads the array anew into memory.
# Version: numpy 2.4.6 with Python 3.11, start method spawn (the default on macOS and Windows).
# Source:  numpy/_core/memmap.py has no __reduce__, so that of ndarray is used; numpy/lib/_npyio_impl.py, `load`:
#          NpzFile is made without `mmap_mode`. medmnist 3.0.2 has a parameter mmap_mode that it hands to np.load of
#          an .npz.
# Matters: a set of 20 GB that is mapped so as to need no memory needs 20 GB a worker, 160 GB with eight, and is sent
#          at each epoch's start. Keep the path in the data set and map it in the worker.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet numpy==2.4.6
cd "$work"
cat > memmap.py <<'PYTHON'
import multiprocessing
import pickle

import numpy as np


def received(images: np.ndarray, kinds) -> None:
    """Tells what a worker got."""
    kinds.put((type(images).__name__, images._mmap is not None))


if __name__ == "__main__":
    print("numpy", np.__version__)
    np.save("images.npy", np.zeros((1000, 100_000), np.uint8))
    np.savez("images.npz", images=np.zeros((1000, 100_000), np.uint8))
    mapped = np.load("images.npy", mmap_mode="r")
    size = len(pickle.dumps(mapped))
    context = multiprocessing.get_context("spawn")
    kinds = context.Queue()
    worker = context.Process(target=received, args=(mapped, kinds))
    worker.start()
    kind, is_mapped = kinds.get()
    worker.join()
    print(f"pickled {size:,} bytes; mapped to a file here: {mapped._mmap is not None}; in a spawned worker: "
          f"{is_mapped}, though its type there is {kind}")
    file = np.load("images.npz", mmap_mode="r")
    first, second = file["images"], file["images"]
    shared = np.shares_memory(first, second)
    print(f".npz with mmap_mode='r': {type(first).__name__}, read anew at each access: {not shared}")
    assert size > 100_000_000 and kind == "memmap" and not is_mapped
    assert type(first) is np.ndarray and not shared
PYTHON
"$work/venv/bin/python" memmap.py
