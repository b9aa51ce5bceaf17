#!/bin/sh
# Guess:   a hook of Optimizer.register_step_pre_hook gets what step() was called with: nothing for optimizer.step(),
#          the closure for optimizer.step(closure). With a GradScaler, a step whose gradients overflowed is never
#          taken, so no hook runs, and hooks see gradients that are unscaled.
# Truth:   args begin with the optimizer itself, so `if args:` is always true. For fused optimizers GradScaler calls
#          step() even for an overflow, and its gradients are still scaled in the pre-hook and unscaled in the
#          post-hook: optimizer.grad_scale and optimizer.found_inf, there only during the step, say so.
# Version: torch 2.14.1.
# Source:  torch/optim/optimizer.py (profile_hook_step), torch/amp/grad_scaler.py (step).
# Matters: whoever logs gradient norms or steers the rate in step hooks measures norms that are 65,536 times too
#          large, or counts skipped steps, with fused optimizers alone.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1
"$work/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn

print("torch", torch.__version__)
for fused in (False, True):
    weight = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.Adam([weight], fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    seen = []

    def before(own, args, kwargs):
        assert args[0] is own and len(args) == 1, args
        seen.append(float(weight.grad[0]))

    optimizer.register_step_pre_hook(before)
    optimizer.register_step_post_hook(lambda own, args, kwargs: seen.append(float(weight.grad[0])))
    for factor in (float("inf"), 1.0):
        optimizer.zero_grad()
        scaler.scale(weight.sum() * factor).backward()
        scaler.step(optimizer)
        scaler.update(1024.0)
    print("fused" if fused else "not fused", "gradients before and after the steps:", seen)
    assert seen == ([float("inf")] * 2 + [1024.0, 1.0] if fused else [1.0, 1.0]), seen
PYTHON
