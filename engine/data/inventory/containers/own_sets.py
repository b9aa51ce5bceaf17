"""Data sets that the user's own Python makes. Loads torch, on use only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from engine.catalog.data_names import UserSet
from engine.data.inventory.containers import library_text
from engine.data.inventory.containers.item_labels import class_names, labels_of
from engine.data.inventory.containers.labelled_items import ItemSet, SplitItems
from engine.data.stored import set_item
from engine.data.stored.item_image import image_of
from engine.data.stored.set_item import SetItem, item_of
from engine.data.stored.user_split import UserSplit, is_data_set
from engine.errors import DataError, EngineError
from engine.user_code.user_module import failure

# Another draw of what a data set draws for its first item.
OTHER_SEED = 1


def read(user: UserSet, kept: Path | None) -> ItemSet:
    """The images of the data set, or of the pair for training and validation.

    `kept` is the folder where the run keeps the code. Raises UsageError where the code fails, and
    DataError where it returns something else.
    """
    whole = UserSplit(str(user.file), user.function, str(kept or ""))
    named = f"{user.file.name}:{user.function}"
    with _explained(whole, named):
        makers = _makers(whole, named)
        names = class_names(set_item.made(makers[0]))
        parts = [_part(maker) for maker in makers]
        notes = (library_text.draws_at_random(named),) if _is_random(makers[0]) else ()
    return ItemSet(
        named,
        library_text.OWN,
        parts,
        names,
        notes=notes,
        validation=f"the second data set of {named}",
    )


def _makers(whole: UserSplit, named: str) -> list[UserSplit]:
    """How to make each split. Raises DataError where the function returns no data set."""
    found = set_item.made(whole)
    if isinstance(found, tuple):
        if len(found) == 2 and all(map(is_data_set, found)):
            return [_of_part(whole, part) for part in range(len(found))]
        raise DataError(library_text.no_data_set(named, f"a tuple of {len(found)}"))
    if isinstance(found, dict) or not is_data_set(found):
        raise DataError(library_text.no_data_set(named, type(found).__name__))
    return [whole]


def _of_part(whole: UserSplit, part: int) -> UserSplit:
    return UserSplit(whole.file, whole.function, whole.kept, part)


def _part(maker: UserSplit) -> SplitItems:
    labels = labels_of(maker)
    items = [SetItem(maker, index, label) for index, label in enumerate(labels)]
    return SplitItems("train" if not maker.part else "validation", items, labels)


def _is_random(maker: UserSplit) -> bool:
    """Whether the first image differs where another chance decides."""
    if not len(set_item.made(maker)):
        return False
    one, other = (image_of(item_of(maker, 0, seed)[0]) for seed in (0, OTHER_SEED))
    return one.size != other.size or not np.array_equal(np.asarray(one), np.asarray(other))


@contextmanager
def _explained(maker: UserSplit, named: str) -> Iterator[None]:
    """Raises UsageError for an error in the user's code, with its line."""
    try:
        yield
    except EngineError:
        raise
    except (Exception, SystemExit) as error:
        code = maker.code
        if isinstance(error, ValueError) and not code.line_of(error):
            raise DataError(library_text.wrong_items(named, str(error))) from error
        raise failure(code, error) from error
