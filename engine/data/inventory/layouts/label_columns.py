"""Which columns of a table name images, labels and splits: found by their content."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.data.inventory.layouts.called_images import CalledImages
from engine.data.inventory.layouts.label_table import LabelTable
from engine.data.inventory.layouts.split_names import split_of
from engine.data.stored.image_kinds import IMAGE_SUFFIXES, suffix

# Names of columns of labels, the likeliest first; compared by their letters alone.
LABEL_HEADERS = (
    *("label", "labels", "class", "classname", "category", "categoryname", "labelname", "species"),
    *("breed", "target", "classid", "classes", "classlabel", "categoryid", "labelid", "dx"),
    *("diagnosis", "disease", "level", "emotion", "landmarkid", "findinglabels", "y"),
)
# A column with more words of its own than this share of the rows names no classes.
MOST_CLASSES = 0.5
# So much of what a column says must fit.
MOSTLY = 0.95
SAMPLED_ROWS = 1000
# A class and the four numbers of a box, perhaps several times, as Kaggle writes predictions.
BOX = 5
_NUMBER = re.compile(r"-?[\d.]+")


@dataclass(frozen=True)
class LabelColumns:
    """The columns of a table by number; `label` is None where the columns of `marked` are classes.

    `candidates` are the columns among which the label is not clear; `several` says that each marks
    images, some of them in several columns or in none. `cells` are their first cells where the
    table has no header. `boxed` says that numbers follow the label in its cells.
    """

    image: int
    label: int | None = None
    marked: Sequence[int] = ()
    split: int | None = None
    header: bool = True
    candidates: Sequence[str] = ()
    several: bool = False
    cells: Sequence[str] = ()
    boxed: bool = False

    @property
    def names_classes(self) -> bool:
        """Whether the table says the classes of its images."""
        return self.label is not None or bool(self.marked)


def find_columns(
    table: LabelTable, images: CalledImages, known: Collection[str] = (), wanted: str = ""
) -> LabelColumns | None:
    """The columns of a table that names images; None if it names none.

    Labels that are `known` classes decide on their column, as does the `wanted` header; a column
    of a table without a header is wanted by its place, as `3`.
    """
    image = _image_column(table, images)
    if image is None:
        return None
    first = table.header[image]
    header = not images.find(first) and suffix(first) not in IMAGE_SUFFIXES
    body = table.rows[1:] if header else table.rows
    others = [at for at in range(len(table.header)) if at != image]
    split = next((at for at in others if _is_split(_values(body, at))), None)
    others = [at for at in others if at != split]
    every = table.column_names(header)
    names = {at: every[at] for at in others}
    if wanted and (header or wanted.isdecimal()):
        label = next((at for at in others if names[at] == wanted), None)
        found = LabelColumns(image, label, candidates=[*names.values()])
    else:
        found = _label_columns(LabelColumns(image), names, body, known)
    boxed = found.label is not None and _are_boxed(_values(body, found.label), known)
    cells = [] if header else [table.header[every.index(name)] for name in found.candidates]
    return replace(found, split=split, header=header, boxed=boxed, cells=cells)


def _label_columns(
    found: LabelColumns,
    names: Mapping[int, str],
    body: Sequence[Sequence[str]],
    known: Collection[str],
) -> LabelColumns:
    """What is found, with the column of labels or the marked ones among these, by their names."""
    by_header = _by_header(names)
    fitting = [at for at in names if known and _fit(_values(body, at), known)]
    if fitting:
        return replace(found, label=by_header if by_header in fitting else fitting[0])
    if len(names) > 1 and all(_marks(_values(body, at)) for at in names):
        if all(sum(map(is_one, (row[at] for at in names))) == 1 for row in body):
            return replace(found, marked=[*names])
        return replace(found, candidates=[*names.values()], several=True)
    if by_header is not None and len({row[by_header] for row in body}) > 1:
        return replace(found, label=by_header)
    sorting = [at for at in names if _sorts(_values(body, at))]
    if len(sorting) == 1:
        return replace(found, label=sorting[0])
    return replace(found, candidates=[names[at] for at in sorting])


def _image_column(table: LabelTable, images: CalledImages) -> int | None:
    """The column whose cells most often name images: half of the rows, or half of the images."""
    step = -(-len(table.rows) // SAMPLED_ROWS)
    sample = table.rows[::step]
    hits = [
        0 if _plain(header) in LABEL_HEADERS else sum(bool(images.find(row[at])) for row in sample)
        for at, header in enumerate(table.header)
    ]
    most = max(hits)
    return hits.index(most) if most and 2 * most >= min(len(sample) - 1, len(images)) else None


def _by_header(names: Mapping[int, str]) -> int | None:
    plain = {_plain(name): at for at, name in reversed([*names.items()])}
    return next((plain[header] for header in LABEL_HEADERS if header in plain), None)


def _plain(header: str) -> str:
    """The letters of a header, small."""
    return re.sub(r"[^a-z]", "", header.lower())


def _values(body: Sequence[Sequence[str]], at: int) -> list[str]:
    return [row[at] for row in body if row[at]]


def _fit(values: Sequence[str], known: Collection[str]) -> bool:
    """Whether values are mostly known classes, which boxes may follow."""
    found = sum(value in known or unboxed(value) in known for value in values)
    return bool(values) and found >= MOSTLY * len(values)


def _are_boxed(values: Sequence[str], known: Collection[str]) -> bool:
    """Whether boxes follow the known classes in most values."""
    boxed = sum(value not in known and unboxed(value) in known for value in values)
    return bool(values) and boxed >= MOSTLY * len(values)


def unboxed(value: str) -> str:
    """The class before the numbers of boxes: `n01` of `n01 111 108 441 193`."""
    words = value.split()
    numbers = [word for at, word in enumerate(words) if at % BOX]
    whole = len(words) >= BOX and len(words) % BOX == 0
    return words[0] if whole and all(map(_NUMBER.fullmatch, numbers)) else value


def _is_split(values: Sequence[str]) -> bool:
    return bool(values) and len({*values}) < 10 and all(map(split_of, {*values}))


def _marks(values: Sequence[str]) -> bool:
    """Whether the values are all 0 or 1."""
    return {*values} <= {"0", "1", "0.0", "1.0"}


def is_one(value: str) -> bool:
    return value in ("1", "1.0")


def _sorts(values: Sequence[str]) -> bool:
    """Whether values sort images into classes: several, repeated, and no fractions."""
    distinct = {*values}
    fractions = any(re.fullmatch(r"-?\d*\.\d+", value) for value in distinct)
    return 1 < len(distinct) <= max(2, MOST_CLASSES * len(values)) and not fractions
