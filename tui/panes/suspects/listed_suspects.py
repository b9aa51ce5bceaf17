"""The images of the list, as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.protocol.commands import ImageSplit
from engine.suspicion import list_text

if TYPE_CHECKING:
    from engine.suspicion.run_suspects import RunSuspects

Place: TypeAlias = tuple[str, ImageSplit, int]
RowKey: TypeAlias = tuple[Place, bool]


class ListedImage(NamedTuple):
    """An image of a split by its number there, from 0, with what stands in its row.

    `digest` is that of the list of all images of the split.
    `given` and `held` are classes. Without a `name` in the data, nothing can be decided on it.
    `sure` is the probability of the class that it is held for; where none is known, `leads` says
    that it is the lead of that class. It is `likely` that class from a probability of a half on. An
    image that stands twice in the data has a `note`; only in two splits, it is held for no class.
    One `further` down is not among those to look at first.
    """

    rank: str
    split: ImageSplit
    number: int
    name: str | None
    given: int
    held: int | None
    sure: str
    since: str = ""
    leads: bool = False
    likely: bool = False
    note: str = ""
    further: bool = False
    digest: str = ""

    @property
    def place(self) -> Place:
        """What tells this image from others, whatever its rank, and from those of other data."""
        return self.digest, self.split, self.number

    @property
    def row(self) -> RowKey:
        """What tells its row from others: one that stands twice may also be a suspect."""
        return self.place, bool(self.note)

    @property
    def title(self) -> str:
        return list_text.image_number(self.number) if self.name is None else self.name


class SplitList(NamedTuple):
    """The images of a split that are listed, below a sentence and some notes.

    Where `found` is None, the sentence says why nothing is listed.
    """

    told: str
    found: RunSuspects | None = None
    images: tuple[ListedImage, ...] = ()
    notes: tuple[str, ...] = ()
