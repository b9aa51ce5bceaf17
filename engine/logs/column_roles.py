"""Which column of a log has which meaning, where several could have it.

What a name means can depend on the names beside it. Keras' `accuracy` is that of the training and
stands beside `loss`; fastai's is that of the validation and stands beside `train_loss` and
`valid_loss`. A test is the validation of a log that has no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.logs.columns import PLACES, Column, Meaning, column

# Keras writes these for TensorBoard beside the same numbers over epochs.
_REPEATED = "_vs_iterations"
_OF_BATCH = "batch_"
_VALIDATIONS = ("validation", "test")
_OF_EPOCH = frozenset({Meaning.VAL_LOSS, Meaning.VAL_TOP1, Meaning.VAL_TOP5, Meaning.SECONDS})


class Role(NamedTuple):
    """What the numbers of a column are taken for; without a meaning they are a scalar.

    `of_epoch` says that they are of a whole epoch, and `dropped` that they are not shown.
    """

    meaning: Meaning | None = None
    of_epoch: bool = False
    over_epochs: bool = False
    dropped: bool = False


def roles(names: Iterable[str], named: Mapping[str, Meaning]) -> dict[str, Role]:
    """The roles of columns; of those with the same meaning, the first one has it.

    `named` are the meanings that the user gave. No other column has one of these.
    """
    columns = {name: column(name) for name in names}
    context = _Context([*columns.values()])
    taken = {(meaning, of_epoch) for meaning in named.values() for of_epoch in (False, True)}
    found: dict[str, Role] = {}
    for name, known in columns.items():
        if name in named:
            found[name] = Role(named[name], named[name] in _OF_EPOCH)
            continue
        meaning = context.meaning(known)
        of_epoch = known.of_epoch or known.split in _VALIDATIONS or meaning in _OF_EPOCH
        if meaning is None or (meaning, of_epoch) in taken:
            dropped = name.endswith(_REPEATED) or meaning in PLACES
            found[name] = Role(None, of_epoch, known.over_epochs, dropped)
            continue
        taken.add((meaning, of_epoch))
        found[name] = Role(meaning, of_epoch, known.over_epochs)
    return found


def are_of_keras(names: Iterable[str]) -> bool:
    """Whether tags are there that Keras writes over steps, with `update_freq=N`.

    Then its tags over epochs are there only for epochs whose last step is a multiple of N.
    """
    return any(
        name.endswith(_REPEATED) or name.rpartition("/")[2].startswith(_OF_BATCH) for name in names
    )


class _Context:
    """What all the columns together say of one."""

    def __init__(self, columns: list[Column]) -> None:
        losses = {c.split for c in columns if c.meaning in (Meaning.LOSS, Meaning.VAL_LOSS)}
        validates = [c for c in columns if c.split == "validation" and c.meaning is not None]
        self._tests_validate = not validates
        # Then a measure that names no images is one of the validation.
        self._bare_is_validation = "train" in losses and len(losses) > 1 and "" not in losses

    def meaning(self, known: Column) -> Meaning | None:
        if known.split == "test" and not self._tests_validate:
            return None
        if known.split:
            return known.meaning
        if known.meaning is Meaning.TOP1 and self._bare_is_validation:
            return Meaning.VAL_TOP1
        if known.meaning is Meaning.VAL_TOP5 and not self._bare_is_validation:
            return None
        return known.meaning
