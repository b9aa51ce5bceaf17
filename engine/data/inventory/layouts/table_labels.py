"""The classes of images that lie in no folders of classes: from tables beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.data.inventory.layouts.called_images import CalledImages, split_in, stem
from engine.data.inventory.layouts.folder_tree import above, last
from engine.data.inventory.layouts.label_columns import LabelColumns, find_columns, is_one, unboxed
from engine.data.inventory.layouts.label_table import LabelTable, read_table
from engine.data.inventory.layouts.split_names import SplitName, split_of
from engine.data.inventory.listing.listing import Listing

# A folder with more text files has one for each image, and none for all.
MOST_TABLES = 20
# So many lines tell whether a table names images.
GLIMPSED = 1000


@dataclass
class TableLabels:
    """The labels of images, and the split of each where the table says it.

    `several` are images with more than one label, `unclear` those whose name in the table others
    have, too. `missing` are names in the tables that no image has, and `uneven` the number of rows
    of a table with too few or too many cells. `contradicted` are images to which a table gives
    another label than an earlier one, which counts. `used` says, for each table that gave some,
    which columns did. `candidates` are the columns of `unsure`, of which none is sure to be the
    label, and `cells` their first cells where it has no header; `marked` says that they mark
    several classes for each image.
    """

    labels: dict[str, str] = field(default_factory=dict)
    splits: dict[str, SplitName] = field(default_factory=dict)
    several: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    used: dict[str, str] = field(default_factory=dict)
    uneven: dict[str, int] = field(default_factory=dict)
    contradicted: dict[str, list[str]] = field(default_factory=dict)
    unsure: str = ""
    candidates: Sequence[str] = ()
    cells: Sequence[str] = ()
    marked: bool = False


def table_labels(
    listing: Listing,
    names: Mapping[str, SplitName | None],
    known: Mapping[str, str],
    wanted: str = "",
) -> TableLabels:
    """The labels of these images, each of which has a split or None where folders name none.

    `known` are the classes by each spelling. `wanted` is the header of the column of labels.
    """
    found, scopes = TableLabels(), _Scopes(names, listing.folders)
    read: list[_Read] = []
    for name in label_tables(listing.tables):
        one = _read(listing, name, scopes.of(name), known, wanted)
        if one is None:
            continue
        if one.columns.names_classes:
            read.append(one)
        elif one.columns.candidates and not found.candidates:
            found.unsure, found.candidates = name, one.columns.candidates
            found.cells, found.marked = one.columns.cells, one.columns.several
    for one in sorted(read, key=lambda one: -len(one.table.rows)):
        _take(found, one, known)
    return found


class _Read(NamedTuple):
    table: LabelTable
    columns: LabelColumns
    images: CalledImages


def _read(
    listing: Listing, name: str, images: CalledImages, known: Mapping[str, str], wanted: str
) -> _Read | None:
    """A table that names images of these; else None, for which its first lines are enough."""
    content = listing.read(name)
    glimpse = read_table(name, content, GLIMPSED)
    if glimpse is None or find_columns(glimpse, images, known, wanted) is None:
        return None
    table = read_table(name, content)
    columns = table and find_columns(table, images, known, wanted)
    return _Read(table, columns, images) if table and columns else None


def label_tables(tables: Sequence[str]) -> list[str]:
    """Those of the text files that may be tables of labels."""
    of_folder = Counter(map(above, tables))
    return [
        name
        for name in tables
        if of_folder[above(name)] <= MOST_TABLES and "submission" not in last(name).lower()
    ]


class _Scopes:
    """The images that a table can speak of: where splits are folders, those of its split."""

    def __init__(self, names: Mapping[str, SplitName | None], folders: Iterable[str]) -> None:
        self._names, self._folders = names, folders
        self._by_split: dict[SplitName | None, CalledImages] = {}

    def of(self, table: str) -> CalledImages:
        split = table_split(table)
        if split not in {*self._names.values()}:
            split = None
        if split not in self._by_split:
            of_split = (n for n, other in self._names.items() if split is None or other == split)
            self._by_split[split] = CalledImages(of_split, self._folders)
        return self._by_split[split]


def table_split(table: str) -> SplitName | None:
    """The split that the name of a table means, else its folder."""
    return split_of(last(table).rpartition(".")[0]) or split_in(above(table))


def _take(found: TableLabels, read: _Read, known: Mapping[str, str]) -> None:
    """Take the labels of a table for images that have none of an earlier one."""
    table, columns, _ = read
    of_table: defaultdict[str, set[str]] = defaultdict(set)
    whole = table_split(table.name)
    for row, meant in _clear_rows(found, read):
        label = _label(table, columns, row)
        split = split_of(row[columns.split]) if columns.split is not None else whole
        for image in meant if label else ():
            of_table[image].add(known.get(label, label))
            if split:
                found.splits.setdefault(image, split)
    for image, labels in of_table.items():
        if len(labels) > 1:
            found.several.add(image)
        elif found.labels.setdefault(image, label := labels.pop()) != label:
            found.contradicted.setdefault(table.name, []).append(image)
    if table.uneven:
        found.uneven[table.name] = table.uneven
    found.used[table.name] = _source(table, columns)


def _clear_rows(found: TableLabels, read: _Read) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Each row with the images that it means; notes the rows of which that is not clear."""
    table, columns, images = read
    for row in table.rows[columns.header :]:
        meant = images.find(row[columns.image])
        if not meant:
            found.missing.append(row[columns.image])
        elif len(meant) > 1 and not _are_twins(meant):
            found.unclear.update(meant)
        else:
            yield row, meant


def _label(table: LabelTable, columns: LabelColumns, row: Sequence[str]) -> str:
    if columns.label is not None:
        cell = row[columns.label]
        return unboxed(cell) if columns.boxed else cell
    names = table.column_names(columns.header)
    return next(names[at] for at in columns.marked if is_one(row[at]))


def _are_twins(names: Sequence[str]) -> bool:
    """Whether files differ only in their suffix, so that one row speaks of all."""
    return len({(above(name), stem(name)) for name in names}) == 1


def _source(table: LabelTable, columns: LabelColumns) -> str:
    """Where the classes are from: `breed of train.csv, whose id names the images`."""
    if not columns.header:
        number = 1 if columns.label is None else columns.label + 1
        where = f"column {number} of {table.name}"
        return f"{where}, whose column {columns.image + 1} names the images"
    label = "marks" if columns.label is None else table.header[columns.label]
    return f"{label} of {table.name}, whose {table.header[columns.image]} names the images"
