"""Questions to a live engine, to who answers for it, and to nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import RunError
from engine.protocol import commands, events
from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event
from engine.run import lock_owner, replies, run_lock, spool
from engine.run.run_paths import RunDir
from engine.start import launch
from tests import scripted
from tests.scripted import Clock
from tui.viewer.inspection_requests import PATIENCE_SECONDS, InspectionRequests

ANSWER = events.Augmented(1, (), 32)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A run without an engine."""
    return scripted.run_dir(tmp_path, scripted.half_a_run())


@pytest.fixture
def live(run: RunDir) -> Iterator[RunDir]:
    """A run whose lock is held as an engine would."""
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


def heard(run: RunDir, lock: Path | None = None) -> list[commands.Inspect]:
    """The questions that wait for who holds this lock, taken as it would."""
    owner = lock_owner.read_owner(run, lock)
    assert owner is not None
    taken = spool.Spool(run, owner.attempt, lambda file, why: None).take()
    return [command for command in taken if isinstance(command, commands.Inspect)]


class Server:
    """A process that was started to answer: it lives until it is given a return code."""

    returncode: int | None = None

    def poll(self) -> int | None:
        return self.returncode


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """The servers that were started instead of processes."""
    servers: list[Server] = []

    def start(run: RunDir) -> Server:
        servers.append(Server())
        return servers[-1]

    monkeypatch.setattr(launch, "start_inspection_server", start)
    return servers


def test_a_live_engine_is_asked_and_answers(live: RunDir, started: list[Server]) -> None:
    requests = InspectionRequests(live)
    requests.ask(InspectionRequest("maps", "conv1", (3,)))
    [question] = heard(live)
    assert (question.kind, question.layer, question.images) == ("maps", "conv1", (3,))
    assert requests.waiting
    assert requests.reply() is None
    replies.write_reply(live, question.id, ANSWER)
    assert requests.reply() == ANSWER
    assert requests.reply() is None, "once"
    assert started == []


def test_a_refusal_is_an_answer(live: RunDir) -> None:
    requests = InspectionRequests(live)
    requests.ask(InspectionRequest("kernels"))
    refusal = events.Alert("warning", "probe", "no")
    replies.write_reply(live, heard(live)[0].id, refusal)
    assert requests.reply() == refusal


def test_of_many_questions_the_engine_gets_the_first_and_the_last(live: RunDir) -> None:
    requests = InspectionRequests(live)
    for image in range(5):
        requests.ask(InspectionRequest("maps", "conv1", (image,)))
        assert requests.reply() is None
    [first] = heard(live)
    replies.write_reply(live, first.id, ANSWER)
    assert requests.reply() is None, "nobody wants this answer any more"
    [last] = heard(live)
    assert (first.images, last.images) == ((0,), (4,))
    newest = events.Augmented(2, (), 32)
    replies.write_reply(live, last.id, newest)
    assert requests.reply() == newest


def test_a_question_that_is_never_answered_holds_up_no_other(live: RunDir) -> None:
    clock = Clock()
    requests = InspectionRequests(live, clock)
    requests.ask(InspectionRequest("kernels"))
    assert len(heard(live)) == 1
    requests.ask(InspectionRequest("maps", "conv1"))
    assert requests.reply() is None
    assert heard(live) == []
    clock.now += PATIENCE_SECONDS + 0.1
    assert requests.reply() is None
    [question] = heard(live)
    assert question.kind == "maps"


def test_without_an_engine_an_server_is_started_and_asked(
    run: RunDir, started: list[Server]
) -> None:
    requests = InspectionRequests(run)
    requests.ask(InspectionRequest("maps", "conv1", (3,)))
    assert requests.reply() is None
    assert len(started) == 1
    lock = run_lock.acquire(run, run.inspection_lock)
    assert requests.reply() is None
    [question] = heard(run, run.inspection_lock)
    assert question.images == (3,)
    replies.write_reply(run, question.id, ANSWER)
    assert requests.reply() == ANSWER
    assert len(started) == 1
    os.close(lock)


def test_an_server_that_left_is_followed_by_another(run: RunDir, started: list[Server]) -> None:
    requests = InspectionRequests(run)
    requests.ask(InspectionRequest("kernels"))
    lock = run_lock.acquire(run, run.inspection_lock)
    requests.reply()
    replies.write_reply(run, heard(run, run.inspection_lock)[0].id, ANSWER)
    assert requests.reply() == ANSWER
    os.close(lock)
    started[0].returncode = 0
    requests.ask(InspectionRequest("kernels"))
    assert len(started) == 2


def test_who_takes_over_is_asked_again(run: RunDir, started: list[Server]) -> None:
    requests = InspectionRequests(run)
    requests.ask(InspectionRequest("kernels"))
    inspection_lock = run_lock.acquire(run, run.inspection_lock)
    requests.reply()
    [first] = heard(run, run.inspection_lock)
    os.close(inspection_lock)
    started[0].returncode = 0
    lock = run_lock.acquire(run)
    assert requests.reply() is None
    [again] = heard(run)
    assert again.id != first.id
    assert again.kind == "kernels"
    os.close(lock)


def test_an_server_that_fails_leaves_its_complaint(run: RunDir, started: list[Server]) -> None:
    requests = InspectionRequests(run)
    requests.ask(InspectionRequest("kernels"))
    run.log.write_text("noise\ncnn-tui: there is \x1b[31mnothing to look at.\n")
    started[0].returncode = 1
    with pytest.raises(RunError, match="nothing to look at"):
        requests.reply()
    assert not requests.waiting
    requests.ask(InspectionRequest("kernels"))
    assert len(started) == 2, "another try"


def test_what_cannot_be_started_is_said_at_once(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(run: RunDir) -> Event:
        raise RunError("no")

    monkeypatch.setattr(launch, "start_inspection_server", start)
    requests = InspectionRequests(run)
    with pytest.raises(RunError, match="no"):
        requests.ask(InspectionRequest("kernels"))
    assert not requests.waiting
