"""Groups the layers of a network into stages and blocks, by their dotted names.

`layer1.0.conv1` is a layer of block 0 of stage layer1. If one prefix holds all blocks, such as
`features` in torchvision's MobileNet, the parts below it are the stages.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.protocol.events import Layer

# A block has at least this many convolutions or linear layers.
BLOCK_LAYERS = 2
# At first, groups are open as long as the table has at most this many rows, outer ones first.
FIRST_ROWS = 30


class LayerRange(NamedTuple):
    """The layers from `start` up to, but not including, `end`; their names share `parts` parts."""

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
    """The layers are those from `start` up to, but not including, `end`."""
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
    """The groups that are open at first."""
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
    layers: LayerRange,
    names: Sequence[Sequence[str]],
    weighs: Sequence[bool],
    depth: int,
    inside: int,
) -> None:
    """Append a range of layers as a node; if it is a group, append its members below it.

    `inside` is the number of leading parts of the names that the enclosing group shows already.
    """
    alone = layers.end - layers.start == 1
    parts = names[layers.start] if alone else names[layers.start][: layers.parts]
    below = [] if alone else list(_below(layers, names, weighs, depth))
    groups = sum(one.end - one.start > 1 for one in below)
    label = ".".join(parts[inside:] or parts[-1:])
    dotted = "." + label if inside and label[:1].isdigit() else label
    at = len(found)
    node = Node(".".join(parts), dotted, depth, layers.start, layers.end, not alone, groups, at + 1)
    found.append(node)
    for one in below:
        _add(found, one, names, weighs, depth + 1, layers.parts)
    found[at] = node._replace(after=len(found))


def _below(
    layers: LayerRange, names: Sequence[Sequence[str]], weighs: Sequence[bool], depth: int
) -> Iterator[LayerRange]:
    """The members of a group: for a stage with several blocks, blocks and layers; else layers."""
    parts = _split(layers, names, weighs) if depth == 0 else []
    blocks = {part for part in parts if _is_block(part, weighs)}
    if len(blocks) < 2:
        parts, blocks = [layers], set()
    for part in parts:
        if part in blocks:
            yield part
        else:
            yield from (LayerRange(i, i + 1, part.parts) for i in range(part.start, part.end))


def _split(
    layers: LayerRange, names: Sequence[Sequence[str]], weighs: Sequence[bool]
) -> list[LayerRange]:
    """Split by the next part of the names; a single part with blocks is split in turn."""
    found = _parts(layers, names)
    holders = [
        part
        for part in found
        if sum(_is_block(below, weighs) for below in _parts(part, names)) >= 2
    ]
    if len(holders) != 1:
        return found
    at = found.index(holders[0])
    return [*found[:at], *_split(holders[0], names, weighs), *found[at + 1 :]]


def _parts(layers: LayerRange, names: Sequence[Sequence[str]]) -> list[LayerRange]:
    deeper = layers.parts + 1
    found = []
    for _, same in itertools.groupby(
        range(layers.start, layers.end), key=lambda i: tuple(names[i][:deeper])
    ):
        members = list(same)
        found.append(LayerRange(members[0], members[-1] + 1, deeper))
    return found


def _is_block(layers: LayerRange, weighs: Sequence[bool]) -> bool:
    return sum(weighs[layers.start : layers.end]) >= BLOCK_LAYERS
