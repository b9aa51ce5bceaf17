#!/bin/sh
# Guess:   create_model("efficientnet_b0", num_classes=2) of timm begins with small logits and a loss near ln 2, as
#          resnet18 does; the last layer is the one that reset_classifier(2) makes.
# Truth:   the fewer the classes, the larger its weights: they are uniform within 1 / sqrt(classes), whatever the 1,280
#          inputs. With 2 classes they are 25 times as large as those of reset_classifier, which are PyTorch's; with
#          1,000 classes the two are alike. The first loss of EfficientNet-Lite0 with 2 classes is above 5 and not 0.7.
#          So it is with pretrained=True, where only the last layer is new.
# Version: timm 1.0.31 with torch 2.14.1; EfficientNet, MobileNet-V3, and what else timm builds by their code.
# Source:  timm/models/_efficientnet_builder.py: `_init_weight_goog` takes `fan_in = 0` for a linear layer, as the
#          TensorFlow code did for ImageNet; timm/models/efficientnet.py: `reset_classifier` makes a new `nn.Linear`.
# Matters: fine-tuning on few classes. The first gradients are large and random, and go through the whole trained
#          network. reset_classifier after create_model, or zeros in the last layer, begin with ln(classes).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 timm==1.0.31
"$work/venv/bin/python" -W ignore - <<'PYTHON'
import math

import timm
import torch
from torch import nn

print("timm", timm.__version__, "torch", torch.__version__)


@torch.no_grad()
def first_loss(model: nn.Module, classes: int) -> float:
    torch.manual_seed(1)
    images, labels = torch.randn(16, 3, 96, 96), torch.randint(classes, (16,))
    return nn.functional.cross_entropy(model.train()(images), labels).item()


for name in ("tf_efficientnet_lite0", "efficientnet_b0", "mobilenetv3_large_100", "resnet18"):
    for classes in (2, 10, 1000):
        torch.manual_seed(0)
        model = timm.create_model(name, num_classes=classes)
        made, loss = model.get_classifier().weight.std().item(), first_loss(model, classes)
        model.reset_classifier(classes)
        reset, later = model.get_classifier().weight.std().item(), first_loss(model, classes)
        print(f"{name:<22} {classes:>4} classes, ln {math.log(classes):.2f}: first loss {loss:.2f} of weights "
              f"{made:.3f}, after reset_classifier {later:.2f} of {reset:.3f}")
        if name == "resnet18" or classes == 1000:
            assert 0.8 < made / reset < 1.3
        else:
            assert abs(made * math.sqrt(3 * classes) - 1) < 0.1 and made > 8 * reset
            assert loss > later
        if name == "tf_efficientnet_lite0" and classes == 2:
            assert loss > 4 * math.log(2) > 2 * later
PYTHON
