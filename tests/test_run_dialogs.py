"""Reports and predictions from the screen of all runs, by requests that a test answers."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DataError
from engine.protocol import predicted
from engine.protocol.answers import Note, Progress, Written
from engine.protocol.requests import CompareRuns, Predict, Report
from engine.report import report_target
from engine.run.run_paths import RunDir
from engine.start import network_requests
from engine.start.engine_request import EngineRequest
from tests import scripted
from tests.dialogs import words
from tests.idle import settle
from tests.test_dashboard import screen
from tui.app import CnnTui
from tui.screens.runs.ending_request import EndingRequest
from tui.screens.runs.prediction_dialogs import ImagesPathDialog, PredictionsScreen
from tui.screens.runs.report_dialog import ReportDialog


class Answered(EngineRequest[Any]):
    """Gives these answers; an error is raised."""

    def __init__(self, answers: Sequence[object]) -> None:
        self._answers = answers
        self.cancelled = 0

    def answers(self) -> Generator[Any, None, None]:
        for answer in self._answers:
            if isinstance(answer, Exception):
                raise answer
            yield answer

    def cancel(self) -> None:
        self.cancelled += 1


class Waiting(Answered):
    """Gives no answer until it is cancelled."""

    def __init__(self) -> None:
        super().__init__(())
        self._stopped = threading.Event()

    def answers(self) -> Generator[Any, None, None]:
        self._stopped.wait()
        yield from ()
        raise DataError("cancelled.")

    def cancel(self) -> None:
        super().cancel()
        self._stopped.set()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A run with a checkpoint, seen from an empty working folder."""
    made = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    (made.checkpoints / "best.pt").touch()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(report_target, "check", lambda *target, force: None)
    return made


async def test_a_report_is_written_to_the_working_folder_which_is_said(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Report] = []
    answered = Answered([Progress("drawing", 0.5), Note("no images"), Written(6)])

    def report(wanted: Report, recipe: object) -> Answered:
        asked.append(wanted)
        Path(os.fsdecode(wanted.target)).write_text("<html>")
        return answered

    monkeypatch.setattr(network_requests, "report", report)
    async with CnnTui(run.path.parent).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(ReportDialog([run]))
        await settle(pilot)
        assert asked[0].run == os.fsencode(run.path)
        assert Path("1-lenet5-digits.html").read_text() == "<html>"
        assert f"written: {Path('1-lenet5-digits.html').absolute()}" in words(pilot)
        assert "no images" in words(pilot)
        assert "Esc back" in screen(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert answered.cancelled == 1
        await pilot.app.push_screen(ReportDialog([run]))
        await settle(pilot)
        assert "exists already: move it away" in words(pilot)
    assert len(asked) == 1


async def test_a_report_that_fails_leaves_no_file(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Answered([DataError("the data is gone.")])
    monkeypatch.setattr(network_requests, "report", lambda wanted, recipe: failing)
    async with CnnTui(run.path.parent).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(ReportDialog([run]))
        await settle(pilot)
        assert "the data is gone." in words(pilot)
    assert [*Path().iterdir()] == []


async def test_a_report_that_is_being_written_is_cancelled_by_escape(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = Waiting()
    monkeypatch.setattr(network_requests, "report", lambda wanted, recipe: answered)
    async with CnnTui(run.path.parent).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(ReportDialog([run]))
        await pilot.pause()
        assert "Esc cancels" in screen(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert answered.cancelled
    assert [*Path().iterdir()] == []


async def test_marked_runs_have_one_report(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    other = scripted.run_dir(run.path.parent, scripted.half_a_run(), "2-lenet5-digits")
    asked: list[CompareRuns] = []

    def comparison(wanted: CompareRuns) -> Answered:
        asked.append(wanted)
        Path(os.fsdecode(wanted.target)).write_text("<html>")
        return Answered([Written(6)])

    monkeypatch.setattr(network_requests, "comparison", comparison)
    async with CnnTui(run.path.parent).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        await pilot.press("space", "space", "x")
        await settle(pilot)
        assert {*asked[0].runs} == {os.fsencode(each.path) for each in (run, other)}
        assert f"written: {Path('comparison.html').absolute()}" in words(pilot)


JUDGING = predicted.Judging("1-lenet5-digits", ("cat", "dog"), 2, 0.9, images=2, few=False)


async def test_predictions_of_many_images_are_a_table_below_its_summary(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Predict] = []
    images = [
        predicted.Predicted(b"/imgs/a.png", ((0, 0.9), (1, 0.1))),
        predicted.Predicted(b"/imgs/b.png", ((1, 0.6), (0, 0.4))),
        predicted.Unreadable(b"/imgs/c.png", "it is no image"),
    ]

    def predictions(wanted: Predict) -> Answered:
        asked.append(wanted)
        return Answered([JUDGING, Progress("judging", 0.5), *images])

    monkeypatch.setattr(network_requests, "predictions", predictions)
    async with CnnTui(run.path.parent).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(PredictionsScreen(run, "imgs"))
        await settle(pilot)
        assert asked[0].saved == os.fsencode(run.checkpoints / "best.pt")
        assert asked[0].places == (os.fsencode(Path("imgs").absolute()),)
        said = screen(pilot)
        for part in ("1-lenet5-digits after 2 epochs, validation accuracy 90.0 %", "2 images"):
            assert part in said
        assert said.index("/imgs/a.png") < said.index("/imgs/b.png")
        assert "/imgs/c.png: it is no image" in said
        await pilot.press("p")
        async with asyncio.timeout(30):  # a screen is removed some messages after its key
            while isinstance(pilot.app.screen, PredictionsScreen):
                await pilot.pause()


async def test_a_run_without_a_network_says_so(run: RunDir) -> None:
    (run.checkpoints / "best.pt").unlink()
    async with CnnTui(run.path.parent).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(PredictionsScreen(run, "imgs"))
        await settle(pilot)
        assert "1-lenet5-digits has" in screen(pilot)
        assert "checkpoint" in screen(pilot)


async def test_the_path_of_images_is_completed_and_has_to_exist(run: RunDir) -> None:
    for name in ("cat.png", "notes.txt"):
        Path(name).touch()
    answers: list[str | None] = []
    async with CnnTui(run.path.parent).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(ImagesPathDialog(), answers.append)
        await pilot.press("enter")
        assert "write the path" in words(pilot)
        await pilot.press(*"dog", "enter")
        await settle(pilot)
        assert "there is nothing at dog" in words(pilot)
        await pilot.press("backspace", "backspace", "backspace", "c", "tab")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
    assert answers == ["cat.png"]


def test_a_request_that_is_made_after_its_screen_has_closed_is_cancelled() -> None:
    request, answered = EndingRequest[object](), Answered(())
    request.end()
    assert request.begin(answered) is answered
    assert answered.cancelled == 1
