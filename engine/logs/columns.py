"""What the columns and tags of other programs' logs mean, told from their names.

The names are those that the frameworks write. A name is cut into words, so that `val_acc`,
`Accuracy/val` and `validation/top1` mean the same. A name with any word that is not known here is a
scalar of its own, and nothing is guessed of it.
"""

from __future__ import annotations

import functools
import re
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias


class Meaning(StrEnum):
    """What a column can hold; the values are the words that `--columns` takes.

    `STEP` counts the steps of the whole training, and `BATCH` those of the epoch. `TIME` is in unix
    seconds, and `SECONDS` are those of an epoch. Accuracies are fractions or in per cent.
    """

    STEP = "step"
    EPOCH = "epoch"
    BATCH = "batch"
    TIME = "time"
    SECONDS = "seconds"
    LOSS = "loss"
    TOP1 = "top1"
    VAL_LOSS = "val_loss"
    VAL_TOP1 = "val_top1"
    VAL_TOP5 = "val_top5"
    LR = "lr"
    SPEED = "images/s"


# What says where a row stands, and is no curve itself.
PLACES = frozenset({Meaning.STEP, Meaning.EPOCH, Meaning.BATCH, Meaning.TIME})

# What a curve of a training shows first.
RESULTS = frozenset({Meaning.LOSS, Meaning.TOP1, Meaning.VAL_LOSS, Meaning.VAL_TOP1})

Split: TypeAlias = Literal["", "train", "validation", "test"]


class Column(NamedTuple):
    """What a name says; without a `meaning` it is a scalar.

    `split` names the images of a loss or an accuracy, empty where the name does not tell them.
    `of_epoch` says that the number is that of a whole epoch, and `over_epochs` that the tag counts
    epochs if its step is that of a TensorBoard file: Keras writes `epoch_loss` so.
    """

    meaning: Meaning | None
    split: Split = ""
    of_epoch: bool = False
    over_epochs: bool = False


_SCALAR = Column(None)

# Names that mean something as a whole, in small letters and without spaces: those of Lightning and
# its logger for W&B, of W&B itself, HF Trainer, mmengine, and of people's scripts.
_WHOLE = {
    Meaning.STEP: "step steps _step global_step trainer/global_step train/global_step num_steps "
    "iter iters iteration iterations it",
    Meaning.EPOCH: "epoch epochs train/epoch trainer/epoch current_epoch ep",
    Meaning.BATCH: "batch batch_idx batch_index minibatch",
    Meaning.TIME: "wall_time walltime timestamp _timestamp",
    Meaning.SPEED: "images/s img/s imgs/s images_per_second images_per_sec imgs_per_sec "
    "samples/s samples_per_second samples_per_sec",
}
_EXACT = {name: Column(meaning) for meaning, names in _WHOLE.items() for name in names.split()} | {
    # mmpretrain and Ultralytics measure these on the validation images.
    "accuracy/top1": Column(Meaning.VAL_TOP1, "validation"),
    "accuracy/top5": Column(Meaning.VAL_TOP5, "validation"),
    "metrics/accuracy_top1": Column(Meaning.VAL_TOP1, "validation"),
    "metrics/accuracy_top5": Column(Meaning.VAL_TOP5, "validation"),
    **dict.fromkeys(
        ("epoch_time", "epoch_seconds", "seconds", "time_per_epoch", "time/epoch"),
        Column(Meaning.SECONDS, of_epoch=True),
    ),
}

_SPLITS: dict[str, Split] = {
    **dict.fromkeys(["train", "training", "tr"], "train"),
    **dict.fromkeys(
        ["val", "valid", "validation", "va", "eval", "evaluation", "dev"], "validation"
    ),
    **dict.fromkeys(["test", "testing"], "test"),
}

# Without spaces. The long ones are Keras' and torchmetrics' names; those of the top 5 count the
# first five unless told otherwise.
_TOP1 = frozenset(
    {"acc", "accuracy", "top1", "acc1", "acc@1", "prec1", "prec@1", "top1acc", "acctop1"}
    | {"accuracytop1", "top1accuracy", "multiclassaccuracy", "binaryaccuracy"}
    | {"categoricalaccuracy", "sparsecategoricalaccuracy"}
)
_TOP5 = frozenset(
    {"top5", "acc5", "acc@5", "prec5", "prec@5", "top5acc", "acctop5", "accuracytop5"}
    | {"top5accuracy", "topkcategoricalaccuracy", "sparsetopkcategoricalaccuracy"}
)
# What follows is the optimiser and its group: `lr-AdamW/pg1`, `lr/pg0`, `lr_1`.
_RATE = re.compile(
    r"(lr|learning rate|learningrate)"
    r"( (?!scale|mult|factor|decay|warmup|scheduler)[a-z]+)?( (pg|group)? ?\d+)?"
)
_SPANS = frozenset({"epoch", "step", "batch"})
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[^a-z0-9@]+")
# W&B exports tables with the columns `RUN - NAME`, `RUN - NAME__MIN` and `RUN - NAME__MAX`.
_RUN_BREAK = " - "
_BOUNDS = ("__MIN", "__MAX")


@functools.lru_cache(maxsize=1 << 12)
def column(name: str) -> Column:
    """What a name means: `val_acc`, `Loss/train`, ` train/box_loss`."""
    name = name.strip()
    if exact := _EXACT.get(name.lower().replace(" ", "_")):
        return exact
    own = name.rpartition(_RUN_BREAK)[2]
    over_epochs = own.rpartition("/")[2].startswith("epoch_")
    if own.endswith(_BOUNDS):
        return _SCALAR
    words = _words(own)
    splits = {_SPLITS[word] for word in words if word in _SPLITS}
    spans = {word for word in words if word in _SPANS}
    if len(splits) > 1 or len(spans) > 1:
        return Column(None, over_epochs=over_epochs)
    split: Split = next(iter(splits), "")
    measure = _measure(own, [word for word in words if word not in _SPLITS and word not in spans])
    # Lightning's `val_loss_step` counts the batches of the validation.
    if split in ("validation", "test") and spans & {"step", "batch"}:
        measure = None
    return Column(_of_split(measure, split), split, spans == {"epoch"}, over_epochs)


def _words(name: str) -> list[str]:
    return [word for word in _SEPARATORS.split(_WORD_BREAK.sub(" ", name).lower()) if word]


_Measure: TypeAlias = Literal["loss", "top1", "top5", "lr"]


def _measure(name: str, words: list[str]) -> _Measure | None:
    """What the words measure, beside the images; `name` is the whole name."""
    rest = "".join(words)
    if rest == "loss":
        return "loss"
    if rest in _TOP1:
        return "top1"
    if rest in _TOP5:
        return "top5"
    # Names of optimisers are no words: AdamW.
    plain = [word for word in _SEPARATORS.split(name.lower()) if word not in ("", "train", "epoch")]
    return "lr" if _RATE.fullmatch(" ".join(plain)) else None


_OF_TRAINING = {"loss": Meaning.LOSS, "top1": Meaning.TOP1, "lr": Meaning.LR}
_OF_VALIDATION = {
    "loss": Meaning.VAL_LOSS,
    "top1": Meaning.VAL_TOP1,
    "top5": Meaning.VAL_TOP5,
}


def _of_split(measure: _Measure | None, split: Split) -> Meaning | None:
    """The meaning; a top-5 accuracy that names no images is one of the validation or none."""
    if measure is None:
        return None
    if split in ("validation", "test"):
        return _OF_VALIDATION.get(measure)
    if measure == "top5" and split == "":
        return Meaning.VAL_TOP5
    return _OF_TRAINING.get(measure)


def is_split(word: str) -> bool:
    """Whether a word names images: train, val, test."""
    return word.lower() in _SPLITS
