"""A past epoch's evaluation, read again from the journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.protocol import events
from engine.protocol.events import Event
from engine.run import past_epochs
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from tests import scripted

STARTED = scripted.started()


def maps(layer: str, step: int, image: int = 0) -> events.FeatureMaps:
    picture = events.Picture(1, 1, 1, "AA==")
    return events.FeatureMaps(layer, (6, 28, 28), image, picture, 1, (), (), step=step)


def written(path: Path, said: list[Event]) -> Path:
    scripted.write(RunDir(path.parent), said)
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Two epochs, each looked at when it ended."""
    said: list[Event] = [STARTED]
    for epoch, right in ((1, 5), (2, 9)):
        said += [scripted.steps(step) for step in range(epoch * 10 - 9, epoch * 10 + 1)]
        said += [scripted.confusion(epoch, right=right), maps("conv1", epoch * 10, epoch)]
        said += [maps("conv2", epoch * 10, epoch), scripted.ended_epoch(epoch)]
    return written(tmp_path / "journal.jsonl", said)


@pytest.mark.parametrize(("epoch", "right"), [(1, 5), (2, 9)])
def test_an_epoch_is_as_it_was_seen_when_it_ended(journal: Path, epoch: int, right: int) -> None:
    seen = past_epochs.history(journal, STARTED, epoch * 10)
    assert seen.run == STARTED
    assert seen.confusion is not None
    assert (seen.confusion.epoch, seen.confusion.counts[3][3]) == (epoch, right)
    assert {layer: look.image for layer, look in seen.maps.items()} == {
        "conv1": epoch,
        "conv2": epoch,
    }
    assert seen.epochs == []
    assert seen.steps is None


def test_of_an_epoch_that_was_trained_twice_the_second_counts(tmp_path: Path) -> None:
    said: list[Event] = [
        STARTED,
        scripted.confusion(1, right=2),
        maps("conv1", 10, 7),
        events.Resumed("b", 0, 1),
        scripted.confusion(1, right=8),
        maps("conv1", 10, 8),
    ]
    seen = past_epochs.history(written(tmp_path / "journal.jsonl", said), STARTED, 10)
    assert seen.confusion is not None
    assert seen.confusion.counts[0][0] == 8
    assert seen.maps["conv1"].image == 8


def test_what_the_journal_does_not_have_is_left_out(journal: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path, step in ((journal, 30), (tmp_path / "empty", 10), (tmp_path / "none", 10)):
        seen = past_epochs.history(path, STARTED, step)
        assert (seen.run, seen.confusion, seen.maps) == (STARTED, None, {})


def test_lines_that_cannot_be_read_hide_no_others(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    torn = b'{"type":"Confusion","epoch":1,"cou\n{"type":"FeatureMaps","layer":5}\n\xff\xfe\n'
    journal.write_bytes(torn + b"".join(lines) + b'{"type":"Confusion","step":20,"epo')
    seen = past_epochs.history(journal, STARTED, 20)
    assert seen.confusion is not None
    assert seen.confusion.epoch == 2


def test_an_alert_that_speaks_of_a_confusion_is_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    hidden = events.encode(scripted.confusion(1)).decode()
    journal.append(events.Alert("warning", "x", f"\n{hidden}\n", step=10))
    journal.close()
    assert past_epochs.history(tmp_path / "journal.jsonl", STARTED, 10).confusion is None
