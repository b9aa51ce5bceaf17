"""The names of weights in a file and in a model: which belong together."""

from __future__ import annotations

import pytest

from engine.models.weight_matching import Match, Shape, match

NET = {"conv1.weight": (8, 3, 3, 3), "bn1.weight": (8,), "fc.weight": (4, 8)}
HEAD = {"fc.weight": (4, 8)}


def equal(theirs: Shape, ours: Shape) -> bool:
    return theirs == ours


def with_prefix(prefix: str, names: dict[str, Shape] | None = None) -> dict[str, Shape]:
    return {prefix + name: shape for name, shape in (names or NET).items()}


def matched(theirs: dict[str, Shape], ours: dict[str, Shape] | None = None) -> Match:
    return match(ours or NET, theirs, equal)


@pytest.mark.parametrize(
    "prefix",
    [
        *("", "module.", "_orig_mod.", "model.", "backbone.", "encoder.", "net."),
        *("module._orig_mod.", "_orig_mod.module.", "model.module.backbone.", "ema_model.module."),
    ],
)
def test_a_wrappers_prefix_is_removed_on_either_side(prefix: str) -> None:
    names = {name: prefix + name for name in NET}
    assert matched(with_prefix(prefix)).taken == names
    back = matched(NET, with_prefix(prefix)).taken
    assert back == {wrapped: name for name, wrapped in names.items()}


def test_both_sides_may_have_a_prefix() -> None:
    found = matched(with_prefix("module."), with_prefix("backbone."))
    assert found.taken == {f"backbone.{name}": f"module.{name}" for name in NET}


def test_a_compiled_part_of_a_model_has_its_mark_in_the_middle() -> None:
    found = matched({name.replace(".", "._orig_mod."): shape for name, shape in NET.items()})
    assert found.taken["conv1.weight"] == "conv1._orig_mod.weight"


def test_a_prefix_that_the_model_has_too_is_kept() -> None:
    names = with_prefix("model.")
    assert matched(names, names) == Match({name: name for name in names}, {}, (), ())


def test_a_head_beside_the_wrapped_network_is_found() -> None:
    body = {name: shape for name, shape in NET.items() if name not in HEAD}
    found = matched(with_prefix("backbone.", body) | HEAD)
    assert found.taken == {**{name: f"backbone.{name}" for name in body}, "fc.weight": "fc.weight"}


def test_where_two_names_become_alike_the_wrapped_one_is_meant_and_none_is_taken_twice() -> None:
    found = matched(with_prefix("model.") | {"fc.weight": (4, 8)})
    assert found.taken["fc.weight"] == "model.fc.weight"
    assert found.unused == ("fc.weight",)
    theirs = matched(NET, with_prefix("backbone.") | {"fc.weight": (4, 8)})
    assert theirs.taken["backbone.fc.weight"] == "fc.weight"
    assert (theirs.fresh, theirs.unused) == (("fc.weight",), ())


@pytest.mark.parametrize("averaged", ["ema_model.", "ema.", "model_ema."])
def test_averaged_weights_are_preferred(averaged: str) -> None:
    for theirs in (with_prefix("model.") | with_prefix(averaged),):
        assert matched(theirs).taken["fc.weight"] == f"{averaged}fc.weight"
        assert matched(dict(reversed(theirs.items()))).prefix == averaged


def test_a_word_that_contains_ema_is_no_average() -> None:
    theirs = with_prefix("model.") | with_prefix("cinema.")
    assert matched(theirs).prefix == "model."


def test_another_shape_is_fresh_and_a_name_of_the_file_alone_is_unused() -> None:
    theirs = NET | {"fc.weight": (1000, 8), "n_averaged": ()}
    found = matched(theirs)
    assert found.other_shape == {"fc.weight": "fc.weight"}
    assert (found.fresh, found.unused, found.total) == ((), ("n_averaged",), 3)
    assert matched({"conv1.weight": (8, 3, 3, 3)}).fresh == ("bn1.weight", "fc.weight")


def test_counters_of_batches_that_a_file_lacks_do_not_count() -> None:
    counted = NET | {"bn1.num_batches_tracked": ()}
    assert matched(NET, counted) == matched(NET)
    assert matched(counted, counted).total == 4


def test_names_of_old_weight_files_are_those_of_today() -> None:
    new, old = (
        "features.denseblock1.denselayer1." + name for name in ("norm1.bias", "norm.1.bias")
    )
    assert matched({old: (4,)}, {new: (4,)}).taken == {new: old}
    assert matched({new: (4,)}, {old: (4,)}).taken == {old: new}


def test_names_that_have_nothing_in_common_are_all_told() -> None:
    found = matched({"resnet.embedder.convolution.weight": (8, 3, 3, 3)})
    assert (found.taken, found.fresh) == ({}, tuple(NET))
    assert found.unused == ("resnet.embedder.convolution.weight",)
