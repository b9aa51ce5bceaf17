"""What a watched script does when it is asked, and that nothing of it can end its training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.protocol import script_lines
from tests.watched_scripts import Watching, loader, net


def watching(tmp_path: Path, **given: Any) -> Watching:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    whole = {"model": model, "optimizer": optimizer, "epochs": 5, **given}
    return Watching(tmp_path, **whole)


def phases(watched: Watching) -> list[str]:
    return [event["name"] for event in watched.sent if event["type"] == "Phase"]


def test_a_pause_holds_until_it_is_continued_and_serves_all_else(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    orders: list[tuple[str, dict[str, Any]]] = [
        ("Checkpoint", {}),
        ("Probe", {"look": "kernels"}),
        ("Steer", {"scale": 0.5}),
        ("Continue", {}),
    ]
    seen: list[list[str]] = []

    def wait() -> None:
        kind, fields = orders[len(seen)]
        seen.append(phases(watched))
        watched.commands.give(kind, **fields)

    watched.commands.on_wait = wait
    sent = watched.asked("Pause")
    assert [event["type"] for event in sent] == [
        "Phase",
        "Checkpointed",
        "Reply",
        "Steered",
        "Phase",
    ]
    assert seen == [["paused"]] * 4
    assert phases(watched) == ["paused", "training"]
    for event in sent:
        script_lines.decode(json.dumps(event).encode())


def test_the_training_goes_on_if_the_recorder_dies_while_it_is_paused(tmp_path: Path) -> None:
    watched = watching(tmp_path)

    def die() -> None:
        watched.commands.alive = False

    watched.commands.on_wait = die
    watched.asked("Pause")
    watched.model.between_steps()


def test_a_second_pause_and_a_stray_continue_say_nothing(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    assert watched.asked("Continue") == []
    watched.commands.on_wait = lambda: watched.commands.give("Continue")
    watched.commands.give("Pause")
    watched.asked("Pause")
    assert phases(watched) == ["paused", "training"]


@pytest.mark.parametrize("save", [True, False])
def test_a_stop_ends_run_batches_after_the_step(tmp_path: Path, save: bool) -> None:
    watched = watching(tmp_path)
    watched.script.drives_batches = watched.script.drives_epochs = True
    sent = watched.asked("Stop", save=save)
    assert watched.script.stopping
    assert [event.get("reason") for event in sent] == (["stop"] if save else [])


def test_a_stop_over_a_bare_loader_waits_for_the_end_of_the_epoch(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    watched.script.drives_epochs = True
    (note,) = watched.asked("Stop", save=True)
    assert (note["type"], note["level"]) == ("Alert", "info")
    assert "after this epoch" in note["text"]
    assert watched.script.stopping
    watched.script.ended_epochs = 1
    watched.model.epoch_ended()
    assert [event["reason"] for event in watched.sent if event["type"] == "Checkpointed"] == [
        "stop"
    ]
    watched.model.close()
    assert len([event for event in watched.sent if event["type"] == "Checkpointed"]) == 1


def test_a_script_without_an_end_of_epoch_saves_at_its_own_end(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    watched.script.drives_epochs = True
    watched.asked("Stop", save=True)
    watched.model.close()
    assert watched.types() == ["Alert", "Checkpointed"]


def test_a_loop_that_is_the_scripts_own_cannot_be_stopped(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    (alert,) = watched.asked("Stop")
    assert (alert["type"], alert["command"]) == ("Alert", "k1")
    assert "run.epochs()" in alert["text"]
    refusals = watched.model.refusals()
    assert refusals.pop("Stop") == alert["text"]
    assert "run.epochs()" in refusals.pop("Epochs")
    assert refusals == {}
    assert not watched.script.stopping


def test_a_stop_ends_a_pause(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    watched.script.drives_batches = True
    watched.commands.on_wait = lambda: watched.commands.give("Stop", save=False)
    watched.asked("Pause")
    assert watched.script.stopping
    assert phases(watched) == ["paused", "training"]


def test_a_stop_that_cannot_save_stops_all_the_same(tmp_path: Path) -> None:
    watched = watching(tmp_path / "not there")
    watched.script.drives_batches = True
    (alert,) = watched.asked("Stop", save=True)
    assert (alert["code"], alert["level"]) == ("save", "error")
    assert watched.script.stopping


def test_steering_tells_the_rate_the_factor_and_the_epochs(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    watched.script.drives_epochs = True
    (event,) = watched.asked("Steer", scale=0.5, epochs=9)
    assert event == {
        "type": "Steered",
        "step": 0,
        "factor": 0.5,
        "scale": 0.5,
        "lr": 0.05,
        "epochs": 9,
        "command": "k1",
    }
    assert watched.script.epochs == 9
    script_lines.decode(json.dumps(event).encode())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "nothing to change"),
        ({"lr": 20.0}, "200 times the highest"),
        ({"epochs": 2_000_000}, "at most 1,000,000 epochs"),
        ({"epochs": 2}, "cannot end after 2 epochs, since it is in epoch 3"),
        ({"epochs": 2, "scale": 0.5}, "cannot end after 2 epochs"),
        ({"epochs": 9, "lr": -1.0}, "above 0"),
    ],
)
def test_a_refused_steering_changes_nothing(
    tmp_path: Path, fields: dict[str, Any], sentence: str
) -> None:
    watched = watching(tmp_path)
    watched.script.drives_epochs, watched.script.epoch = True, 3
    (alert,) = watched.asked("Steer", **fields)
    assert alert["type"] == "Alert"
    assert sentence in alert["text"]
    assert watched.script.epochs == 5
    (steered,) = watched.asked("Steer", scale=0.5)
    assert steered["factor"] == 0.5


def test_what_only_run_epochs_can_do_is_refused_without_it(tmp_path: Path) -> None:
    (alert,) = watching(tmp_path).asked("Steer", epochs=9)
    assert "for epoch in run.epochs()" in alert["text"]
    (alert,) = watching(tmp_path, optimizer=None).asked("Steer", scale=0.5)
    assert "optimizer" in alert["text"]


def test_an_error_of_a_command_is_told_and_the_training_goes_on(tmp_path: Path) -> None:
    watched = watching(tmp_path)
    (alert,) = watched.asked("Steer", scale="much")
    assert alert["command"] == "k1"
    assert "failed in the script" in alert["text"]
    assert watched.asked("Dance") == []


def test_only_the_leader_speaks_and_all_obey(tmp_path: Path) -> None:
    watched = watching(tmp_path, leads=False, data=loader())
    watched.script.drives_batches = True
    watched.commands.on_wait = lambda: watched.commands.give("Continue")
    for kind, fields in (("Pause", {}), ("Probe", {"look": "kernels"}), ("Checkpoint", {})):
        assert watched.asked(kind, **fields) == []
    assert watched.asked("Steer", scale=0.5) == []
    assert watched.model.rate() is None
    watched.asked("Stop")
    assert watched.script.stopping
    assert not [*tmp_path.iterdir()]
