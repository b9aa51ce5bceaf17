"""Words of the layers pane."""

from __future__ import annotations

from collections.abc import Mapping

LAYERS_TITLE = "Layers"

LAYER = "layer"

KERNEL = "kernel"

OUTPUT = "output"

MMAC = "MMAC"

RECEPTIVE = "RF"

WHOLE_IMAGE = "all"

GRADIENT = "grad"

UPDATE = "upd/w"

ACTIVATION = "mean ± dev"

DEAD = "dead"

NO_HEALTH = "gradients, updates and dead units follow after the first step"

NO_HEALTH_EVER = "this run has no report on gradients and dead units"

TROUBLES: Mapping[str, str] = {
    "vanishing": "vanishing",
    "exploding": "exploding",
    "dead": "dead",
}

HEALTHY = "healthy"

BY_DEPTH_LINE = "gradient by depth"

KEY_FOLD = "fold"

KEY_ITS_MAPS = "its maps"


def blocks(count: int) -> str:
    return f"{count} blocks"


def first_to_last(first: str, last: str, ratio: str) -> str:
    return f"{first} : {last} = {ratio}"


def troubled(count: int, trouble: str, layer: str) -> str:
    """The layers that have this trouble, of which this one is the first."""
    return f"! {layer} {trouble}" if count == 1 else f"! {layer} and {count - 1} more {trouble}"


def troubles(count: int, trouble: str) -> str:
    return f"! {count} {trouble}"


def shares(parameters: str, macs: str) -> str:
    return f"{parameters} % of the parameters, {macs} % of the MACs"


def wider_than(receptive: int, side: int) -> str:
    return f"RF {receptive} > {side} px"


def dead_units(per_cent: str) -> str:
    return f"dead: {per_cent} % of its units pass for no image"


def vanishes(gradient: str) -> str:
    return f"vanishing: gradient {gradient}, a thousandth of the others or less"


def explodes(gradient: str, update: str) -> str:
    return f"exploding: gradient {gradient}, update {update} of its weights"


def parameters(count: str, macs: str) -> str:
    return f"{count} parameters   {macs} MMAC"


def parameters_short(count: str, macs: str) -> str:
    return f"{count}   {macs} MMAC"
