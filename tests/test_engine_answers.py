"""Progress and notes on the stderr of a command that waits for an engine process."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Generator

import pytest

from engine.protocol.answers import Answer, Note, Progress, Written
from engine.start.engine_request import EngineRequest
from tui.cli import stderr_lines, tested_text
from tui.cli.engine_answers import answers_of

NOTE = "digits has no test images, so the validation images are judged"

# Prints the first answer to each kind of request, and whether torch or matplotlib is loaded then.
FIRST = """
import sys
from engine.process.request_server import answers
from engine.protocol import requests
saved = b"/nowhere/best.pt"
for request in (
    requests.Predict(saved=saved, places=(b"/nowhere/cat.png",)),
    requests.Report(run=b"/nowhere", target=b"/nowhere.html"),
    requests.MeasureNetwork(saved=saved),
    requests.ExportNetwork(saved=saved, files={}),
):
    print(next(iter(answers(request))), {"torch", "matplotlib"} & set(sys.modules))
"""


class Answering(EngineRequest[Answer]):
    """A process that answers this."""

    def __init__(self, *said: Answer) -> None:
        self._said = said

    def answers(self) -> Generator[Answer, None, None]:
        yield from self._said


class Screen(io.StringIO):
    """A terminal of 40 columns that cannot tell how many it has."""

    def isatty(self) -> bool:
        return True


def told(monkeypatch: pytest.MonkeyPatch, *said: Answer) -> str:
    """What a terminal is told of these answers; a result ends the telling."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(stderr_lines, "COLUMNS", 40)
    with answers_of(Answering(*said, Written(4)), "stopped") as answers:
        assert [*answers] == [Written(4)]
    return screen.getvalue()


def test_progress_replaces_the_longer_line_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = told(monkeypatch, Progress("reading the journal", 1.0), Progress("drawing"))
    lines = [line for line in said.split("\r\x1b[K") if line]
    assert lines == [" reading the journal: 100 %", " drawing"], "no fraction where none is known"


def test_progress_fits_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    said = told(monkeypatch, Progress("writing " + 50 * "x", 0.5))
    assert said.split("\r\x1b[K")[1] == " writing " + 30 * "x"


def test_a_note_is_wrapped_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, Note(NOTE)).removeprefix("\r\x1b[K").splitlines()[:2] == [
        "cnn-tui: digits has no test images, so",
        "the validation images are judged",
    ]


def test_a_program_gets_a_note_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with answers_of(Answering(Progress("drawing", 0.5), Note(NOTE)), "stopped") as answers:
        assert not [*answers]
    assert capsys.readouterr().err == f"cnn-tui: {NOTE}\n"


def test_the_first_answer_comes_before_what_takes_seconds_to_load() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "Progress(stage='loading the network', fraction=None) set()",
        "Progress(stage='reading the journal', fraction=None) set()",
        "Progress(stage='loading the network', fraction=None) set()",
        "Progress(stage='loading the network', fraction=None) set()",
    ]


def test_a_file_that_lies_in_no_run_is_named_once() -> None:
    assert tested_text.heading("best.pt", "best.pt", 6) == "best.pt of epoch 6"
    assert tested_text.heading("4-cats", "best.pt", 6) == "4-cats, best.pt of epoch 6"
