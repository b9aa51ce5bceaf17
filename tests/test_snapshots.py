"""Pictures of the screens as SVG: a change of looks is seen, and meant."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from engine.data.survey import survey
from engine.logs import log_search
from engine.logs.log_search import FoundLog
from engine.machine import cgroups, nvml
from engine.protocol import events
from engine.protocol.events import Event
from engine.queueing import runner_lock
from engine.racing.race import Race
from engine.racing.race_preparation import prepare
from engine.racing.race_request import RaceRequest
from engine.run import label_decisions, run_lock
from engine.run.label_decisions import Decisions, Relabel
from engine.start.engine_request import EngineRequest
from tests import (
    compared_runs,
    journals,
    judged_runs,
    made_up_runs,
    races,
    scripted,
    suspected_runs,
    watched_runs,
)
from tests.drawing import examples
from tests.idle import wait_for_workers
from tests.scripted import Clock
from tests.test_dashboard import pane
from tui.app import CnnTui
from tui.cli.compare_app import CompareApp
from tui.cli.logs_app import LogsApp
from tui.cli.race_app import RaceApp
from tui.panes.confusion.images_dialog import ImagesDialog
from tui.panes.suspects.suspects_pane import SuspectsPane
from tui.screens.augmented import AugmentedScreen
from tui.screens.compare import pairs_text
from tui.screens.launcher.survey_screen import SurveyScreen
from tui.screens.runs.runs_screen import RunsScreen
from tui.screens.started_runs import StartedRuns
from tui.viewer import source_opening
from tui.viewer.event_source import EventSource
from tui.viewer.run_follower import RunFollower

Compare = Callable[..., bool]
Before: TypeAlias = Callable[[Pilot[Any]], Awaitable[None]]

NO_SIGNS: Mapping[str, str] = MappingProxyType({})
LIGHT = {"COLORFGBG": "0;15"}
NO_COLOUR = {"NO_COLOR": "1"}


class Look(NamedTuple):
    """The terminal that a screen is seen in: its size, its variables, and whether it has glyphs."""

    size: tuple[int, int]
    terminal: Mapping[str, str] = NO_SIGNS
    ascii: bool = False


class Picture(NamedTuple):
    """A journal at a size, after some keys; `alive` where an engine holds the run."""

    told: Callable[[], list[Event]]
    size: tuple[int, int]
    keys: Sequence[str] = ()
    terminal: Mapping[str, str] = NO_SIGNS
    ascii: bool = False
    alive: bool = True
    over: Callable[[], Screen[Any]] | None = None


def augmented() -> Screen[Any]:
    picture = examples.feature_maps().picture
    samples = [events.Sample(picture, name) for name in examples.CIFAR10[:9]]
    samples += [events.Sample(picture, "cat", "dog", 0.7)] * 3
    dialog = AugmentedScreen("")
    dialog.receive(events.Augmented(13, tuple(samples), 160))
    return dialog


def pictures() -> Screen[Any]:
    seen = examples.feature_maps()
    shown = [events.Example(10 * i, seen.picture, 3, ((5, 0.8), (3, 0.15))) for i in range(7)]
    return ImagesDialog("cat taken for dog, epoch 12", shown, examples.CIFAR10, 44, "epoch 12.4")


def images_of_pair() -> Screen[Any]:
    seen = examples.feature_maps()
    shown = [events.Example(i, seen.picture, 0, ((1, 0.8), (0, 0.2))) for i in range(3)]
    heading = pairs_text.images_heading("1-lenet5-pets", "2-lenet5-pets")
    return ImagesDialog(heading, shown, judged_runs.CLASSES, 20, "epoch 3")


SMALL, MEDIUM, WIDE = (80, 24), (120, 40), (200, 60)
PICTURES = {
    "wide": Picture(journals.with_alert, WIDE),
    "medium": Picture(journals.with_alert, MEDIUM),
    "small": Picture(journals.with_alert, SMALL),
    "tiny": Picture(journals.with_alert, (40, 10)),
    "light": Picture(journals.chinese, MEDIUM, terminal=LIGHT),
    "no-colour": Picture(journals.with_alert, MEDIUM, terminal=NO_COLOUR),
    "ascii": Picture(journals.hundred_classes, MEDIUM, ascii=True),
    "just-started": Picture(journals.just_started, MEDIUM),
    "ended": Picture(journals.ended, MEDIUM, alive=False),
    "failed": Picture(journals.failed, SMALL, alive=False),
    "loss": Picture(journals.with_alert, MEDIUM, ["enter", *["left"] * 9]),
    "rate": Picture(journals.with_alert, SMALL, ["3", "enter"]),
    "layers": Picture(journals.with_alert, SMALL, ["4", "enter", "down", "down", "down"]),
    "confusion": Picture(journals.with_alert, WIDE, ["5", "enter"]),
    "hundred-classes": Picture(journals.hundred_classes, MEDIUM, ["5", "enter"]),
    "chinese-report": Picture(journals.chinese, SMALL, ["5", "z", "r", "down"]),
    "maps": Picture(journals.chinese, MEDIUM, ["6", "enter"]),
    "maps-ascii": Picture(journals.with_alert, SMALL, ["6", "enter"], ascii=True),
    "machine": Picture(journals.with_alert, SMALL, ["7", "enter"], terminal=LIGHT),
    "log": Picture(journals.with_alert, SMALL, ["0", "enter", "slash", *"best", "enter"]),
    "scalars": Picture(journals.with_scalars, SMALL, ["9", "down", "down", "space"]),
    "scalars-alone": Picture(
        journals.with_scalars, MEDIUM, ["9", "z", "z", "9", "down", "L", "left"]
    ),
    "help": Picture(journals.with_alert, MEDIUM, ["question_mark"]),
    "help-ascii": Picture(journals.with_alert, SMALL, ["5", "question_mark"], ascii=True),
    "palette": Picture(journals.with_alert, SMALL, ["colon"], terminal=LIGHT),
    "leave": Picture(journals.with_alert, SMALL, ["q"]),
    "steer": Picture(journals.with_alert, SMALL, ["s"]),
    "explain": Picture(journals.chinese, SMALL, ["5", "e"]),
    "augmented": Picture(journals.with_alert, SMALL, over=augmented),
    "pictures": Picture(journals.with_alert, MEDIUM, over=pictures),
    "watched": Picture(watched_runs.segmentation, MEDIUM),
    "watched-small": Picture(watched_runs.segmentation, SMALL, ["4"]),
    "watched-epochs": Picture(watched_runs.epochs_only, WIDE),
}


@pytest.fixture(autouse=True)
def same_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal, the host and its devices are the same everywhere."""
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu07")
    monkeypatch.setattr(nvml, "gpus", lambda: ())
    monkeypatch.setattr(cgroups, "usable_cores", lambda: 2)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COLORFGBG", "15;0")


@pytest.fixture
def look(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Look:
    """The look that `looks` gives a test, whose variables are set."""
    given: Look = request.param
    for key, value in given.terminal.items():
        monkeypatch.setenv(key, value)
    return given


def looks(named: Mapping[str, Look]) -> pytest.MarkDecorator:
    """Takes a picture in each of these looks, under their names."""
    return pytest.mark.parametrize("look", named.values(), ids=[*named], indirect=True)


async def settle(pilot: Pilot[Any]) -> None:
    await wait_for_workers(pilot.app)
    await pilot.pause()


def keys_then(keys: Sequence[str], over: Callable[[], Screen[Any]] | None) -> Before:
    """What is done before the picture is taken."""

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        await pilot.press(*keys)
        if over is not None:
            await pilot.app.push_screen(over())
        await settle(pilot)

    return before


@pytest.mark.parametrize("name", PICTURES)
def test_dashboard(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    picture = PICTURES[name]
    for key, value in picture.terminal.items():
        monkeypatch.setenv(key, value)
    told = picture.told()
    write_run = watched_runs.write_run if name.startswith("watched") else journals.write_run
    run = write_run(Path("runs"), told)
    lock = run_lock.acquire(run) if picture.alive else None
    app = CnnTui(
        Path("runs"),
        watch=partial(RunFollower, run),
        started=name == "leave",
        ascii_only=picture.ascii,
        clock=Clock(told[-1].time),
    )
    before = keys_then(picture.keys, picture.over)
    assert snap_compare(app, terminal_size=picture.size, run_before=before)
    if lock is not None:
        os.close(lock)


async def with_picture(pilot: Pilot[Any]) -> None:
    await settle(pilot)
    pane(pilot, SuspectsPane).receive(suspected_runs.examples(1))


async def with_neighbours(pilot: Pilot[Any]) -> None:
    shown = pane(pilot, SuspectsPane)
    await pilot.press("enter")
    await settle(pilot)
    shown.receive(suspected_runs.neighbours(1))


async def with_classes(pilot: Pilot[Any]) -> None:
    await with_neighbours(pilot)
    await pilot.press("r", "c")


class Suspected(NamedTuple):
    """The suspects at a size, after what is done."""

    look: Look
    then: Before


SUSPECTED = {
    "small": Suspected(Look(SMALL), with_picture),
    "medium": Suspected(Look(MEDIUM), with_picture),
    "wide": Suspected(Look(WIDE), with_picture),
    "ascii": Suspected(Look(MEDIUM, NO_COLOUR, ascii=True), with_picture),
    "dialog-small": Suspected(Look(SMALL), with_neighbours),
    "dialog": Suspected(Look(MEDIUM, LIGHT), with_neighbours),
    "dialog-wide": Suspected(Look(WIDE), with_neighbours),
    "dialog-ascii": Suspected(Look(SMALL, NO_COLOUR, ascii=True), with_neighbours),
    "relabel": Suspected(Look(SMALL), with_classes),
}


@pytest.mark.parametrize("name", SUSPECTED)
def test_suspects(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    look, then = SUSPECTED[name]
    for key, value in look.terminal.items():
        monkeypatch.setenv(key, value)
    run = suspected_runs.write_run(Path("runs"), data="pets")
    decisions: Decisions = {"2": "drop", "3": "keep", "4": Relabel("cow")}
    for image, choice in decisions.items():
        label_decisions.change(Path("labels.toml"), f"train/000{image}.png", choice)
    lock = run_lock.acquire(run)

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        await pilot.press("8")
        await settle(pilot)
        await pilot.press("down")
        await then(pilot)
        await settle(pilot)

    app = CnnTui(
        Path("runs"),
        watch=partial(RunFollower, run),
        ascii_only=look.ascii,
        clock=Clock(scripted.START + 60),
    )
    assert snap_compare(app, terminal_size=look.size, run_before=before)
    os.close(lock)


COMPARED = {
    "wide": Picture(journals.ended, MEDIUM, ["j", "b", "left", *["h"] * 20]),
    "light": Picture(journals.ended, SMALL, ["f", "x"], terminal=LIGHT),
    "ascii": Picture(journals.ended, SMALL, ["s", "m"], terminal=NO_COLOUR, ascii=True),
}


@pytest.mark.parametrize("name", COMPARED)
def test_comparison(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    picture = COMPARED[name]
    for key, value in picture.terminal.items():
        monkeypatch.setenv(key, value)
    runs = Path("runs")
    compared_runs.written(runs, 1, (0.3, 0.5, 0.6, 0.7), seed=0)
    compared_runs.written(runs, 2, (0.2, 0.6, 0.7, 0.8), seed=1)
    compared_runs.written(runs, 3, (0.6, 0.8, 0.9, 0.85), lr=0.3)
    app = CompareApp(source_opening.open_all(runs, ["1", "2", "3"]), runs, ascii_only=picture.ascii)
    before = keys_then(picture.keys, None)
    assert snap_compare(app, terminal_size=picture.size, run_before=before)


@pytest.mark.parametrize("name", ["wide", "ascii"])
def test_pairs(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The pairs of a comparison; with ASCII, images that only one network has right."""
    picture = COMPARED[name]
    for key, value in picture.terminal.items():
        monkeypatch.setenv(key, value)
    runs = Path("runs")
    for at, hits in enumerate(([True, True, False], [True, False, True], [False, True, True]), 1):
        judged_runs.run(runs, f"{at}-lenet5-pets", hits * 20)
    app = CompareApp(source_opening.open_all(runs, ["1", "2", "3"]), runs, ascii_only=picture.ascii)

    before = keys_then(["p"], images_of_pair if picture.ascii else None)
    assert snap_compare(app, terminal_size=picture.size, run_before=before)


class Inspection(EngineRequest[survey.Message]):
    """Nobody inspects."""

    def __init__(self) -> None:
        pass

    def cancel(self) -> None:
        pass


@looks(
    {
        "wide": Look(WIDE),
        "light": Look(MEDIUM, LIGHT),
        "no-colour-ascii": Look(SMALL, NO_COLOUR, ascii=True),
    }
)
def test_survey(snap_compare: Compare, look: Look) -> None:
    pictures = [events.Sample(examples.feature_maps().picture, n) for n in examples.FLOWERS.classes]
    first, second = (
        survey.Place("a/1.png", "a", "train"),
        survey.Place("b/1.png", "b", "validation"),
    )

    async def inspect(pilot: Pilot[Any]) -> None:
        dialog = SurveyScreen(Inspection())
        await pilot.app.push_screen(dialog)
        dialog.receive(examples.FLOWERS)
        dialog.receive(survey.ContactSheet(tuple(pictures)))
        dialog.receive(survey.Findings(163, ((first, second),), ((second, first),), (), ()))
        await settle(pilot)

    app = CnnTui(Path("runs"), ascii_only=look.ascii)
    assert snap_compare(app, terminal_size=look.size, run_before=inspect)


@looks({"wide": Look(WIDE), "light": Look(MEDIUM, LIGHT), "no-colour": Look(SMALL, NO_COLOUR)})
def test_launcher(snap_compare: Compare, look: Look) -> None:
    states = (journals.chinese, journals.with_alert, journals.failed, journals.ended)
    runs = [
        journals.write_run(Path("runs"), told(), f"{number}-resnet18-cifar10")
        for number, told in enumerate(states, start=41)
    ]
    lock = run_lock.acquire(runs[1])
    assert snap_compare(CnnTui(Path("runs")), terminal_size=look.size, run_before=settle)
    os.close(lock)


class RunsPicture(NamedTuple):
    """The screen of all runs at a size, after some keys."""

    size: tuple[int, int]
    keys: Sequence[str] = ("down", "space", "space")
    terminal: Mapping[str, str] = NO_SIGNS
    ascii: bool = False


RUNS_PICTURES = {
    "wide": RunsPicture(WIDE),
    "light": RunsPicture(MEDIUM, terminal=LIGHT),
    "ascii": RunsPicture(SMALL, terminal=NO_COLOUR, ascii=True),
    "mistake": RunsPicture(SMALL, ["slash", *"top1>9"]),
    "columns": RunsPicture(SMALL, ["C"]),
    "delete": RunsPicture(SMALL, ["space", "space", "d"]),
}


@pytest.mark.parametrize("name", RUNS_PICTURES)
def test_all_runs(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    picture = RUNS_PICTURES[name]
    for key, value in picture.terminal.items():
        monkeypatch.setenv(key, value)
    many = [made_up_runs.variant(number, epoch=number % 9) for number in range(60, 4, -1)]
    few = [made_up_runs.LIVE, made_up_runs.FAILED, made_up_runs.TAGGED, made_up_runs.DONE]
    index = made_up_runs.Summaries([*few, *many])

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.app.push_screen(RunsScreen(Path("runs"), StartedRuns(), index, Clock()))
        await settle(pilot)
        await keys_then(picture.keys, None)(pilot)

    app = CnnTui(Path("runs"), ascii_only=picture.ascii)
    assert snap_compare(app, terminal_size=picture.size, run_before=before)


LOGS = {
    "lightning_logs/version_0/metrics.csv": 5.0,
    "lightning_logs/version_1/metrics.csv": 90.0,
    "keras/train/events.out.tfevents.1.host": 40.0,
    "keras/validation/events.out.tfevents.1.host": 40.0,
    "timm/20261130-resnet18/summary.csv": 760.0,
    "sweep/lr=0.1/events.out.tfevents.1.host": 9_000.0,
    "detect/train/results.csv": 200_000.0,
}


@looks(
    {
        "light": Look(MEDIUM, LIGHT),
        "small": Look(SMALL),
        "no-colour-ascii": Look(SMALL, NO_COLOUR, ascii=True),
    }
)
def test_logs(snap_compare: Compare, look: Look) -> None:
    clock = Clock()
    for number, (name, age) in enumerate(LOGS.items(), start=1):
        path = Path("logs") / name
        path.parent.mkdir(parents=True)
        path.write_text("epoch,train_loss\n" * 60 * number**3)
        os.utime(path, (clock.now - age,) * 2)
    found = log_search.find(Path("logs"))
    app = LogsApp(Path("logs"), found, nothing_is_opened, ascii_only=look.ascii, clock=clock)
    assert snap_compare(app, terminal_size=look.size, run_before=keys_then(["down"], None))


def nothing_is_opened(log: FoundLog) -> EventSource:
    raise AssertionError(log)


def race_on_rungs() -> Race:
    """A race of three nets, two rates and two seeds: half of it is over."""
    request = RaceRequest(
        sets=["lr=[0.05, 0.1]"],
        archs=["lenet5", "resnet20", "vgg11-bn"],
        flags={"data": "digits", "epochs": races.EPOCHS},
        seeds=2,
        halving=True,
    )
    race = prepare(Path("runs"), request)
    for place, recipe in enumerate(race.recipes):
        for run in recipe:
            top1 = 0.95 - 0.07 * place + 0.01 * run.seed
            races.trained(Path("runs"), run.run, top1, 1)
            if place < 2:
                races.trained(Path("runs"), run.run, top1, 3)
    races.trained(Path("runs"), race.recipes[0][0].run, 0.95, 9)
    races.failed(Path("runs"), race.recipes[5][1].run)
    return race


@looks(
    {
        "light": Look(WIDE, LIGHT),
        "medium": Look(MEDIUM),
        "no-colour-ascii": Look(SMALL, NO_COLOUR, ascii=True),
    }
)
def test_race(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, look: Look) -> None:
    monkeypatch.setattr(runner_lock, "is_working", lambda runs_dir: True)
    app = RaceApp(Path("runs"), race_on_rungs().label, ascii_only=look.ascii, clock=Clock())
    assert snap_compare(app, terminal_size=look.size, run_before=keys_then(["down"], None))
