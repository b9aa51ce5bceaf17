#!/bin/sh
# Guess:   a state_dict is all that a torchvision model needs: `googlenet()` with the published state_dict
#          loaded computes what `googlenet(weights=...)` computes.
# Truth:   `googlenet(weights=...)` and `inception_v3(weights=...)` also set `transform_input=True`, which
#          is no part of the state_dict: the model then converts ImageNet's normalisation to (pixel - 0.5) / 0.5.
#          A model that loads the state_dict itself gets no such input, and nothing tells it.
# Version: torchvision 0.29.1 with torch 2.14.1.
# Source:  torchvision/models/googlenet.py, `googlenet` (`if "transform_input" not in kwargs: ...`) and
#          `GoogLeNet._transform_input`.
# Matters: whoever starts from such a file with ImageNet's mean and deviation, as the weights' own
#          `transforms()` give them, feeds the network inputs of twice the range that it was trained with.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1
"$work/venv/bin/python" -W ignore - <<'PYTHON'
from unittest import mock

import torch
import torchvision
from torchvision.models import GoogLeNet_Weights, googlenet
from torchvision.models._api import WeightsEnum

print("torch", torch.__version__, "torchvision", torchvision.__version__)
torch.manual_seed(0)
state = googlenet(init_weights=False).state_dict()  # in place of the download
with mock.patch.object(WeightsEnum, "get_state_dict", lambda self, **_: state):
    theirs = googlenet(weights=GoogLeNet_Weights.IMAGENET1K_V1).eval()
ours = googlenet(aux_logits=False, init_weights=False).eval()
ours.load_state_dict(state, strict=False)
print("transform_input with weights=:", theirs.transform_input, "after load_state_dict:", ours.transform_input)

seen = {}
theirs.conv1.register_forward_pre_hook(lambda _, inputs: seen.update(theirs=inputs[0]))
ours.conv1.register_forward_pre_hook(lambda _, inputs: seen.update(ours=inputs[0]))
images = GoogLeNet_Weights.IMAGENET1K_V1.transforms()(torch.rand(2, 3, 256, 256))
with torch.no_grad():
    theirs(images)
    ours(images)
ratio = (seen["ours"].std() / seen["theirs"].std()).item()
print(f"the first convolution gets inputs of {ratio:.2f} times the deviation")
assert theirs.transform_input and not ours.transform_input
assert 2.0 < ratio < 2.5, ratio
PYTHON
