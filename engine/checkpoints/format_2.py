"""Converts checkpoints of format 2, which version 0.1 wrote."""

from __future__ import annotations

from typing import Any

FORMAT = 2


def to_format_3(old: dict[str, Any]) -> dict[str, Any]:
    """The dict of a file of format 3 with the content of one of format 2.

    Format 2 has no description and no accuracy of the last epoch. Raises KeyError, TypeError or
    ValueError where something is missing.
    """
    shape, epoch = old["data"], old["epoch"]
    best_top1, best_epoch = old["best"]
    factor, epochs = old["steering"]
    plateau_factor, plateau_best, bad_epochs = old["plateau"]
    training = {
        "shape": {
            "steps_per_epoch": shape["steps an epoch"],
            "batch": shape["batch"],
            "classes": shape["classes"],
        },
        "step": old["step"],
        "ended_epochs": old["ended_epochs"],
        "best": {"top1": best_top1, "epoch": best_epoch},
        "last": {},
        "weights": old["model"],
        "trained_weights": old.get("trained"),
        "optimizers": old["optimizers"],
        "steering": {"factor": factor, "epochs": epochs},
        "plateau": {"factor": plateau_factor, "best": plateau_best, "bad_epochs": bad_epochs},
        "epoch": epoch,
        "random": old["random"],
    }
    return {
        "format": 3,
        "attempt": old["attempt"],
        "seq": old["seq"],
        "description": None,
        "training": training,
    }
