"""Records of event files: whole ones, parts of one, damaged ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.logs.event_records import PART_BYTES, EventRecords, FileReplacedError
from tests.event_logs import append, record, scalar, write

ONE, TWO, THREE = (scalar("loss", step, 1.0) for step in (1, 2, 3))


def contents(records: EventRecords, reads: int = 10) -> list[bytes]:
    """All contents that this many reads give."""
    found = []
    for _ in range(reads):
        part = records.read()
        if part is not None:
            spans = zip(part.starts.tolist(), part.ends.tolist(), strict=True)
            found += [part.data[start:end] for start, end in spans]
    return found


def damages(records: EventRecords, reads: int = 10) -> list[tuple[int, str]]:
    parts = (records.read() for _ in range(reads))
    return [(at, what) for part in parts if part is not None for at, what in part.damages]


@pytest.mark.parametrize("cut", [1, 8, 11, 12, 13, len(TWO) - 1])
def test_part_of_a_record_waits_for_the_rest(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path, [ONE, TWO[:cut]])
    records = EventRecords(path)
    assert contents(records) == [ONE[12:-4]]
    assert records.ended
    append(path, TWO[cut:] + THREE)
    assert contents(records) == [TWO[12:-4], THREE[12:-4]]


def test_empty_content_is_a_record(tmp_path: Path) -> None:
    assert contents(EventRecords(write(tmp_path, [record(b""), ONE]))) == [b"", ONE[12:-4]]


def test_record_longer_than_a_part_is_read(tmp_path: Path) -> None:
    long = bytes(range(256)) * 4_000
    path = write(tmp_path, [ONE, record(long), TWO])
    assert contents(EventRecords(path)) == [ONE[12:-4], long, TWO[12:-4]]


def test_record_that_no_scalar_needs_is_skipped_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.logs.event_records.LONGEST_RECORD", 1 << 19)
    path = write(tmp_path, [ONE, record(bytes(1 << 20)), TWO])
    assert contents(EventRecords(path)) == [ONE[12:-4], TWO[12:-4]]


def test_reading_goes_on_after_a_damaged_content(tmp_path: Path) -> None:
    broken = TWO[:20] + bytes([TWO[20] ^ 1]) + TWO[21:]
    path = write(tmp_path, [ONE, broken, THREE])
    assert contents(EventRecords(path)) == [ONE[12:-4], THREE[12:-4]]
    assert damages(EventRecords(path)) == [(len(ONE), "content")]


def test_reading_stops_at_a_damaged_length(tmp_path: Path) -> None:
    broken = bytes([TWO[0] ^ 1]) + TWO[1:]
    path = write(tmp_path, [ONE, broken, THREE])
    assert contents(EventRecords(path)) == [ONE[12:-4]]
    assert damages(EventRecords(path)) == [(len(ONE), "length")]


def test_damage_at_the_end_is_told_once_it_stays(tmp_path: Path) -> None:
    broken = TWO[:20] + bytes([TWO[20] ^ 1]) + TWO[21:]
    records = EventRecords(write(tmp_path, [ONE, broken]))
    assert damages(records, reads=2) == []
    assert damages(records) == [(len(ONE), "content")]


def test_end_that_arrives_late_is_no_damage(tmp_path: Path) -> None:
    broken = TWO[:20] + bytes([TWO[20] ^ 1]) + TWO[21:]
    path = write(tmp_path, [ONE, broken])
    records = EventRecords(path)
    assert contents(records, reads=2) == [ONE[12:-4]]
    path.write_bytes(ONE + TWO)
    assert contents(records) == [TWO[12:-4]]


@pytest.mark.parametrize("zeros", [1, 12, 5_000, 300_000])
@pytest.mark.parametrize("cut", [0, 5, 20])
def test_zeros_at_the_end_wait_for_what_was_written(tmp_path: Path, zeros: int, cut: int) -> None:
    """A power cut leaves zeros where a file had grown, and a network file system shows them."""
    path = write(tmp_path, [ONE, TWO[:cut], bytes(zeros)])
    records = EventRecords(path)
    assert damages(records) == []
    path.write_bytes(ONE + TWO + THREE + bytes(zeros))
    assert contents(records) == [TWO[12:-4], THREE[12:-4]]


@pytest.mark.parametrize("cut", [0, 12])
def test_many_zeros_are_not_read_over_and_over(tmp_path: Path, cut: int) -> None:
    """They fill a part, and so does the content of a record that was never written."""
    long = record(bytes(range(1, 255)) * 2_000)
    records = EventRecords(write(tmp_path, [ONE, long[:cut], bytes(2 * PART_BYTES)]))
    assert contents(records) == [ONE[12:-4]]
    assert records.ended


def test_file_that_was_replaced_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, [ONE, TWO])
    records = EventRecords(path)
    contents(records)
    other = tmp_path / "other"
    other.write_bytes(ONE + TWO + THREE)
    os.replace(other, path)
    with pytest.raises(FileReplacedError):
        records.read()


@pytest.mark.parametrize("content", [ONE, THREE + TWO + ONE])
def test_file_that_was_written_anew_is_noticed(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, [ONE, TWO])
    records = EventRecords(path)
    contents(records)
    path.write_bytes(content)
    with pytest.raises(FileReplacedError):
        records.read()
