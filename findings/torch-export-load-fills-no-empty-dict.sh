#!/bin/sh
# Guess:   torch.export.load(file, extra_files=found) fills `found` with the extra files of the archive: with those
#          that it names, as documented and as torch.jit.load does, or with all of them. A missing one is an error.
# Truth:   a dict with any key at all gets every extra file of the archive, whether named or not. An empty dict
#          stays empty, since `extra_files or {}` puts a new one in its place. A named file that the archive lacks
#          keeps the value that it was given, "" in the documentation's example, without an error or a warning.
# Version: torch 2.14.1.
# Source:  torch/export/__init__.py, `load` (`extra_files = extra_files or {}`, and the loop below it).
# Matters: class names and normalisation are kept there. `found = {}` and a misspelled name both look like a network
#          that was saved without them.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 numpy
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn

print("torch", torch.__version__)
files, image = {"classes.txt": "cat\ndog", "mean.txt": "0.5"}, torch.zeros(2, 1, 8, 8)
net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
torch.export.save(torch.export.export(net, (image,)), "net.pt2", extra_files=files)
torch.jit.save(torch.jit.trace(net, image), "net.pt", _extra_files=files)
found = {}
for asked in ((), ("classes.txt",), ("class.txt",)):
    exported, script = dict.fromkeys(asked, ""), dict.fromkeys(asked, "")
    torch.export.load("net.pt2", extra_files=exported)
    torch.jit.load("net.pt", _extra_files=script)
    found[asked] = (exported, script)
    print(f"asked for {asked}: torch.export.load gives {exported}, torch.jit.load gives {script}")
assert found[()][0] == {}
assert found["classes.txt",][0] == files
assert found["class.txt",][0] == {"class.txt": "", **files}
assert [*found["classes.txt",][1]] == ["classes.txt"]
PYTHON
