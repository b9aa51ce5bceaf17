"""Ways to look at a confusion matrix: what is shown, in which order, which part, what is marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from tui.drawing.mistakes import Counts, Mistake, class_name

Kind: TypeAlias = Literal["matrix", "pairs", "report"]
Order: TypeAlias = Literal["classes", "worst", "recall"]
# What each of them is ordered by, the first unless another is asked for.
ORDERS: dict[Kind, tuple[Order, ...]] = {
    "matrix": ("classes", "worst", "recall"),
    "pairs": ("worst", "recall", "classes"),
    "report": ("recall", "classes", "worst"),
}

Item = TypeVar("Item")


class MatrixView(NamedTuple):
    """A way to look; without a `kind` it is the matrix where that fits, else the pairs.

    `turn` counts through the orders of the kind, `wanted` is a part of the names of the classes
    that are shown, `selected` a cell as (true, predicted), `asked` says that images are on the way.
    """

    kind: Kind | None = None
    turn: int = 0
    in_counts: bool = False
    wanted: str = ""
    selected: tuple[int, int] | None = None
    asked: bool = False

    def order(self, kind: Kind) -> Order:
        orders = ORDERS[kind]
        return orders[self.turn % len(orders)]


def class_order(
    counted: Counts, classes: Sequence[str], order: Order, wanted: str = ""
) -> tuple[int, ...]:
    """The classes as they are numbered; those of the worst pairs first; or the hardest first."""
    many = len(classes)
    first: Iterable[int] = ()
    if order == "worst":
        first = (index for pair in counted.mistakes for index in pair[:2])
    elif order == "recall":
        first = (index for _, index in counted.recalls)
    ranked = dict.fromkeys([*first, *range(many)])
    shown = _fitting(classes, wanted)
    return tuple(i for i in ranked if i in shown)


def pair_order(
    counted: Counts, classes: Sequence[str], order: Order, wanted: str = ""
) -> Sequence[Mistake]:
    """The most frequent pairs first; those of the hardest class first; or by number."""
    found: Sequence[Mistake] = counted.mistakes
    if wanted:
        shown = _fitting(classes, wanted)
        found = [pair for pair in found if pair.true in shown or pair.predicted in shown]
    if order == "classes":
        return sorted(found, key=lambda pair: pair.true)
    if order == "recall":
        ranks = {index: rank for rank, (_, index) in enumerate(counted.recalls)}
        return sorted(found, key=lambda pair: ranks[pair.true])
    return found


def moved(
    counted: Counts, classes: Sequence[str], view: MatrixView, kind: Kind, down: int, right: int
) -> tuple[int, int] | None:
    """The cell that is selected so many rows and columns further, as it is ordered.

    Without a selection it is the worst of what is shown; None where nothing is.
    """
    order, selected = view.order(kind), view.selected
    if kind == "pairs":
        pairs = [pair[:2] for pair in pair_order(counted, classes, order, view.wanted)]
        return _further(pairs, selected, down)
    shown = class_order(counted, classes, order, view.wanted)
    if kind == "report":
        index = _further(shown, selected[0] if selected else None, down)
        return None if index is None else (index, index)
    if selected is None:
        there = frozenset(shown)
        worst = (pair[:2] for pair in counted.mistakes if there.issuperset(pair[:2]))
        return next(worst, (shown[0], shown[0]) if shown else None)
    true, predicted = _further(shown, selected[0], down), _further(shown, selected[1], right)
    return None if true is None or predicted is None else (true, predicted)


def _further(things: Sequence[Item], at: Item | None, step: int) -> Item | None:
    """The thing so many places further, as far as there are any; the first where it is not one."""
    if not things:
        return None
    if at is None or at not in things:
        return things[0]
    return things[max(0, min(len(things) - 1, things.index(at) + step))]


def part(count: int, at: int, shown: int) -> range:
    """Which of so many things are shown where only some fit: those around this one."""
    shown = max(0, min(shown, count))
    start = min(max(0, at - shown // 2), count - shown)
    return range(start, start + shown)


@lru_cache(maxsize=2)
def similar(counted: Counts, many: int) -> tuple[int, ...]:
    """So many classes, those side by side that are taken for each other.

    The most frequent pairs, both directions together, are joined first, and each class to two
    others at most: greedy chains, as for a travelling salesman.
    """
    both: Counter[tuple[int, int]] = Counter()
    for true, predicted, images, _ in counted.mistakes:
        both[min(true, predicted), max(true, predicted)] += images
    # Each chain under the classes at its two ends.
    ends = {i: [i] for i in range(many)}
    for (a, b), _ in both.most_common():
        if a in ends and b in ends and ends[a] is not ends[b]:
            first, second = ends.pop(a), ends.pop(b)
            joined = (first if first[-1] == a else first[::-1]) + (
                second if second[0] == b else second[::-1]
            )
            ends[joined[0]] = ends[joined[-1]] = joined
    order: dict[int, None] = {}
    for i in range(many):
        if i in ends and i not in order:
            order |= dict.fromkeys(ends[i] if ends[i][0] == i else ends[i][::-1])
    return tuple(order)


def _fitting(classes: Sequence[str], wanted: str) -> Container[int]:
    """The classes that have this in their name."""
    if not wanted:
        return range(len(classes))
    part_of = wanted.casefold()
    return {i for i in range(len(classes)) if part_of in class_name(classes, i).casefold()}
