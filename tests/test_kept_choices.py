"""Choices that were measured once: found again, waited for, agreed upon, thrown away."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from engine.machine import kept_choices, machine_text
from engine.machine.kept_choices import Computation, StepTime
from engine.protocol.events import Alert, Event, Phase

BF16, FLOAT32 = (Computation(p, "channels-last") for p in ("bf16", "float32"))
SUBJECT = {"processor": "AMD EPYC", "architecture": "lenet5"}


class Start:
    """A start that settles a choice; measuring it takes two turns and gives `measured`."""

    def __init__(self, folder: Path, measured: Computation) -> None:
        self.measured_turns = 0
        self.said: list[Event] = []
        self.choice: Computation | None = None
        self._measured = measured
        self._stream = kept_choices.settle(SUBJECT, Computation, self._measure, folder)

    def _measure(self) -> Generator[None, None, Computation]:
        for _ in range(2):
            self.measured_turns += 1
            yield
        return self._measured

    def go_on(self) -> bool:
        """Take a turn; returns whether there are more."""
        try:
            event = next(self._stream)
        except StopIteration as end:
            self.choice = end.value
            return False
        if event is not None:
            self.said.append(event)
        return True

    def finish(self) -> Computation:
        while self.go_on():
            pass
        assert self.choice is not None
        return self.choice

    def leave(self) -> None:
        self._stream.close()

    @property
    def notes(self) -> list[str]:
        return [event.note for event in self.said if isinstance(event, Phase)]

    @property
    def alerts(self) -> list[str]:
        return [event.text for event in self.said if isinstance(event, Alert)]


def test_a_choice_is_measured_once(tmp_path: Path) -> None:
    first, second = Start(tmp_path, BF16), Start(tmp_path, FLOAT32)
    assert first.finish() == BF16
    assert (first.notes, first.alerts) == ([machine_text.MEASURES], [])
    assert second.finish() == BF16
    assert (second.said, second.measured_turns) == ([], 0)


def test_another_subject_or_kind_is_another_choice(tmp_path: Path) -> None:
    Start(tmp_path, BF16).finish()
    assert kept_choices.find(SUBJECT, Computation, tmp_path) == BF16
    assert kept_choices.find(SUBJECT, StepTime, tmp_path) is None
    assert kept_choices.find(SUBJECT | {"torch": "2.14"}, Computation, tmp_path) is None


def test_a_second_start_waits_for_the_first_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_choices, "POLL_SECONDS", 0)
    first, second = Start(tmp_path, BF16), Start(tmp_path, FLOAT32)
    first.go_on()
    for _ in range(3):
        second.go_on()
    assert second.notes == [machine_text.WAITS]
    assert first.finish() == second.finish() == BF16
    assert second.measured_turns == 0


def test_a_start_that_is_stopped_gives_the_lock_back(tmp_path: Path) -> None:
    first, second = Start(tmp_path, BF16), Start(tmp_path, FLOAT32)
    first.go_on()
    first.leave()
    assert second.finish() == FLOAT32
    assert second.notes == [machine_text.MEASURES]


def test_a_first_start_that_hangs_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_choices, "WAIT_SECONDS", 0)
    first, second = Start(tmp_path, BF16), Start(tmp_path, FLOAT32)
    first.go_on()
    assert second.finish() == FLOAT32
    assert first.finish() == FLOAT32


def test_without_locks_starts_at_the_same_time_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, mode: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    starts = [Start(tmp_path, choice) for choice in (BF16, FLOAT32, FLOAT32)]
    for start in starts[1:]:
        start.go_on()  # it says that there are no locks
        start.go_on()  # it measures
    assert starts[0].finish() == BF16
    assert [start.finish() for start in starts[1:]] == [BF16, BF16]
    assert [start.measured_turns for start in starts] == [2, 2, 2]
    assert all("no locks (No locks available)" in start.alerts[0] for start in starts)


def test_a_folder_that_cannot_be_made_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    start = Start(tmp_path / "cache" / "choices", BF16)
    assert start.finish() == BF16
    (sentence,) = start.alerts
    assert "cannot be kept in" in sentence
    assert "XDG_CACHE_HOME" in sentence


@pytest.mark.parametrize("content", [b"", b"{", b'{"subject":{},"choice":{"precision":"fp8"}}'])
def test_a_broken_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    Start(tmp_path, BF16).finish()
    (file,) = tmp_path.glob("*.json")
    file.write_bytes(content)
    assert Start(tmp_path, FLOAT32).finish() == FLOAT32
    assert [kept.choice for kept in kept_choices.every(Computation, tmp_path)] == [FLOAT32]


def test_choices_can_be_listed_and_thrown_away(tmp_path: Path) -> None:
    Start(tmp_path, BF16).finish()
    (kept,) = kept_choices.every(Computation, tmp_path)
    assert (kept.subject, kept.choice) == (SUBJECT, BF16)
    assert kept_choices.every(StepTime, tmp_path) == []
    assert kept_choices.forget(tmp_path) == 1
    assert kept_choices.every(Computation, tmp_path) == []
    assert kept_choices.forget(tmp_path / "none") == 0
    assert Start(tmp_path, FLOAT32).finish() == FLOAT32


def test_nothing_but_choices_and_the_lock_stays(tmp_path: Path) -> None:
    Start(tmp_path, BF16).finish()
    assert sorted(file.suffix for file in tmp_path.iterdir()) == ["", ".json"]
