#!/bin/sh
# Guess:   an HDF5 or Zarr file of images (N, height, width, 3) whose chunks the library chooses holds about one image
#          or a few neighbours a chunk: reading one image reads about that much, as it does from a file of its own.
# Truth:   the chunks are slabs across all images. h5py (any compression) gives 10,000 images of 224 x 224 chunks of
#          (625, 14, 14, 1): one image lies in 768 chunks, and 625 times its bytes are read and decompressed; at 32 x
#          32 it is 1,250 times. Zarr's "auto" reads 1,250 and 3,333 times. Measured on 400 random images of 64 x 64:
#          100 images' bytes for one with h5py. With chunks=(1, height, width, 3) it is one or two.
# Version: h5py 3.16.0, zarr 3.1.6.
# Source:  h5py/_hl/filters.py, `guess_chunk`; zarr/core/chunk_grids.py, `_guess_chunks`: each halves one axis after
#          the other, the first one as well, until a chunk is small, whatever the axes mean.
# Matters: a shuffled epoch over such a file decompresses the whole data set hundreds of times, and looks like a slow
#          disk or like a need for more workers.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet h5py==3.16.0 zarr==3.1.6 numpy
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import math

import h5py
import numpy as np
import zarr

print("h5py", h5py.__version__, "zarr", zarr.__version__)


def amplification(shape: tuple[int, ...], chunks: tuple[int, ...]) -> float:
    """Bytes of all chunks that hold a part of one image, as a multiple of the image."""
    touched = math.prod(-(-side // chunk) for side, chunk in zip(shape[1:], chunks[1:], strict=True))
    return touched * math.prod(chunks) / math.prod(shape[1:])


times = {}
for side in (32, 224):
    shape = (10_000, side, side, 3)
    with h5py.File(f"{side}.h5", "w") as file:
        h5 = file.create_dataset("images", shape, "u1", compression="gzip").chunks
    zarrs = zarr.create_array(store=f"{side}.zarr", shape=shape, dtype="uint8").chunks
    for name, chunks in (("h5py", h5), ("zarr", zarrs)):
        times[name, side] = amplification(shape, chunks)
        print(f"{name} {shape}: chunks {chunks}, {times[name, side]:,.0f} images read for one")
assert times["h5py", 32] > 1000 and times["h5py", 224] > 500, times
assert times["zarr", 32] > 1000 and times["zarr", 224] > 1000, times


def read_for_one(chunks: bool | tuple[int, ...]) -> float:
    """Bytes that the system hands over while one image is read, as a multiple of the image."""
    images = np.random.default_rng(0).integers(0, 256, (400, 64, 64, 3), dtype=np.uint8)
    with h5py.File("measured.h5", "w") as file:
        file.create_dataset("images", data=images, compression="gzip", chunks=chunks)
    with h5py.File("measured.h5") as file, open("/proc/self/io") as counters:
        stored = file["images"]
        before = int(counters.readline().split()[1])
        stored[123]
        counters.seek(0)
        return (int(counters.readline().split()[1]) - before) / images[0].nbytes


automatic, own = read_for_one(True), read_for_one((1, 64, 64, 3))
print(f"measured with h5py, 400 images of 64 x 64: {automatic:.0f} images' bytes for one; {own:.1f} with own chunks")
assert automatic > 20 and own < 2
PYTHON
