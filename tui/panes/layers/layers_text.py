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

MEAN, DEVIATION = "mean", "dev"

DEAD = "dead"

NO_LAYERS = "the layer table comes with the start of the run"
CLOSED = "nothing can look inside this network: it is TorchScript"

NO_HEALTH = "gradients, updates and dead units follow after the first step"

NO_HEALTH_EVER = "this run has no report on gradients and dead units"

PROBLEMS: Mapping[str, str] = {
    "vanishing": "vanishing",
    "exploding": "exploding",
    "dead": "dead",
}

HEALTHY = "healthy"

BY_DEPTH_LINE = "gradient by depth"

KEY_FOLD = "fold"

KEY_ITS_MAPS = "its maps"

LAYERS_TAB = "layers"

GO_TO_LAYERS = "Go to the layers"

FOLD_STAGE = "Fold or open the stage"

OPEN_STAGE = "Open the stage"

CLOSE_STAGE = "Fold the stage"

SHOW_MAPS = "Feature maps of this layer"

HELP_ROWS = (
    ("↑ ↓ j k", "select a stage, a block or a layer"),
    ("PgUp PgDn Home End", "ten further; to either end"),
    ("Space Enter", "fold a stage, or open it"),
    ("← → h l", "fold it; open it"),
    ("m Esc", "its feature maps; select none"),
)

# What `e` says

EXPLAIN_LAYERS = (
    "An image passes through these layers from top to bottom: the maps become smaller in area and "
    "more in number."
)

EXPLAIN_CLOSED = (
    "Nothing can look inside this network, which is TorchScript: return the model without "
    "torch.jit to see its layers."
)

EXPLAIN_NO_LAYERS = "The layer table comes with the start of the run."


def blocks(count: int) -> str:
    return f"{count} blocks"


def first_to_last(first: str, last: str, ratio: str) -> str:
    return f"{first} : {last} = {ratio}"


def with_problem(count: int, problem: str, layer: str) -> str:
    """The first layer that has this problem, and how many more have it."""
    return f"! {layer} {problem}" if count == 1 else f"! {layer} and {count - 1} more {problem}"


def problems(count: int, problem: str) -> str:
    return f"! {count} {problem}"


def shares(parameters: str, macs: str) -> str:
    return f"{parameters} % of the parameters, {macs} % of the MACs"


def beyond(side: int) -> str:
    return f"RF > : wider than the {side} px of an image"


def wider_than(receptive: int, side: int) -> str:
    return f"RF {receptive} > {side} px"


def dead_units(per_cent: str) -> str:
    return f"dead: {per_cent} % of its units are 0 for every image"


def vanishes(gradient: str) -> str:
    return f"vanishing: gradient {gradient}, a thousandth of the others or less"


def explodes(gradient: str, update: str) -> str:
    return f"exploding: gradient {gradient}, update {update} of its weights"


def parameters(count: str, macs: str) -> str:
    return f"{count} parameters" + (f"   {macs} MMAC" if macs else "")


def parameters_short(count: str, macs: str) -> str:
    return f"{count}   {macs} MMAC" if macs else count


def explain_largest(layer: str, share: str) -> str:
    return f"The most parameters, {share} % of all, are in {layer}."


def explain_not_finite(layer: str) -> str:
    return f"The numbers in {layer} are not finite any more: a lower learning rate is needed."


def explain_dead(layer: str, share: str) -> str:
    return (
        f"In {layer} {share} % of the units are dead: their ReLU is 0 for every image, so they "
        "get no gradient and cannot come back. A lower learning rate or batch norm helps."
    )


def explain_vanishing(layer: str) -> str:
    return (
        f"The gradient nearly vanishes in {layer}, which hardly learns: shortcuts as in ResNet, "
        "or batch norm, help."
    )


def explain_exploding(layer: str) -> str:
    return f"The gradient explodes in {layer}: a lower learning rate or --set clip=1 helps."


def explain_others(count: int) -> str:
    return (
        "One more layer has the same problem."
        if count == 1
        else f"{count} more layers have the same problem."
    )


def explain_milder(count: int) -> str:
    return (
        "One layer has a milder problem." if count == 1 else f"{count} layers have milder problems."
    )


def explain_healthy(learning: int, frozen: int) -> str:
    if not learning:
        return "All layers are frozen: they compute, and do not learn."
    which = "All layers that are not frozen" if frozen else "All layers"
    return f"{which} learn: no gradient vanishes or explodes."


def explain_few_dead(layer: str, share: str) -> str:
    return f"The most dead units are in {layer}, {share} %, which is no problem."


def explain_large_update(layer: str, share: str) -> str:
    return (
        f"The last reported step changed the weights of {layer} by {share} % of their norm; about "
        "0.1 % is usual. If the loss rises, lower the learning rate."
    )
