"""Which devices the tasks of a queue get."""

from __future__ import annotations

import pytest

from engine.queueing.device_shares import CPU, Wanted, share_out, variables, wanted
from engine.recipes.recipe_building import build_recipe

GPUS = ("0", "1", "2")
ANY, TWO, NAMED = Wanted(gpus=1), Wanted(gpus=2), Wanted("1")


@pytest.mark.parametrize(
    ("flags", "gpus", "expected"),
    [
        ({}, (), Wanted(CPU)),
        ({"device": "cpu"}, GPUS, Wanted(CPU)),
        ({"device": "cpu", "gpus": 2}, GPUS, Wanted(CPU)),
        ({}, GPUS, ANY),
        ({"device": "cuda"}, GPUS, ANY),
        ({"device": "cuda"}, (), Wanted("0")),
        ({"device": "cuda:1"}, GPUS, NAMED),
        ({"gpus": 2}, GPUS, TWO),
        ({"gpus": "all"}, GPUS, Wanted(gpus=3)),
    ],
)
def test_what_a_recipe_asks_for(
    flags: dict[str, object], gpus: tuple[str, ...], expected: Wanted
) -> None:
    assert wanted(build_recipe(flags=flags), gpus) == expected


@pytest.mark.parametrize(
    ("tasks", "busy", "given"),
    [
        ([Wanted(CPU), Wanted(CPU), ANY], (), [("cpu",), (), ("0",)]),
        ([ANY, NAMED, ANY, ANY], (), [("0",), ("1",), ("2",), ()]),
        ([NAMED, NAMED, ANY], (), [("1",), (), ("0",)]),
        ([TWO, TWO, ANY, Wanted(CPU)], (), [("0", "1"), (), (), ("cpu",)]),
        ([TWO], ("0",), [("1", "2")]),
        ([TWO, ANY], ("0", "2"), [(), ()]),
        ([Wanted(gpus=4), ANY], (), [("0", "1", "2"), ()]),
        ([Wanted(CPU), ANY], ("cpu",), [(), ("0",)]),
    ],
)
def test_the_next_tasks_get_what_is_free(
    tasks: list[Wanted], busy: tuple[str, ...], given: list[tuple[str, ...]]
) -> None:
    assert share_out(tasks, GPUS, busy) == given


def test_an_engine_sees_only_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert variables(("0",), ANY, GPUS) == {}
    assert variables(("1",), NAMED, GPUS) == {}, "its recipe says which"
    assert variables(("1", "2"), TWO, GPUS) == {"CUDA_VISIBLE_DEVICES": "1,2"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5, 6,7")
    assert variables(("2",), ANY, GPUS) == {"CUDA_VISIBLE_DEVICES": "7"}
