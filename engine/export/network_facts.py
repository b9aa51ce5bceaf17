"""What a file says about its network, so that it can be used without this program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from engine.catalog import architecture_names
from engine.export.deployment import Deployment


def facts(deployment: Deployment) -> dict[str, Any]:
    """The facts as plain values; `docs/checkpoint.md` explains them."""
    network, given = deployment.network, deployment.network.described.input
    known = {
        "architecture": _architecture(network.recipe.arch),
        "classes": list(network.classes),
        "channels": given.channels,
        "size": given.size,
        "mean": list(given.mean),
        "std": list(given.std),
        "fit": given.fit,
        "crop_pct": given.crop_pct,
        "canvas": given.canvas,
        "frame": given.frame,
        "levels": list(given.levels),
        "backdrop": given.backdrop,
        "bands": list(given.bands),
        "input": "normalised" if deployment.raw else "pixels",
        "mirrored": _mirrored(deployment),
        "epoch": network.epoch,
        "step": network.step,
        "top1": network.top1,
        "made_by": f"cnn-tui {version('cnn-tui')}",
    }
    return {name: value for name, value in known.items() if value is not None}


def strings(facts: Mapping[str, Any]) -> dict[str, str]:
    """The facts for a file that holds only strings: other values as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in facts.items()
    }


def _mirrored(deployment: Deployment) -> str:
    """Who averages over mirror images: the file itself, whoever uses it, or nobody."""
    if not deployment.network.recipe.tta:
        return "no"
    return "outside" if deployment.raw else "inside"


def _architecture(arch: str) -> str:
    """The name of an architecture, without the folder of a user's file."""
    user = architecture_names.user_function(arch)
    return arch if user is None else f"{user.file.name}:{user.function}"
