"""Words of the maps pane."""

from __future__ import annotations

from collections.abc import Iterable

MAPS_TITLE = "Maps"

MEAN = "mean"

NO_MAPS = "feature maps come with the next validation"
NEVER_MAPS = "no layer of this network has feature maps that can be seen"

STRONGEST_FIRST = "strongest first"

WAITING = "waiting …"


def waiting_for(what: str) -> str:
    return f"waiting for {what} …"


def then(what: str) -> str:
    return f" → {what} …"


def layer_and_image(layer: str, number: int) -> str:
    return f"{layer}, {image(number)}"


KEY_LAYER = "layer"

KEY_IMAGE = "image"

KEY_CHANNELS = "channels"

KEY_ORDER_MAPS = "order"

KEY_KERNELS = "kernels"

KEY_GO_TO = "go to"

MAPS_TAB = "maps"

GO_TO_MAPS = "Go to the feature maps"

NEXT_LAYER = "Feature maps of the next layer"

PREVIOUS_LAYER = "Feature maps of the layer before"

NEXT_IMAGE = "Feature maps of the next image"

PREVIOUS_IMAGE = "Feature maps of the image before"

TEN_IMAGES_ON = "Feature maps ten images on"

TEN_IMAGES_BACK = "Feature maps ten images back"

HUNDRED_IMAGES_ON = "Feature maps a hundred images on"

HUNDRED_IMAGES_BACK = "Feature maps a hundred images back"

GO_TO_IMAGE = "Feature maps of an image by its number"

SORT = "List in another order"

SHOW_KERNELS = "Kernels of the first layer, or its feature maps"

SHOW_BLOCKS = "Pictures in half blocks, or in shades"

HELP_TITLE = "feature maps"

HELP_ROWS = (
    ("n N", "the next layer, the one before"),
    ("← → h l g", "another image; one by its number"),
    ("Shift+← Shift+→", "ten images on"),
    ("Ctrl+← Ctrl+→", "a hundred images on"),
    ("↑ ↓ j k PgUp PgDn", "more channels"),
    ("o K b", "strongest first; kernels; shades"),
)

# What `e` says

EXPLAIN_MAPS = (
    "A convolution slides small filters over the image. Each picture shows where one filter found "
    "its pattern: the brighter, the better the match."
)

EXPLAIN_NO_MAPS = "There are no feature maps yet: they come with a validation."

EXPLAIN_NEVER_MAPS = (
    "This network shows no feature maps: no layer has any, or it is TorchScript, inside which "
    "nothing can look."
)

EXPLAIN_NOT_FINITE = "Some values are not numbers: maps without a bar hold them."

EXPLAIN_NO_PREDICTION = "The outputs of the network for this image are not numbers."

NOT_RECORDED = "Only these maps of a past epoch are recorded: press . until the last epoch."


def image(number: int, name: str = "") -> str:
    return f"image {number} {name}".rstrip()


def go_to_image(typed: str, count: int) -> str:
    return f"image 0-{count - 1}: {typed}_"


def times(sizes: Iterable[int]) -> str:
    return "×".join(str(size) for size in sizes)


def sees(side: int) -> str:
    return f"sees {side}×{side} px"


def kernels(count: int, shape: Iterable[int]) -> str:
    return f"{count} kernels of {times(shape)}"


def weights_to(largest: str) -> str:
    return f"weights -{largest} dark, +{largest} light"


def explain_shown(layer: str, image: int, name: str, at: str) -> str:
    shown = f"{image} ({name})" if name else f"{image}"
    return f"These are the maps of {layer} for validation image {shown}, at {at}."


def explain_place(layer: str, place: int, count: int) -> str:
    return (
        f"{layer} is number {place} of the {count} layers with maps: the first ones find edges and "
        "colours, the last ones coarse patterns that only the network can read."
    )


def explain_kernels(layer: str, at: str, largest: str) -> str:
    return (
        f"These are the weights of {layer} at {at}, one picture for each filter: medium "
        f"grey is 0, the lightest +{largest}, the darkest -{largest}."
    )


def explain_prediction(name: str, share: str) -> str:
    return f"The network predicts {name} with {share} %."


def explain_right(name: str, share: str) -> str:
    return f"The network predicts {name} with {share} %, which is correct."


def explain_wrong(name: str, share: str, true: str) -> str:
    return f"The network predicts {name} with {share} %, but the image shows {true}."
