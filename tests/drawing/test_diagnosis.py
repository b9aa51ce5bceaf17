"""What is said of a report on the layers, problem by problem."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.protocol.events import Health, LayerHealth, Measured
from engine.run.layer_diagnosis import Diagnosis, Problem, Verdict, combined, frozen, problems

SOUND = Health("conv", 0.1, 1e-3, 0.0, 1.0, 0.02)
OTHERS = tuple(replace(SOUND, layer=f"sound{i}") for i in range(8))


def judged(layer: Health) -> Problem:
    """What is said of a layer among eight sound ones."""
    return problems([layer, *OTHERS])[layer.layer]


@pytest.mark.parametrize(
    ("dead", "problem"), [(None, ""), (0.0, ""), (0.3, ""), (0.31, "dead"), (1.0, "dead")]
)
def test_more_than_three_of_ten_dead_units(dead: Measured, problem: Problem) -> None:
    assert judged(replace(SOUND, dead=dead)) == problem


@pytest.mark.parametrize(
    ("gradient", "update", "problem"),
    [
        (1.1e-4, 1e-6, ""),
        (0.9e-4, 1e-6, "vanishing"),
        (0.0, 0.0, "vanishing"),
        (0.0, 5e-5, "vanishing"),
        (1e-7, 1e-3, ""),
    ],
    ids=["small", "far below", "nothing", "weight decay alone", "made up for by Adam"],
)
def test_a_gradient_far_below_the_others(gradient: float, update: float, problem: Problem) -> None:
    assert judged(replace(SOUND, gradient=gradient, update=update)) == problem


def test_where_most_vanish_they_are_still_seen() -> None:
    fading = [Health(str(i), 10.0 ** (i - 9), 1e-3 * 10.0 ** (i - 9), 0.0, 1.0) for i in range(10)]
    found = problems(fading)
    assert [name for name, problem in found.items() if problem] == ["0", "1", "2"]


def test_a_network_that_has_learnt_all_there_is_is_well() -> None:
    late = [replace(layer, gradient=1e-6, update=1e-9) for layer in OTHERS]
    assert set(problems(late).values()) == {""}


@pytest.mark.parametrize(
    "broken",
    [
        replace(SOUND, gradient=None),
        replace(SOUND, update=None),
        replace(SOUND, mean=None),
        replace(SOUND, gradient=None, update=None, deviation=None),
        replace(SOUND, gradient=1001.0),
        replace(SOUND, update=1.01),
    ],
)
def test_what_is_not_finite_or_huge_explodes(broken: Health) -> None:
    assert judged(broken) == "exploding"


def test_frozen_layers_are_well() -> None:
    layer = replace(SOUND, gradient=None, update=None)
    assert frozen(layer)
    assert judged(layer) == ""
    assert not frozen(SOUND)


def test_nothing_is_said_of_nothing() -> None:
    assert problems([]) == {}
    assert not Diagnosis(None)
    assert Diagnosis(LayerHealth(())).of(["conv"]) == []
    assert combined([]) is None


def test_several_sound_layers_are_as_well_as_the_worst_of_them() -> None:
    first = Verdict(Health("a", 0.1, 2e-3, 0.3, 1.0, 0.2))
    second = Verdict(Health("b", 0.05, 1e-3, 0.1, 2.0, None))
    assert combined([first, second]) == Verdict(Health("b", 0.05, 2e-3, 0.1, 2.0, 0.2))


def test_several_layers_have_the_numbers_of_the_one_that_has_it_worst() -> None:
    vanishing = Verdict(Health("a", 1e-9, 1e-9, 0.0, 1.0, 0.0), "vanishing")
    exploding = Verdict(Health("b", None, 3.0, 0.0, 9.0, 0.1), "exploding")
    sound = Verdict(Health("c", 0.1, 1e-3, 0.5, 1.0, 0.5))
    whole = combined([vanishing, exploding, sound])
    assert whole == Verdict(Health("c", None, 3.0, 0.5, 1.0, 0.5), "exploding")
