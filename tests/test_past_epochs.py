"""What the journal has of a past epoch: of this epoch, or the nearest before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.protocol import events
from engine.protocol.events import EpochEnded, Event
from engine.run import past_epochs
from engine.run.history import History
from engine.run.journal import Journal
from engine.run.journal_reader import JournalReader
from engine.run.run_paths import RunDir
from tests import scripted

STARTED = scripted.started()


def maps(layer: str, step: int, image: int = 0) -> events.FeatureMaps:
    picture = events.Picture(1, 1, 1, "AA==")
    return events.FeatureMaps(layer, (6, 28, 28), image, picture, 1, (), (), step=step)


def health(step: int) -> events.LayerHealth:
    return events.LayerHealth((events.Health("fc", 1.0, 0.1, 0.0, 1.0),), step=step)


def written(path: Path, said: list[Event]) -> Path:
    scripted.write(RunDir(path.parent), said)
    return path


def at(journal: Path, epoch: int) -> History:
    """What is known at the end of this epoch, which the journal holds."""
    now = History()
    for part in JournalReader(journal).slices():
        now.fold(part.events)
    [ended] = [one for one in now.epochs if one.epoch == epoch][-1:]
    return past_epochs.history(journal, STARTED, ended)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Three epochs; the matrix, the maps and the health come with the first and the second one."""
    said: list[Event] = [STARTED]
    for epoch, right in ((1, 5), (2, 9)):
        said += [scripted.steps(step) for step in range(epoch * 10 - 9, epoch * 10 + 1)]
        said += [health(epoch * 10 - 3), health(epoch * 10 - 1)]
        said += [scripted.confusion(epoch, right=right), maps("conv1", epoch * 10, epoch)]
        said += [maps("conv2", epoch * 10, epoch), scripted.ended_epoch(epoch)]
    said += [scripted.steps(25), scripted.ended_epoch(3, best=False)]
    return written(tmp_path / "journal.jsonl", [*said, health(33), scripted.ended_epoch(4)])


@pytest.mark.parametrize(
    ("epoch", "right", "recorded", "measured"), [(1, 5, 1, 9), (2, 9, 2, 19), (3, 9, 2, 19)]
)
def test_an_epoch_is_as_it_was_seen_then(
    journal: Path, epoch: int, right: int, recorded: int, measured: int
) -> None:
    """An epoch without a matrix of its own has the nearest one before it."""
    seen = at(journal, epoch)
    assert seen.run == STARTED
    assert seen.confusion is not None
    assert (seen.confusion.epoch, seen.confusion.counts[3][3]) == (recorded, right)
    assert {layer: (look.image, look.step) for layer, look in seen.maps.items()} == {
        "conv1": (recorded, 10 * recorded),
        "conv2": (recorded, 10 * recorded),
    }
    assert seen.health is not None
    assert seen.health.step == measured
    assert seen.epochs == []
    assert seen.steps is None


def test_of_an_epoch_that_was_trained_twice_the_second_counts(tmp_path: Path) -> None:
    said: list[Event] = [
        STARTED,
        scripted.confusion(1, right=2),
        maps("conv1", 10, 7),
        scripted.ended_epoch(1),
        events.Resumed("b", 0, 1),
        scripted.confusion(1, right=8),
        maps("conv1", 10, 8),
        scripted.ended_epoch(1),
        scripted.confusion(2, right=4),
        scripted.ended_epoch(2),
    ]
    seen = at(written(tmp_path / "journal.jsonl", said), 1)
    assert seen.confusion is not None
    assert seen.confusion.counts[0][0] == 8
    assert seen.maps["conv1"].image == 8


def test_what_was_written_after_later_epochs_is_found(tmp_path: Path) -> None:
    """The budget of a journal holds the pictures of the best epoch back, and then writes them."""
    said: list[Event] = [STARTED, scripted.confusion(1, right=5), maps("conv1", 10, 1), health(9)]
    said += [scripted.ended_epoch(1), scripted.ended_epoch(2), scripted.ended_epoch(3, best=False)]
    said += [scripted.confusion(2, right=9), maps("conv1", 20, 2), maps("conv2", 20, 2), health(19)]
    said += [scripted.confusion(4, right=3), maps("conv1", 40, 4), scripted.ended_epoch(4)]
    journal = written(tmp_path / "journal.jsonl", said)
    for epoch, recorded in ((1, 1), (2, 2), (3, 2), (4, 4)):
        seen = at(journal, epoch)
        assert seen.confusion is not None
        assert seen.confusion.epoch == recorded
        assert {look.step for look in seen.maps.values()} == {10 * recorded}
        assert seen.health is not None
        assert seen.health.step == (9 if epoch == 1 else 19)
    assert set(at(journal, 3).maps) == {"conv1", "conv2"}


def test_what_the_journal_does_not_have_is_left_out(journal: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    first = written(tmp_path / "first.jsonl", [STARTED, scripted.ended_epoch(1)])
    ended: EpochEnded = scripted.ended_epoch(1)
    for seen in (
        past_epochs.history(journal, STARTED, ended),
        past_epochs.history(tmp_path / "empty", STARTED, ended),
        past_epochs.history(tmp_path / "none", STARTED, ended),
        past_epochs.history(first, STARTED, ended),
    ):
        assert (seen.run, seen.confusion, seen.maps, seen.health) == (STARTED, None, {}, None)


def test_lines_that_cannot_be_read_hide_no_others(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    torn = b'{"type":"Confusion","epoch":1,"cou\n{"type":"FeatureMaps","layer":5}\n\xff\xfe\n'
    journal.write_bytes(torn + b"".join(lines) + b'{"type":"Confusion","step":20,"epo')
    seen = at(journal, 2)
    assert seen.confusion is not None
    assert seen.confusion.epoch == 2


def test_an_alert_that_speaks_of_a_confusion_is_none(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    hidden = events.encode(scripted.confusion(1)).decode()
    journal.append(STARTED)
    journal.append(events.Alert("warning", "x", f"\n{hidden}\n", step=10))
    journal.append(scripted.ended_epoch(1))
    journal.close()
    assert at(path, 1).confusion is None
