"""How the layers of known architectures fall into stages and blocks."""

from __future__ import annotations

from collections.abc import Iterable

from engine.protocol.events import Layer
from tests.drawing import examples
from tui.panes.layers.stage_tree import Node, above, nodes, opened_at_first, shown


def made(names: Iterable[str]) -> list[Layer]:
    """Layers of these names; norms and pools have no multiply-accumulates."""
    return [
        Layer(name, "", "", (1,), 1, 0 if "norm" in name or "pool" in name else 1) for name in names
    ]


def outline(tree: Iterable[Node]) -> list[str]:
    """One line a node, groups with a colon."""
    return ["  " * node.depth + node.label + ":" * node.group for node in tree]


def test_resnet_has_stages_of_blocks() -> None:
    tree = nodes(examples.layers())
    assert outline(tree)[:10] == [
        "conv1",
        "layer1:",
        "  .0:",
        "    conv1",
        "    conv2",
        "  .1:",
        "    conv1",
        "    conv2",
        "layer2:",
        "  .0:",
    ]
    assert (tree[3].name, tree[5].name, tree[1].groups) == ("layer1.0.conv1", "layer1.1", 2)


def test_the_only_part_that_has_blocks_is_split_into_stages() -> None:
    names = [
        "features.0.0",
        "features.1.conv.0",
        "features.1.conv.norm",
        "features.1.conv.2",
        "features.2.conv.0",
        "features.2.conv.2",
        "classifier.1",
    ]
    assert outline(nodes(made(names))) == [
        "features.0.0",
        "features.1:",
        "  conv.0",
        "  conv.norm",
        "  conv.2",
        "features.2:",
        "  conv.0",
        "  conv.2",
        "classifier.1",
    ]


def test_blocks_beside_other_parts_of_a_stage() -> None:
    names = ["stem.0", "stem.norm"]
    for stage in range(2):
        names += [f"stages.{stage}.downsample.{part}" for part in ("norm", "1")]
        names += [f"stages.{stage}.blocks.{i}.{part}" for i in range(2) for part in ("conv", "fc")]
    assert outline(nodes(made([*names, "head.fc"])))[:12] == [
        "stem:",
        "  .0",
        "  norm",
        "stages.0:",
        "  downsample.norm",
        "  downsample.1",
        "  blocks.0:",
        "    conv",
        "    fc",
        "  blocks.1:",
        "    conv",
        "    fc",
    ]


def test_layers_without_blocks_are_one_stage() -> None:
    assert outline(nodes(made(["features.0", "features.pool", "features.3", "fc"]))) == [
        "features:",
        "  .0",
        "  pool",
        "  .3",
        "fc",
    ]


def test_a_layer_that_is_used_twice_and_one_without_a_name() -> None:
    assert outline(nodes(made(["fc", "fc", "relu", "fc"]))) == [
        "fc:",
        "  fc",
        "  fc",
        "relu",
        "fc",
    ]
    assert outline(nodes(made([""]))) == [""]
    assert nodes([]) == ()


def test_what_is_in_closed_groups_is_not_shown() -> None:
    tree = nodes(examples.layers())
    assert [tree[i].name for i in shown(tree, frozenset())] == [
        "conv1",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "avgpool",
        "fc",
    ]
    opened = shown(tree, frozenset({1, 2}))
    assert [tree[i].label for i in opened[:6]] == ["conv1", "layer1", ".0", "conv1", "conv2", ".1"]


def test_at_first_so_many_groups_are_open_as_are_seen_at_once() -> None:
    tree = nodes(examples.layers())
    rows = shown(tree, opened_at_first(tree))
    assert [tree[i].label for i in rows[:4]] == ["conv1", "layer1", ".0", ".1"]
    assert len(rows) == 15
    small = nodes(made(["features.0", "features.1", "fc"]))
    assert len(shown(small, opened_at_first(small))) == 4
    deep = nodes(made(f"layer{i}.{j}" for i in range(20) for j in range(50)))
    assert len(shown(deep, opened_at_first(deep))) == 20


def test_the_group_around_a_node() -> None:
    tree = nodes(examples.layers())
    assert (above(tree, 3), above(tree, 2), above(tree, 1), above(tree, 0)) == (2, 1, 1, 0)
