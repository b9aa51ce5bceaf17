#!/bin/sh
# Guess:   a file that torch.export.save or torch.onnx.export wrote holds operations, shapes and weights.
# Truth:   both also hold, for each operation, the traceback of the line that called it: the absolute path of the
#          user's Python file and of PyTorch, and the line of source with its comment. Removing "stack_trace" from
#          the `meta` of each node before saving leaves it out. A state_dict has none of this.
# Version: torch 2.14.1 with onnx 1.23.2 and onnxscript 0.7.2.
# Source:  torch/_export/serde/serialize.py, `serialize_metadata` (`ret["stack_trace"] = stack_trace`);
#          torch/onnx/_internal/exporter/_core.py (`metadata_props["pkg.torch.onnx.stack_trace"]`).
# Matters: a published network tells its author's folders, and lines of code with their comments.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 onnx==1.23.2 onnxscript==0.7.2 numpy
mkdir "$work/home-of-the-author"
cat >"$work/home-of-the-author/net.py" <<'PYTHON'
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, images):
        return self.conv(images).relu().mean((2, 3))  # an idea that is not published
PYTHON
cd "$work"
PYTHONPATH="$work/home-of-the-author" "$work/venv/bin/python" - <<'PYTHON'
import zipfile
from pathlib import Path

import torch
from net import Net

print("torch", torch.__version__)


def told(file: Path) -> tuple[bool, bool]:
    """Whether a file holds the folder of the source, and its comment."""
    parts = [file.read_bytes()]
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            parts = [archive.read(name) for name in archive.namelist()]
    return tuple(any(text in part for part in parts) for text in (b"home-of-the-author/net.py", b"not published"))


def write(program: torch.export.ExportedProgram, name: str) -> dict[str, tuple[bool, bool]]:
    """What each of the two files tells."""
    torch.export.save(program, f"{name}.pt2")
    torch.onnx.export(program, f=f"{name}.onnx", verbose=False, external_data=False)
    return {ending: told(Path(f"{name}.{ending}")) for ending in ("pt2", "onnx")}


net = Net().eval()
torch.save(net.state_dict(), "net.pt")
program = torch.export.export(net, (torch.zeros(2, 1, 8, 8),))
weights, usual = told(Path("net.pt")), write(program, "usual")
for node in program.graph.nodes:
    node.meta.pop("stack_trace", None)
clean = write(program, "clean")
print("holds (path, source): state_dict", weights, "exported", usual, "without stack_trace", clean)
assert weights == (False, False)
assert set(usual.values()) == {(True, True)}, usual
assert set(clean.values()) == {(False, False)}, clean
PYTHON
