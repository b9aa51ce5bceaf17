"""The order of classes, and the names under which they are shown."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from engine import regular_files, text
from engine.data.inventory import inventory_text
from engine.data.inventory.layouts.class_spellings import in_natural_order, numbers_out_of_order
from engine.data.inventory.layouts.label_table import decoded, read_table
from engine.errors import DataError
from engine.recipes.recipe import Recipe

NamePairs = tuple[tuple[str, str], ...]
# What no list of names has whose commas are those of a sentence, as in `tench, Tinca tinca`.
TIGHT_COMMA = re.compile(r',(?! )|"')


def in_order(classes: Iterable[str], recipe: Recipe) -> list[str]:
    """The classes in the order of their numbers: `class_order` of the recipe."""
    return in_natural_order(classes) if recipe.class_order == "natural" else sorted(classes)


def order_notes(ordered: Sequence[str]) -> list[str]:
    """A sentence where classes are numbers, and not in the order of numbers."""
    natural = in_natural_order(ordered)
    if list(ordered) == natural or not numbers_out_of_order(ordered):
        return []
    at = next(i for i, name in enumerate(ordered) if name != natural[i])
    shown = slice(max(0, at - 2), at + 1)
    return [inventory_text.other_natural_order(ordered[shown], natural[shown])]


def read_name_pairs(path: str) -> NamePairs:
    """The two columns of a file that names classes, `n01440764,tench`; else its lines.

    Columns are parted as in tables of labels. Where only spaces part a line, perhaps behind commas,
    it may be a class and its name, or one name: its pair is `("", line)`, and the classes decide.
    Raises DataError where the file cannot be read or holds nothing.
    """
    try:
        content = regular_files.read_bytes(Path(os.path.expanduser(path)))
    except OSError as error:
        raise DataError(inventory_text.names_unreadable(path, text.reason(error))) from error
    table = read_table(path, content)
    names = decoded(content)
    spaced = table is not None and table.delimiter == "," and not TIGHT_COMMA.search(names)
    if table and not spaced and table.delimiter != " " and len(table.header) == 2:
        return tuple((row[0], row[1]) for row in table.rows)
    lines = map(str.strip, names.splitlines())
    pairs = tuple(("", line) for line in lines if line)
    if not pairs:
        raise DataError(inventory_text.no_names(path))
    return pairs


def shown_names(classes: Sequence[str], recipe: Recipe) -> tuple[tuple[str, ...], list[str]]:
    """The names of the classes for the user, and sentences on classes that `class_names` lacks.

    Raises DataError where `class_names` names none of them.
    """
    chosen = recipe.class_names
    if not chosen:
        return tuple(map(_readable, classes)), []
    pairs = read_name_pairs(chosen) if isinstance(chosen, str) else chosen
    naming = _naming(pairs, {*classes}) or _named_in_order(pairs, classes)
    unnamed = [name for name in classes if name not in naming]
    if len(unnamed) == len(classes):
        raise DataError(inventory_text.names_of_others(pairs, classes))
    shown = [_readable(naming.get(name, name)) for name in classes]
    twice = {name for name, count in Counter(shown).items() if count > 1}
    names = tuple(
        f"{name} ({_readable(key)})" if name in twice and name != key else name
        for name, key in zip(shown, classes, strict=True)
    )
    return names, [inventory_text.classes_unnamed(unnamed)] if unnamed else []


def _naming(pairs: NamePairs, classes: Collection[str]) -> dict[str, str]:
    """The names by class; the column that has more of the classes is that of the classes."""
    found: list[dict[str, str]] = []
    for sign in (", ", " "):
        parted = [_parted(pair, sign) for pair in pairs]
        found.append({one: two for one, two in parted if one in classes})
        found.append({two: one for one, two in parted if two in classes})
    return max(found, key=len)


def _parted(pair: tuple[str, str], sign: str) -> tuple[str, str]:
    """A class and its name; one word alone is a class that keeps its name."""
    if pair[0]:
        return pair
    one, _, two = pair[1].partition(sign)
    return one, two.strip() or one


def _named_in_order(pairs: NamePairs, classes: Sequence[str]) -> dict[str, str]:
    """The names by class where lines are names in the order of the classes, one for each.

    A list for classes that are numbers has their order, whatever `class_order` is.
    """
    names = [name for key, name in pairs if not key]
    ordered = in_natural_order(classes) if all(map(str.isdecimal, classes)) else classes
    return dict(zip(ordered, names, strict=True)) if len(names) == len(classes) else {}


def _readable(name: str) -> str:
    """The name, with the bytes that are not UTF-8 as `\\xe9`: no event could hold them."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
