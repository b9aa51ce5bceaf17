"""Event files of real writers are read, point by point, as TensorBoard's own loader has them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.logs.event_files import EventFileReader
from engine.protocol.events import Event, RunStarted, Steps
from tests.event_logs import BEGAN, one_by_one

pytestmark = pytest.mark.extras


def read(log: Path) -> list[Event]:
    reader = EventFileReader(log, now=lambda: 4e9)
    events: list[Event] = []
    more = True
    while more:
        news = reader.read(10.0)
        new = one_by_one(news.events)
        events = new if news.anew else events + new
        more = news.more
    return events


def points(events: list[Event], name: str) -> list[tuple[int, float | None]]:
    steps = [event for event in events if isinstance(event, Steps)]
    return [(event.step, event.scalars[name]) for event in steps if name in event.scalars]


def test_log_of_torchs_writer_is_read(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    import numpy as np
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(tmp_path))
    numbers = {1: 1.0, 2: math.nan, 3: math.inf, 4: 0.25}
    for step, number in numbers.items():
        writer.add_scalar("a", number, step)
        writer.add_scalar("b", number, step, new_style=True)
        writer.add_scalar("c", number, step, new_style=True, double_precision=True)
        writer.add_histogram("weights", np.arange(100), step)
        writer.add_image("picture", np.zeros((3, 64, 64)), step)
        writer.add_text("note", "nothing to draw", step)
        writer.add_scalars("d", {"one": number, "two": -number}, step)
    told = {"batch": 32, "optimizer": "sgd", "nesterov": True}
    writer.add_hparams(told, {"score": 0.5}, global_step=4)
    writer.close()
    events = read(tmp_path)
    expected = [(step, n if math.isfinite(n) else None) for step, n in numbers.items()]
    assert [points(events, name) for name in ("a", "b", "c", "d/one")] == [expected] * 4
    assert [step for step, _ in points(events, "d/two")] == [*numbers]
    assert not points(events, "weights")
    settings = [e.watched.settings for e in events if isinstance(e, RunStarted) and e.watched]
    assert settings[-1] == {"batch": 32.0, "optimizer": "sgd", "nesterov": True}


@pytest.mark.parametrize("purge", [None, 50])
def test_restart_of_torchs_writer_is_seen(tmp_path: Path, purge: int | None) -> None:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    for attempt, steps in ((1, range(1, 100)), (2, range(50, 80))):
        writer = SummaryWriter(str(tmp_path), purge_step=purge if attempt == 2 else None)
        for step in steps:
            writer.add_scalar("a", attempt, step, walltime=BEGAN + 1000 * attempt + step)
        writer.close()
    found = points(read(tmp_path), "a")
    assert found == [(s, 1.0) for s in range(1, 50)] + [(s, 2.0) for s in range(50, 80)]


def test_every_point_is_what_tensorboards_loader_has(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(tmp_path))
    for step in range(1, 3_000):
        for name in ("a", "b"):
            writer.add_scalar(name, math.sin(step), step * 97)
    writer.close()
    (file,) = tmp_path.iterdir()
    loaded = [
        (event.step, value.simple_value)
        for event in LegacyEventFileLoader(str(file)).Load()
        for value in event.summary.value
        if value.tag == "b"
    ]
    assert points(read(tmp_path), "b") == loaded
