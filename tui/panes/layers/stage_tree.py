"""The layers of a network as stages and blocks, found in their dotted names.

`layer1.0.conv1` is a layer of block 0 of stage layer1. If one part of the names holds all blocks,
as `features` does in torchvision's MobileNet, the parts below it are the stages.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.protocol.events import Layer

# A block has at least this many convolutions or linear layers.
BLOCK_LAYERS = 2
# At first, groups are open up to this many rows, outer groups before inner ones.
FIRST_ROWS = 30


class LayerRange(NamedTuple):
    """Layers from `start` to before `end`, whose names share their first `parts`."""

    start: int
    end: int
    parts: int


class Node(NamedTuple):
    """One row of the tree: a layer, or a group whose members follow right after it."""

    name: str
    """The dotted name."""
    label: str
    """The name without the name of its group."""
    depth: int
    start: int
    end: int
    """The layers are those from `start` to before `end`."""
    group: bool
    groups: int
    """The number of groups directly below."""
    after: int
    """The index of the next node that is not below this one."""


def nodes(layers: Sequence[Layer]) -> tuple[Node, ...]:
    """The whole tree in the order of its rows, two levels of groups at most."""
    names = [layer.name.split(".") for layer in layers]
    weighs = [layer.macs > 0 for layer in layers]
    found: list[Node] = []
    for stage in _split(LayerRange(0, len(names), 0), names, weighs):
        _add(found, stage, names, weighs, depth=0, inside=0)
    return tuple(found)


def shown(tree: Sequence[Node], opened: frozenset[int]) -> list[int]:
    """The indices of the nodes outside of closed groups."""
    at, rows = 0, []
    while at < len(tree):
        rows.append(at)
        at = tree[at].after if tree[at].group and at not in opened else at + 1
    return rows


def opened_at_first(tree: Sequence[Node]) -> frozenset[int]:
    """The groups that are open until somebody closes them."""
    opened: frozenset[int] = frozenset()
    for depth in (0, 1):
        more = opened | {i for i, node in enumerate(tree) if node.group and node.depth == depth}
        if len(shown(tree, more)) > FIRST_ROWS:
            break
        opened = more
    return opened


def above(tree: Sequence[Node], index: int) -> int:
    """The group of this node, or the node itself at the top."""
    depth = tree[index].depth
    return next((i for i in range(index, -1, -1) if tree[i].depth < depth), index)


def _add(
    found: list[Node],
    run: LayerRange,
    names: Sequence[Sequence[str]],
    weighs: Sequence[bool],
    depth: int,
    inside: int,
) -> None:
    """Append a run of layers as a node; if it is a group, append its members below it.

    `inside` counts the first parts of the names that the group around it shows already.
    """
    alone = run.end - run.start == 1
    parts = names[run.start] if alone else names[run.start][: run.parts]
    below = [] if alone else list(_below(run, names, weighs, depth))
    groups = sum(one.end - one.start > 1 for one in below)
    label = ".".join(parts[inside:] or parts[-1:])
    dotted = "." + label if inside and label[:1].isdigit() else label
    at = len(found)
    node = Node(".".join(parts), dotted, depth, run.start, run.end, not alone, groups, at + 1)
    found.append(node)
    for one in below:
        _add(found, one, names, weighs, depth + 1, run.parts)
    found[at] = node._replace(after=len(found))


def _below(
    run: LayerRange, names: Sequence[Sequence[str]], weighs: Sequence[bool], depth: int
) -> Iterator[LayerRange]:
    """The members of a group: blocks, if it is a stage that has several, and layers."""
    parts = _split(run, names, weighs) if depth == 0 else []
    blocks = {part for part in parts if _is_block(part, weighs)}
    if len(blocks) < 2:
        parts, blocks = [run], set()
    for part in parts:
        if part in blocks:
            yield part
        else:
            yield from (LayerRange(i, i + 1, part.parts) for i in range(part.start, part.end))


def _split(
    run: LayerRange, names: Sequence[Sequence[str]], weighs: Sequence[bool]
) -> list[LayerRange]:
    """The runs by the next part of the names; the only one that has blocks is split in turn."""
    found = _parts(run, names)
    holders = [
        part
        for part in found
        if sum(_is_block(below, weighs) for below in _parts(part, names)) >= 2
    ]
    if len(holders) != 1:
        return found
    at = found.index(holders[0])
    return [*found[:at], *_split(holders[0], names, weighs), *found[at + 1 :]]


def _parts(run: LayerRange, names: Sequence[Sequence[str]]) -> list[LayerRange]:
    deeper = run.parts + 1
    found = []
    for _, same in itertools.groupby(
        range(run.start, run.end), key=lambda i: tuple(names[i][:deeper])
    ):
        members = list(same)
        found.append(LayerRange(members[0], members[-1] + 1, deeper))
    return found


def _is_block(run: LayerRange, weighs: Sequence[bool]) -> bool:
    return sum(weighs[run.start : run.end]) >= BLOCK_LAYERS
