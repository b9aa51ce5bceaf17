"""The view of a confusion matrix: its kind, order, filter and selection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from tui.drawing.mistakes import ConfusionCounts, Mistake, class_name

Kind: TypeAlias = Literal["matrix", "pairs", "report"]
Order: TypeAlias = Literal["classes", "worst", "recall"]
# The orders of each kind, the default first.
ORDERS: dict[Kind, tuple[Order, ...]] = {
    "matrix": ("classes", "worst", "recall"),
    "pairs": ("worst", "recall", "classes"),
    "report": ("recall", "classes", "worst"),
}

Item = TypeVar("Item")


class MatrixView(NamedTuple):
    """The settings of the pane. Without a `kind`, it shows the matrix if that fits, else the pairs.

    `turn` counts through the orders of the kind. Only classes with `wanted` in their names are
    shown. `selected` is a cell as (true, predicted); `waiting` names requested images.
    If `coloured`, areas can be filled with a colour or a grey.
    """

    kind: Kind | None = None
    turn: int = 0
    in_counts: bool = False
    wanted: str = ""
    selected: tuple[int, int] | None = None
    waiting: str = ""
    coloured: bool = False

    def order(self, kind: Kind) -> Order:
        orders = ORDERS[kind]
        return orders[self.turn % len(orders)]


def class_order(
    counted: ConfusionCounts, classes: Sequence[str], order: Order, wanted: str = ""
) -> tuple[int, ...]:
    """The classes by number, by their worst pairs, or by recall, lowest first."""
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
    counted: ConfusionCounts, classes: Sequence[str], order: Order, wanted: str = ""
) -> Sequence[Mistake]:
    """The pairs: the most frequent first, by the recall of their class, or by number."""
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
    counted: ConfusionCounts,
    classes: Sequence[str],
    view: MatrixView,
    kind: Kind,
    down: int,
    right: int,
) -> tuple[int, int] | None:
    """The cell this many rows and columns further, in the order that is shown.

    Without a selection this is the worst visible cell; None if there is no cell.
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
    """The item this many places further, at most the last; the first if `at` is not among them."""
    if not things:
        return None
    if at is None or at not in things:
        return things[0]
    return things[max(0, min(len(things) - 1, things.index(at) + step))]


@lru_cache(maxsize=2)
def similar(counted: ConfusionCounts, many: int) -> tuple[int, ...]:
    """The classes, ordered so that classes that are often confused are neighbours.

    Chains grow greedily, as for the travelling salesman: the most frequent pairs, counted in both
    directions, are joined first, and each class gets at most two neighbours.
    """
    both: Counter[tuple[int, int]] = Counter()
    for true, predicted, images, _ in counted.mistakes:
        both[min(true, predicted), max(true, predicted)] += images
    # Maps the class at each end of a chain to the chain.
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
    """The classes whose names contain `wanted`."""
    if not wanted:
        return range(len(classes))
    part_of = wanted.casefold()
    return {i for i in range(len(classes)) if part_of in class_name(classes, i).casefold()}
