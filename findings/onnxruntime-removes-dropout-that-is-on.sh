#!/bin/sh
# Guess:   onnxruntime does what an ONNX file says: a Dropout with training_mode true drops, and what it returns
#          depends on no optimisation level.
# Truth:   with its default options it removes each Dropout whose mask is not used, and does not look at
#          training_mode. It says nothing. With all optimisations off, or without "EliminateDropout", the same
#          file drops at random, as it does in ONNX's own reference and as the network does in PyTorch.
# Version: onnxruntime 1.32.0 on the CPU, with torch 2.14.1, onnx 1.23.2 and onnxscript 0.7.2.
# Source:  onnxruntime/core/optimizer/dropout_elimination.cc, `EliminateDropout::SatisfyCondition`: its check of
#          the inputs stands within `#ifdef ENABLE_TRAINING`.
# Matters: Monte Carlo dropout gives the same answer each time, so the network looks sure of everything. And
#          `F.dropout(x)`, which is on in eval mode too, makes a network and its export differ, without a word.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy
"$work/venv/bin/python" - "$work/net.onnx" <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator
from torch import nn
from torch.nn import functional

print("torch", torch.__version__, "onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)


class Net(nn.Module):
    """A network with Monte Carlo dropout: 32 answers for one image differ."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4 * 36, 3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.conv(images).relu().flatten(1)
        return self.fc(functional.dropout(features, 0.5, training=True))


torch.manual_seed(0)
net = Net().eval()
torch.onnx.export(net, (torch.zeros(2, 1, 8, 8),), sys.argv[1], verbose=False, external_data=False)
graph = onnx.load(sys.argv[1]).graph
[dropout] = [node for node in graph.node if node.op_type == "Dropout"]
[mode] = [onnx.numpy_helper.to_array(each) for each in graph.initializer if each.name == dropout.input[2]]
print("the file says: Dropout with training_mode", bool(mode))

off = onnxruntime.SessionOptions()
off.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
without = {"disabled_optimizers": ["EliminateDropout"]}
image = np.ones((2, 1, 8, 8), np.float32)
feed = {graph.input[0].name: image}
runs = {
    "PyTorch, eval mode": lambda: net(torch.from_numpy(image)).detach().numpy(),
    "ONNX's reference": lambda run=ReferenceEvaluator(sys.argv[1]).run: run(None, feed)[0],
    "onnxruntime, no optimisation": lambda run=onnxruntime.InferenceSession(sys.argv[1], off).run: run(None, feed)[0],
    "onnxruntime, all others": lambda run=onnxruntime.InferenceSession(sys.argv[1], **without).run: run(None, feed)[0],
    "onnxruntime, as it comes": lambda run=onnxruntime.InferenceSession(sys.argv[1]).run: run(None, feed)[0],
}
spread = {name: float(np.ptp([run() for _ in range(32)], axis=0).max()) for name, run in runs.items()}
for name, width in spread.items():
    print(f"{name:<28}: 32 answers differ by up to {width:.3f}")
assert mode
assert spread.pop("onnxruntime, as it comes") == 0.0
assert min(spread.values()) > 0.01, spread
PYTHON
