"""What the launcher says of a queue that goes on, and how it leads to a race."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from engine.queueing import queue_file
from engine.queueing.task import Task
from engine.run.run_paths import RunDir
from tests import races, scripted
from tests.idle import settle
from tests.test_dashboard import notes, screen
from tui.app import CnnTui
from tui.screens.launcher import launcher_text
from tui.screens.race.race_screen import RaceScreen
from tui.viewer import queue_news
from tui.viewer.queue_news import QueueNews
from tui.viewer.run_index import RunIndex

RUNS = Path("runs")


@pytest.mark.parametrize(
    ("news", "said"),
    [
        (QueueNews(), ""),
        (QueueNews(1), "1 run waits: r shows it"),
        (
            QueueNews(1200, "1-digits"),
            "race 1-digits goes on: w shows it   1,200 runs wait: r shows them",
        ),
        (
            QueueNews(2, "1-digits", "the disk is full."),
            "the queue is paused: the disk is full.   2 runs wait: r shows them",
        ),
        (QueueNews(0, "", "paused by hand."), ""),
    ],
)
def test_a_line_says_what_the_queue_does(news: QueueNews, said: str) -> None:
    assert launcher_text.queue(news) == said


def test_the_news_are_read_from_the_queue() -> None:
    assert queue_news.read(RUNS) == QueueNews()
    race = races.new_race(RUNS, 2)
    with queue_file.changed(RUNS) as queue:
        queue.tasks = [Task("9-other"), *(Task(run.run, race=race.label) for run in race.runs)]
        queue.paused = "the disk is full."
    assert queue_news.read(RUNS) == QueueNews(3, race.label, "the disk is full.")
    (RUNS / ".queue" / "queue.json").write_text("{")
    assert queue_news.read(RUNS) == QueueNews()


async def test_the_launcher_tells_of_a_race_and_shows_it() -> None:
    race = races.new_race(RUNS, 2)
    with queue_file.changed(RUNS) as queue:
        queue.tasks = [Task(run.run, race=race.label) for run in race.runs]
    async with CnnTui(RUNS).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "race 1-digits goes on: w shows it   2 runs wait: r shows them" in screen(pilot)
        assert "w race" in screen(pilot)
        await pilot.press("w")
        await settle(pilot)
        assert isinstance(pilot.app.screen, RaceScreen)
        assert "Race 1-digits" in screen(pilot)


async def test_without_a_race_the_launcher_says_how_one_is_started() -> None:
    scripted.run_dir(RUNS, scripted.half_a_run())
    async with CnnTui(RUNS).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "w race" not in screen(pilot)
        await pilot.press("w")
        await settle(pilot)
        assert notes(pilot) == [launcher_text.NO_RACE]


def test_one_index_serves_two_threads_one_after_the_other() -> None:
    for number in (1, 2):
        scripted.run_dir(RUNS, scripted.half_a_run(), f"{number}-lenet5-digits")
    index = RunIndex(RUNS)
    found: list[str] = []
    other = threading.Thread(target=lambda: found.extend(run.path for run in index.rows()))
    with closing(index.stream()) as runs:
        first = next(runs)
        other.start()
        assert index._lock.locked()
        assert found == []
    other.join()
    assert [RunDir(Path(path)).label for path in found] == ["2-lenet5-digits", "1-lenet5-digits"]
    assert first.path == found[0]
