"""Events that wait for a recorder which takes none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cnn_tui.watching.event_lines import line
from cnn_tui.watching.waiting_events import WaitingEvents


def steps(step: int, **numbers: Any) -> dict[str, Any]:
    return {"type": "Steps", "step": step, "epoch": 1, **numbers}


def taken(waiting: WaitingEvents) -> list[dict[str, Any]]:
    return [waiting.take() for _ in range(len(waiting))]


def test_a_queue_with_room_keeps_all_in_order() -> None:
    waiting = WaitingEvents(most=3)
    events = [steps(1, loss=4.0), {"type": "LayerHealth"}, steps(2, loss=2.0)]
    for event in events:
        waiting.put(event)
    assert taken(waiting) == events


def test_a_full_queue_merges_steps_into_their_weighted_mean() -> None:
    waiting = WaitingEvents(most=1)
    waiting.put(steps(10, loss=4.0, top1=0.5, lr=0.1, scalars={"iou": 1.0, "seen": 2.0}))
    waiting.put(steps(40, loss=2.0, top1=0.9, lr=0.2, scalars={"iou": 0.6, "new": 3.0}))
    (merged,) = taken(waiting)
    assert merged["step"] == 40
    assert merged["lr"] == 0.2
    assert merged["loss"] == 2.5
    assert abs(merged["top1"] - 0.8) < 1e-12
    assert merged["scalars"].keys() == {"iou", "seen", "new"}
    assert abs(merged["scalars"]["iou"] - 0.7) < 1e-12


def test_merged_speeds_are_images_by_time() -> None:
    waiting = WaitingEvents(most=1)
    waiting.put(steps(10, images_per_second=100.0))
    waiting.put(steps(20, images_per_second=300.0))
    assert taken(waiting)[0]["images_per_second"] == 150.0


def test_a_mean_with_what_is_not_finite_is_not_finite() -> None:
    waiting = WaitingEvents(most=1)
    waiting.put(steps(1, loss=None))
    waiting.put(steps(2, loss=2.0))
    assert taken(waiting)[0]["loss"] is None


def test_a_full_queue_never_loses_an_epoch_and_merges_none() -> None:
    waiting = WaitingEvents(most=1)
    for epoch in range(1, 50):
        waiting.put(steps(2 * epoch - 1, loss=1.0))
        waiting.put(steps(2 * epoch, loss=3.0))
        waiting.put({"type": "EpochEnded", "epoch": epoch})
    kinds = [(event["type"], event.get("loss")) for event in taken(waiting)]
    assert kinds == [("Steps", 2.0), ("EpochEnded", None)] * 49


def test_a_full_queue_replaces_pictures_of_a_layer_and_keeps_replies_and_saves() -> None:
    waiting = WaitingEvents(most=1)
    kept: list[dict[str, Any]] = [
        {"type": "Reply", "id": "a"},
        {"type": "Checkpointed", "file": "script.pt"},
        {"type": "RunEnded"},
    ]
    for event in kept:
        waiting.put(event)
    for number in range(3):
        for layer in ("conv1", "conv2"):
            waiting.put({"type": "FeatureMaps", "layer": layer, "number": number})
    pictures = [{"type": "FeatureMaps", "layer": f"conv{n}", "number": 2} for n in (1, 2)]
    assert taken(waiting) == [*kept, *pictures]


def test_a_value_that_json_cannot_say_does_not_end_the_recording() -> None:
    assert line({"type": "Steps", "step": np.int64(3), "loss": math.nan}) == (
        b'{"type":"Steps","step":"3","loss":null}\n'
    )


def test_a_line_has_no_nan_and_no_lone_surrogate() -> None:
    event = {"type": "Steps", "loss": float("nan"), "scalars": {"x": [float("inf"), 1.5]}}
    assert line(event) == b'{"type":"Steps","loss":null,"scalars":{"x":[null,1.5]}}\n'
    assert line({"file": "a\udcff"}) == b'{"file":"a?"}\n'
