#!/bin/sh
# Guess:   torch.onnx.export writes one file, as it always did, unless a network exceeds 2 GB.
# Truth:   it writes the graph to NAME.onnx and all weights to NAME.onnx.data, also where they take less than a
#          kilobyte: `external_data=True` is its default. NAME.onnx alone does not load.
# Version: torch 2.14.1 with onnx 1.23.2, onnxscript 0.7.2 and onnxruntime 1.32.0.
# Source:  torch/onnx/__init__.py, `export(..., external_data: bool = True)`.
# Matters: a network that is exported on a server and copied as one file arrives without its weights; code that
#          renames a temporary file when the export is done leaves a file that names another.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy
"$work/venv/bin/python" - "$work" <<'PYTHON'
import sys
from pathlib import Path

import onnxruntime
import torch
from torch import nn

print("torch", torch.__version__, "onnxruntime", onnxruntime.__version__)
folder = Path(sys.argv[1], "exported")
folder.mkdir()
net, images = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.LazyLinear(5)), torch.zeros(2, 3, 8, 8)
net(images)
torch.onnx.export(net.eval(), (images,), folder / "net.onnx", verbose=False)
written = {file.name: file.stat().st_size for file in sorted(folder.iterdir())}
print("written:", written)
moved = folder.parent / "moved.onnx"
(folder / "net.onnx").rename(moved)
try:
    onnxruntime.InferenceSession(moved)
    loads = True
except Exception as error:
    loads = False
    print("net.onnx alone:", str(error).splitlines()[0][:150])
assert [*written] == ["net.onnx", "net.onnx.data"], written
assert not loads
torch.onnx.export(net, (images,), folder / "whole.onnx", verbose=False, external_data=False)
onnxruntime.InferenceSession(folder / "whole.onnx")
print("with external_data=False one file loads alone")
PYTHON
