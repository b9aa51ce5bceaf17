"""A watched script looks at what it was asked and at what it measures only where there is news.

Here the clock stands still, so that nothing is looked at again because of the time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from torch.optim import SGD

from cnn_tui.watching.inspected_script import MapsReading
from cnn_tui.watching.step_reports import Reports
from cnn_tui.watching.watched_run import WatchedRun
from tests.watched_scripts import Watching, loader, net, train_step


class Serving(Watching):
    """A script whose run serves between its steps; its commands are the run's channel as well."""

    def __init__(self, folder: Path, **given: Any) -> None:
        super().__init__(folder, **given)
        channel = cast(Any, self.commands)
        channel.open = lambda: None
        channel.send = self.sent.append
        channel.close = lambda reason, error: None
        reports = Reports(self.script, self.model.rate, self.clock)
        self.run = WatchedRun(
            self.script, channel, self.model, reports, lambda length: self.model.facts(), self.clock
        )

    def served(self) -> list[str]:
        """The types of what the run sends when it serves once more."""
        self.sent.clear()
        self.run.serve()
        return self.types()


def test_a_command_is_served_at_once(tmp_path: Path) -> None:
    resting = Serving(tmp_path, model=net(), data=loader())
    resting.model.facts()
    assert resting.served() == ["FeatureMaps"]
    assert resting.model.next_look > resting.clock.now
    resting.commands.give("Pause")
    resting.commands.on_wait = lambda: resting.commands.give("Continue")
    assert [resting.served(), resting.served()] == [["Phase", "Phase"], []]


def test_the_health_of_the_layers_is_told_after_the_step_that_is_measured(tmp_path: Path) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    training = Serving(tmp_path, model=model, optimizer=optimizer, data=loader())
    training.model.facts()
    assert [training.served(), training.served()] == [["FeatureMaps"], []]
    train_step(model, optimizer, next(iter(loader())))
    assert training.served() == ["LayerHealth"]
    assert training.model.next_look > training.clock.now, "now all rests"


def test_maps_that_have_not_arrived_are_looked_at_until_they_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived = iter([False, False, True])
    monkeypatch.setattr(MapsReading, "ready", lambda reading: next(arrived))
    maps = Serving(tmp_path, model=net(), data=loader())
    maps.model.facts()
    assert [maps.served() for _ in range(4)] == [[], [], ["FeatureMaps"], []]


def test_a_model_that_cannot_be_run_is_told_though_nothing_else_is_due(tmp_path: Path) -> None:
    other = Serving(tmp_path, model=net(channels=3), data=loader())
    assert other.served() == []
    other.run.step(loss=1.0)
    assert [event["code"] for event in other.sent if event.get("type") == "Alert"] == ["layers"]
