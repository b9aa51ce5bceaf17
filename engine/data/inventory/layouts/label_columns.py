"""Which columns of a table name images, labels and splits: found by their content."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.data.inventory.layouts.image_names import ImageNames
from engine.data.inventory.layouts.label_table import LabelTable
from engine.data.inventory.layouts.split_names import split_of

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


@dataclass(frozen=True)
class LabelColumns:
    """The columns of a table by number; `label` is None where the columns of `marked` are classes.

    `candidates` are the columns among which the label is not clear, or that mark several classes.
    """

    image: int
    label: int | None = None
    marked: Sequence[int] = ()
    split: int | None = None
    header: bool = True
    candidates: Sequence[str] = ()
    several: bool = False

    @property
    def names_classes(self) -> bool:
        """Whether the table says the classes of its images."""
        return self.label is not None or bool(self.marked)


def find_columns(
    table: LabelTable, images: ImageNames, known: Collection[str] = (), wanted: str = ""
) -> LabelColumns | None:
    """The columns of a table that names images; None if it names none.

    Labels that are `known` classes decide on their column, as does the `wanted` header.
    """
    image = _image_column(table, images)
    if image is None:
        return None
    header = not images.find(table.header[image])
    body = table.rows[1:] if header else table.rows
    others = [at for at in range(len(table.header)) if at != image]
    split = next((at for at in others if _is_split(_values(body, at))), None)
    others = [at for at in others if at != split]
    found = _label_columns(table, body, others, known, wanted if header else "")
    label, marked, candidates, several = found
    return LabelColumns(image, label, marked, split, header, candidates, several)


def _label_columns(
    table: LabelTable,
    body: Sequence[Sequence[str]],
    others: Sequence[int],
    known: Collection[str],
    wanted: str,
) -> tuple[int | None, Sequence[int], Sequence[str], bool]:
    names = {at: table.header[at] for at in others}
    if wanted:
        return (
            next((at for at in others if names[at] == wanted), None),
            (),
            [*names.values()],
            False,
        )
    by_header = _by_header(names)
    fitting = [at for at in others if known and _share(_values(body, at), known) >= MOSTLY]
    if fitting:
        return by_header if by_header in fitting else fitting[0], (), (), False
    if len(others) > 1 and all(_marks(_values(body, at)) for at in others):
        if all(sum(map(_is_one, (row[at] for at in others))) == 1 for row in body):
            return None, others, (), False
        return None, (), [*names.values()], True
    if by_header is not None and len({row[by_header] for row in body}) > 1:
        return by_header, (), (), False
    sorting = [at for at in others if _sorts(_values(body, at))]
    if len(sorting) == 1:
        return sorting[0], (), (), False
    return None, (), [names[at] for at in sorting], False


def _image_column(table: LabelTable, images: ImageNames) -> int | None:
    """The column whose cells most often name images: half of the rows, or half of the images."""
    step = -(-len(table.rows) // SAMPLED_ROWS)
    sample = table.rows[::step]
    hits = [
        0 if _plain(header) in LABEL_HEADERS else sum(bool(images.find(row[at])) for row in sample)
        for at, header in enumerate(table.header)
    ]
    most = max(hits)
    return hits.index(most) if most and 2 * most >= min(len(sample) - 1, len(images)) else None


def _by_header(names: dict[int, str]) -> int | None:
    plain = {_plain(name): at for at, name in reversed(names.items())}
    return next((plain[header] for header in LABEL_HEADERS if header in plain), None)


def _plain(header: str) -> str:
    """The letters of a header, small."""
    return re.sub(r"[^a-z]", "", header.lower())


def _values(body: Sequence[Sequence[str]], at: int) -> list[str]:
    return [row[at] for row in body if row[at]]


def _share(values: Sequence[str], known: Collection[str]) -> float:
    return sum(value in known for value in values) / len(values) if values else 0.0


def _is_split(values: Sequence[str]) -> bool:
    return bool(values) and len({*values}) < 10 and all(map(split_of, {*values}))


def _marks(values: Sequence[str]) -> bool:
    """Whether the values are all 0 or 1."""
    return {*values} <= {"0", "1", "0.0", "1.0"}


def _is_one(value: str) -> bool:
    return value in ("1", "1.0")


def _sorts(values: Sequence[str]) -> bool:
    """Whether values sort images into classes: several, repeated, and no fractions."""
    distinct = {*values}
    fractions = any(re.fullmatch(r"-?\d*\.\d+", value) for value in distinct)
    return 1 < len(distinct) <= max(2, MOST_CLASSES * len(values)) and not fractions
