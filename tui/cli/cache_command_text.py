"""Words of `cnn-tui cache`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.numbers import size
from engine.text import folder as shown
from engine.text import harmless

if TYPE_CHECKING:
    from engine.data.cache.kept_stores import KeptStore

HELP = """List the decoded images that are kept on the disk.

Later epochs and runs need not decode them again. FOLDER is the one that a recipe's `cache` names;
without it, the one in the user's cache."""
HELP_CLEAR = "Remove them, but for those that a live run uses. Nothing is asked."

COLUMNS = (
    ("data", False),
    ("images", True),
    ("form", False),
    ("on disk", True),
    ("last used", False),
    ("", False),
)
NO_MOMENT = "–"


def images(there: int, count: int) -> str:
    return f"{there:,} of {count:,}"


def state(store: KeptStore) -> str:
    if store.live:
        return "in use"
    if not store.current:
        return "of another version"
    return "complete" if store.complete else "in part"


def none(folder: object) -> str:
    return f"no decoded images are kept in {shown(folder)}."


def total(taken: int, most: int, folder: object) -> str:
    return (
        f"{size(taken)} of at most {size(most)} in {shown(folder)}; `--clear` removes what no live "
        "run uses."
    )


def stays(data: str, taken: int) -> str:
    return f"a live run uses the decoded images of {harmless(data)} ({size(taken)}): they stay."


def freed(freed: int) -> str:
    return f"{size(freed)} freed."


def not_cleared(folder: object, why: str) -> str:
    return f"{shown(folder)} cannot be cleared ({harmless(why)}): remove what is in it yourself."
