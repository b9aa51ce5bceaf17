#!/bin/sh
# Guess:   the same tensors with the same metadata make the same file.
# Truth:   with two or more entries of metadata, the bytes differ from save to save, since the entries are written
#          in the order of a hash table with a random seed. Without metadata, or with one entry, they are the same.
# Version: safetensors 0.8.0.
# Source:  safetensors' `Metadata` holds a `HashMap<String, String>`, which is serialised as it iterates.
# Matters: a digest of an exported network says that it changed though it did not; a cache or a registry that is
#          keyed by content keeps the file once more at every export. Compare tensors, or sort the header.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet safetensors==0.8.0 numpy
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import safetensors
from safetensors.numpy import save

print("safetensors", safetensors.__version__)
tensors = {"conv.weight": np.ones((4, 3), np.float32), "conv.bias": np.zeros(4, np.float32)}
told = {"classes": "cat,dog", "mean": "0.5", "std": "0.2", "size": "32", "arch": "lenet5"}
files = {}
for count in (0, 1, 5):
    metadata = dict(list(told.items())[:count]) or None
    files[count] = len({save(tensors, metadata) for _ in range(30)})
    print(f"{count} entries of metadata: {files[count]} different files of 30 saves")
assert files[0] == files[1] == 1, files
assert files[5] > 1, files
PYTHON
