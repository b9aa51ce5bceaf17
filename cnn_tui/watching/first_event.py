"""The first event of a watched run, as a line for the recorder."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from cnn_tui.watching.obedience import MOST_EPOCHS
from cnn_tui.watching.script import Script

# What a script told nothing of.
UNKNOWN: Mapping[str, Any] = {
    "layers": [],
    "parameters": 0,
    "macs": 0,
    "input": [0, 0, 0],
    "train_images": 0,
    "validation_images": 0,
}


def run_started(
    script: Script,
    *,
    name: str,
    framework: str,
    device: str,
    settings: Mapping[str, Any],
    steps_per_epoch: int | None,
    versions: Mapping[str, str],
    refusals: Mapping[str, str],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """The event `RunStarted`; see the protocol.

    `facts` are those of `UNKNOWN` that are known. Without `steps_per_epoch` the curves are drawn
    over steps. The recorder fills in attempt and host.
    """
    # A script that says a huge number, or none that counts, trains until somebody stops it.
    epochs = script.epochs if 0 < (script.epochs or 0) <= MOST_EPOCHS else None
    length = steps_per_epoch
    return {
        "type": "RunStarted",
        "step": script.step,
        "attempt": "",
        "host": "",
        "name": name,
        "recipe": None,
        "resolved": None,
        "device": device,
        "classes": [str(name) for name in script.classes],
        **UNKNOWN,
        **facts,
        "validation_is_test": False,
        "steps_per_epoch": length or 1,
        "planned_steps": epochs * length if epochs and length else 0,
        "versions": {"python": platform.python_version(), **versions},
        "watched": {
            "program": script.program,
            "framework": framework,
            "settings": dict(settings),
            "epochs": epochs,
            "unit": "epoch" if length else "step",
            "refusals": dict(refusals),
        },
    }
