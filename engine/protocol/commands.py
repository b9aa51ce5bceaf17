"""Commands to the engine: a tagged union of frozen structs. Each command is one JSON object.

A viewer or the command line puts a command into the spool of a run (`spool.send`). The engine
serves it between two steps.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

# The ids of commands that a signal causes, of saves at the recipe's interval, and of the total of
# epochs with which a run is resumed.
SIGNAL = "signal"
INTERVAL = "interval"
RESUME = "resume"


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """`id` names the command in replies. `attempt` names the engine process that must serve it."""

    id: str
    attempt: str


class Pause(_Command, frozen=True):
    """Wait before the next step, with the state kept in memory."""


class Continue(_Command, frozen=True):
    """Continue exactly where the pause began."""


class Checkpoint(_Command, frozen=True):
    """Write `last.pt` now."""


class Stop(_Command, frozen=True):
    """End the run before the next step; with `save`, write `last.pt` first."""

    save: bool = True


class Steer(_Command, frozen=True):
    """Change the rest of the run, from the next step on.

    `scale` multiplies the planned learning rates. `lr` is the rate of the next step, and the
    schedule falls from it. `epochs` is a new total, and the schedule is computed again for it. None
    changes nothing. A rate far above the recipe's is refused, unless `sure`.
    """

    lr: float | None = None
    scale: float | None = None
    epochs: int | None = None
    sure: bool = False


# augmented: the training images of the next step, as the model sees them.
# maps: a layer's channels for one image.
# images: images as they are stored, with the model's predictions.
# kernels: the filters of the first convolution.
# neighbours: the training images of two classes that lie nearest to an image.
InspectionKind: TypeAlias = Literal["augmented", "maps", "images", "kernels", "neighbours"]

ImageSplit: TypeAlias = Literal["training", "validation"]

# Any class but the true one, as the predicted class of a cell.
ANY_MISTAKE = -1


class Inspect(_Command, frozen=True, tag="Probe"):
    """Show something inside the model. The engine writes one event as reply, to `probes/ID.json`.

    `images` are indices into `split`; "maps" and "neighbours" use only the first. `layer` is a name
    from the layer table. In JSON, `kind` is called `look`.

    With a `cell` (true, predicted) of the confusion matrix of `epoch`, "images" shows the images
    of that cell, as many as a reply holds; if they are not known any more, `images`. The predicted
    class `ANY_MISTAKE` stands for all mistakes of the true class. For "neighbours", the `cell` is
    the given label and the class that the image is held for; the `epoch` has no meaning.
    """

    kind: InspectionKind = msgspec.field(default="augmented", name="look")
    layer: str = ""
    images: tuple[int, ...] = (0,)
    cell: tuple[int, int] | None = None
    epoch: int = 0
    split: ImageSplit = "validation"


class InspectionRequest(NamedTuple):
    """The fields of an `Inspect`, as a viewer chooses them."""

    kind: InspectionKind
    layer: str = ""
    images: tuple[int, ...] = (0,)
    cell: tuple[int, int] | None = None
    epoch: int = 0
    split: ImageSplit = "validation"


Command: TypeAlias = Pause | Continue | Checkpoint | Stop | Steer | Inspect


class RollBack(NamedTuple):
    """Continue from the last checkpoint. The engine gives this order to itself."""


class Fail(NamedTuple):
    """End the run as failed, with this sentence. The engine gives this order to itself."""

    sentence: str


Order: TypeAlias = Command | RollBack | Fail

encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


def decode(data: bytes) -> Command:
    """Decode the content of a command file. Raises one of `events.UNREADABLE`."""
    return _decoder.decode(data)
