"""TensorBoard's event files as events: scalars, several writers, restarts, files that change."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest

from engine.errors import RunError
from engine.logs.event_file_rows import REST_SECONDS
from engine.logs.event_files import EventFileReader
from engine.protocol.events import Alert, Event, RunStarted, Steps
from tests.event_logs import BEGAN, append, one_by_one, record, scalar, start, tensor, values, write


class Followed:
    """A log that is followed: the points of its scalars that a viewer would know."""

    def __init__(self, path: Path) -> None:
        self.moment = 0.0
        self.reader = EventFileReader(path, clock=lambda: self.moment, now=lambda: 4e9)
        self.events: list[Event] = []
        self.anew = 0

    def update(self) -> Followed:
        """Read to the end, as a viewer does."""
        more = True
        while more:
            news = self.reader.read(1.0)
            if news.anew:
                self.events.clear()
                self.anew += 1
            self.events += one_by_one(news.events)
            more = news.more
        return self

    def points(self, name: str) -> list[tuple[int, float | None]]:
        """The points of a scalar, in the order of the events."""
        steps = [event for event in self.events if isinstance(event, Steps)]
        return [(event.step, event.scalars[name]) for event in steps if name in event.scalars]

    @property
    def alerts(self) -> list[str]:
        return [e.text for e in self.events if isinstance(e, Alert) and e.code == "log"]

    @property
    def settings(self) -> dict[str, str | float | bool | None]:
        started = next(event for event in self.events if isinstance(event, RunStarted))
        assert started.watched is not None
        return started.watched.settings


def follow(path: Path) -> Followed:
    return Followed(path).update()


def series(tag: str, steps: Sequence[int], factor: float = 1.0) -> Iterator[bytes]:
    return (scalar(tag, step, step * factor) for step in steps)


def test_run_started_is_first_and_events_are_numbered(tmp_path: Path) -> None:
    write(tmp_path, series("a", range(1, 4)))
    found = follow(tmp_path).events
    assert isinstance(found[0], RunStarted)
    assert [event.seq for event in found] == [*range(1, len(found) + 1)]


def test_every_point_is_kept_with_its_step_and_time(tmp_path: Path) -> None:
    write(tmp_path, series("a", range(1, 20_000)))
    log = follow(tmp_path)
    assert log.points("a") == [(step, float(step)) for step in range(1, 20_000)]
    last = log.events[-1]
    assert last.time == BEGAN + 19_999


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"dtype": 1, "float_val": [2.5]}, 2.5),
        ({"dtype": 1, "tensor_content": struct.pack("<f", 2.5)}, 2.5),
        ({"dtype": 2, "double_val": [0.1]}, 0.1),
        ({"dtype": 2, "tensor_content": struct.pack("<d", 0.1)}, 0.1),
        ({"dtype": 3, "int_val": [-7]}, -7.0),
        ({"dtype": 9, "int64_val": [1 << 40]}, 2.0**40),
        ({"dtype": 9, "tensor_content": struct.pack("<q", 5)}, 5.0),
        ({"dtype": 4, "int_val": [200]}, 200.0),
        ({"dtype": 23, "uint64_val": [1 << 63]}, 2.0**63),
        ({"dtype": 10, "bool_val": [True]}, 1.0),
        ({"dtype": 19, "half_val": [0x3E00]}, 1.5),
        ({"dtype": 19, "tensor_content": struct.pack("<e", 1.5)}, 1.5),
        ({"dtype": 14, "half_val": [0x3FC0]}, 1.5),
        ({"dtype": 14, "tensor_content": b"\xc0\x3f"}, 1.5),
        ({"dtype": 1}, 0.0),
        ({"dtype": 1, "float_val": [2.5], "shape": {"dim": [{"size": 1}]}}, 2.5),
    ],
)
def test_tensors_with_one_number_are_scalars(
    tmp_path: Path, fields: dict[str, object], value: float
) -> None:
    write(tmp_path, [tensor("a", step, fields) for step in (1, 2, 300)])
    assert follow(tmp_path).points("a") == [(1, value), (2, value), (300, value)]


@pytest.mark.parametrize(
    ("fields", "plugin"),
    [
        ({"dtype": 7, "string_val": [b"text"]}, b"text"),
        ({"dtype": 1, "float_val": [1.0, 2.0], "shape": {"dim": [{"size": 2}]}}, b"scalars"),
        ({"dtype": 1, "float_val": [1.0]}, b"histograms"),
    ],
)
def test_other_tensors_are_left_out(
    tmp_path: Path, fields: dict[str, object], plugin: bytes
) -> None:
    write(tmp_path, [tensor("b", 1, fields, plugin), *series("a", [1, 2])])
    log = follow(tmp_path)
    assert log.points("a") == [(1, 1.0), (2, 2.0)]
    assert not log.points("b")


def test_steps_of_all_sizes_are_read(tmp_path: Path) -> None:
    steps = [1, 127, 128, 16_383, 16_384, 2_097_152, 10**9, 10**12]
    write(tmp_path, series("a", [step for each in steps for step in (each, each)]))
    assert [step for step, _ in follow(tmp_path).points("a")] == [s for s in steps for _ in (0, 1)]


def test_values_that_are_not_finite_are_kept_as_such(tmp_path: Path) -> None:
    numbers = (1.0, math.nan, math.inf, -math.inf, 2.0)
    write(tmp_path, [scalar("a", step, value) for step, value in enumerate(numbers, 1)])
    found = follow(tmp_path).points("a")
    assert found == [(1, 1.0), (2, None), (3, None), (4, None), (5, 2.0)]


def test_scalars_of_one_step_are_one_event(tmp_path: Path) -> None:
    tags = ("a", "b", "c")
    write(tmp_path, [scalar(tag, step, 1.0) for step in (1, 2) for tag in tags])
    steps = [event for event in follow(tmp_path).events if isinstance(event, Steps)]
    assert [(event.step, [*event.scalars]) for event in steps] == [(1, [*tags]), (2, [*tags])]


def test_record_with_several_scalars_is_read(tmp_path: Path) -> None:
    write(tmp_path, [values(step, {"a": step, "b": -step}) for step in (1, 2, 3)])
    log = follow(tmp_path)
    assert log.points("a") == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert log.points("b") == [(1, -1.0), (2, -2.0), (3, -3.0)]


def test_more_tags_than_are_learnt_are_read(tmp_path: Path) -> None:
    tags = [f"layer{number:03}" for number in range(200)]
    write(tmp_path, [scalar(tag, step, step) for step in (1, 2) for tag in tags])
    log = follow(tmp_path)
    assert all(log.points(tag) == [(1, 1.0), (2, 2.0)] for tag in tags)


def test_tags_that_hold_the_bytes_of_their_numbers_are_read(tmp_path: Path) -> None:
    """Where a number stands is not taken from the first place that has its bytes."""
    time = struct.unpack("<d", b"aaaaaaaa")[0]
    value = struct.unpack("<f", b"aaaa")[0]
    tags = ("aaaaaaaaaaaa", "\x01\x01")
    write(tmp_path, [scalar(tag, 1, value, time) for tag in tags] + [scalar(tags[0], 9, 2.0, time)])
    log = follow(tmp_path)
    assert log.points(tags[0]) == [(1, pytest.approx(value)), (9, 2.0)]
    assert log.events[-1].time == time


def test_steps_out_of_order_and_twice_are_all_kept(tmp_path: Path) -> None:
    steps = [1, 2, 5, 4, 6, 6, 7]
    write(tmp_path, series("a", steps))
    assert [step for step, _ in follow(tmp_path).points("a")] == steps


def test_log_without_steps_keeps_all_points(tmp_path: Path) -> None:
    write(tmp_path, [scalar("a", 0, value, BEGAN + value) for value in (1.0, 2.0, 3.0)])
    assert [value for _, value in follow(tmp_path).points("a")] == [1.0, 2.0, 3.0]


def test_steps_that_no_curve_can_show_are_left_out_and_told(tmp_path: Path) -> None:
    write(tmp_path, [scalar("a", step, 1.0) for step in (1, -1, -(2**63), 2**63 - 1, 2)])
    log = follow(tmp_path)
    assert log.points("a") == [(1, 1.0), (2, 1.0)]
    assert len(log.alerts) == 1
    assert "below 0 or above 10¹²" in log.alerts[0]


# Several files.


def test_restart_without_purge_makes_what_it_repeats_void(tmp_path: Path) -> None:
    write(tmp_path, series("a", range(1, 100)))
    again = [scalar("a", step, -step, BEGAN + 200 + step) for step in range(50, 80)]
    write(tmp_path, again, number=1)
    log = follow(tmp_path)
    expected = [(s, float(s)) for s in range(1, 50)] + [(s, float(-s)) for s in range(50, 80)]
    assert log.points("a") == expected


def test_restart_makes_void_only_the_tags_that_it_repeats(tmp_path: Path) -> None:
    """One writer may count epochs for one tag, and steps for another."""
    write(tmp_path, [*series("a", range(1, 100)), scalar("f1", 3, 1.0, BEGAN + 100)])
    again = [scalar("f1", 4, 2.0, BEGAN + 200), scalar("a", 90, 0.0, BEGAN + 201)]
    write(tmp_path, again, number=1)
    log = follow(tmp_path)
    assert [step for step, _ in log.points("a")] == [*range(1, 91)]
    assert log.points("f1") == [(3, 1.0), (4, 2.0)]


def test_restart_with_purge_makes_all_tags_void(tmp_path: Path) -> None:
    write(tmp_path, [*series("a", range(1, 100)), *series("b", [60])])
    write(tmp_path, [start(50, BEGAN + 200), scalar("a", 55, 0.0, BEGAN + 201)], number=1)
    log = follow(tmp_path)
    assert [step for step, _ in log.points("a")] == [*range(1, 50), 55]
    assert log.points("b") == []


def test_purge_in_the_same_file_makes_earlier_records_void(tmp_path: Path) -> None:
    write(tmp_path, [*series("a", range(1, 10)), start(5, BEGAN + 20), *series("a", [5, 6])])
    assert [step for step, _ in follow(tmp_path).points("a")] == [1, 2, 3, 4, 5, 6]


def test_third_attempt_makes_void_what_both_before_had(tmp_path: Path) -> None:
    for number, steps in enumerate([range(1, 100), range(80, 120), range(40, 50)]):
        times = ((step, BEGAN + 1000 * number + step) for step in steps)
        write(tmp_path, [scalar("a", step, number, time) for step, time in times], number)
    found = follow(tmp_path).points("a")
    assert found == [(s, 0.0) for s in range(1, 40)] + [(s, 2.0) for s in range(40, 50)]


def test_restart_while_followed_makes_void_what_was_read(tmp_path: Path) -> None:
    write(tmp_path, series("a", range(1, 100)))
    log = follow(tmp_path)
    assert len(log.points("a")) == 99
    write(tmp_path, [scalar("a", 50, 0.0, BEGAN + 200)], number=1)
    log.update()
    log.update()
    assert [step for step, _ in log.points("a")] == [*range(1, 51)]
    assert log.anew == 1


def test_tag_that_begins_again_in_its_file_shows_the_newest(tmp_path: Path) -> None:
    folds = [scalar("a", step, fold, BEGAN + step) for fold in (1, 2, 3) for step in range(5)]
    write(tmp_path, folds)
    log = follow(tmp_path).update()
    assert [value for _, value in log.points("a")] == [3.0] * 5


def test_reading_again_takes_a_small_share_of_the_time(tmp_path: Path) -> None:
    path = write(tmp_path, series("a", range(5)))
    log = follow(tmp_path)
    for _ in range(3):
        append(path, b"".join(series("a", range(5))))
        log.update()
        log.reader.read(0.0)
    assert log.anew <= 3


def test_files_that_grow_together_void_nothing(tmp_path: Path) -> None:
    """Two ranks, or a training and an evaluation, write at the same time."""
    first = write(tmp_path, [scalar("a", step, 1.0) for step in range(1, 10)])
    second = write(tmp_path, [scalar("a", s, 2.0, BEGAN + s + 0.5) for s in range(1, 10)], number=1)
    log = follow(tmp_path)
    assert len(log.points("a")) == 18
    append(first, scalar("a", 10, 1.0))
    append(second, scalar("a", 10, 2.0, BEGAN + 10.5))
    assert len(log.update().points("a")) == 20


def test_file_taken_for_an_older_one_is_back_once_it_grows(tmp_path: Path) -> None:
    first = write(tmp_path, [scalar("a", step, 1.0) for step in range(1, 10)])
    write(tmp_path, [scalar("a", 5, 2.0, BEGAN + 100)], number=1)
    log = follow(tmp_path)
    assert len(log.points("a")) == 5
    append(first, scalar("a", 10, 1.0, BEGAN + 101))
    log.moment = 1e6
    log.update()
    log.update()
    assert len(log.points("a")) == 11


def test_files_in_subfolders_are_merged_by_time(tmp_path: Path) -> None:
    write(tmp_path / "one", [scalar("x", step, 1.0, BEGAN + 2 * step) for step in range(1, 5)])
    write(
        tmp_path / "two",
        [scalar("x", step, 2.0, BEGAN + 2 * step + 1) for step in range(1, 5)],
    )
    times = [event.time for event in follow(tmp_path).events if isinstance(event, Steps)]
    assert times == sorted(times)
    assert len(times) == 8


@pytest.mark.parametrize(
    ("folder", "tag", "name"),
    [
        (".", "loss/train", "loss/train"),
        ("validation", "epoch_loss", "validation/epoch_loss"),
        ("a_loss_train", "a/loss", "a/loss/train"),
        ("a/loss/train", "a/loss", "a/loss/train"),
        ("1796070815.3450477", "score", "score"),
    ],
)
def test_curves_of_subfolders_have_names(tmp_path: Path, folder: str, tag: str, name: str) -> None:
    write(tmp_path / folder, [scalar(tag, step, 1.0) for step in (1, 2)])
    file = next(iter(follow_names(tmp_path)))
    assert file == name


def follow_names(folder: Path) -> Iterator[str]:
    from engine.logs import event_folder

    for path in event_folder.event_files(folder):
        within = path.parent.relative_to(folder).as_posix().removeprefix(".")
        tags = {"validation": "epoch_loss", "": "loss/train", "1796070815.3450477": "score"}
        yield event_folder.curve_name(tags.get(within, "a/loss"), within)


def hyperparameters() -> bytes:
    """The record of the settings that `add_hparams` and Keras' callback write."""
    from engine.logs.event_message import event_class, hparams_class

    hparams = [
        {"key": b"lr", "value": {"number": 0.1}},
        {"key": b"optimizer", "value": {"text": b"sgd"}},
        {"key": b"nesterov", "value": {"truth": True}},
    ]
    told = hparams_class()(session_start={"hparams": hparams}).SerializeToString()
    plugin = {"plugin_data": {"plugin_name": b"hparams", "content": told}}
    value = {"tag": b"_hparams_/session_start_info", "metadata": plugin}
    event = event_class()(wall_time=BEGAN, summary={"value": [value]})
    return record(event.SerializeToString())


def test_hyperparameters_are_settings(tmp_path: Path) -> None:
    write(tmp_path, [hyperparameters(), *series("a", [1, 2])])
    log = follow(tmp_path)
    assert log.settings == {"lr": 0.1, "optimizer": "sgd", "nesterov": True}
    assert log.points("a") == [(1, 1.0), (2, 2.0)]


@pytest.mark.parametrize("seconds", [-5.0, 60.0])
def test_results_beside_hyperparameters_do_not_say_how_steps_count(
    tmp_path: Path, seconds: float
) -> None:
    """`SummaryWriter.add_hparams` writes its metrics at step 0, into a folder of their own."""
    write(tmp_path, series("a", [10, 20, 30]))
    result = scalar("hparam/score", 0, 0.5, BEGAN + seconds)
    write(tmp_path / "1796070815.3450477", [hyperparameters(), result])
    log = follow(tmp_path)
    assert log.points("a") == [(10, 10.0), (20, 20.0), (30, 30.0)]
    assert [value for _, value in log.points("hparam/score")] == [0.5]


# Files that grow, appear, change and go.


def test_growth_is_followed_and_a_half_row_waits(tmp_path: Path) -> None:
    path = write(tmp_path, [])
    path.touch()
    log = Followed(tmp_path)
    log.reader = EventFileReader(tmp_path, clock=lambda: log.moment, now=lambda: log.moment)
    assert log.update().events == []
    append(path, scalar("a", 1, 1.0))
    log.moment = log.reader.written_at
    assert log.update().points("a") == []  # the rest of its row may follow
    append(path, scalar("b", 1, 1.0) + scalar("a", 2, 2.0))
    log.update()
    assert log.points("a") == log.points("b") == [(1, 1.0)]
    log.moment = log.reader.written_at + 2 * REST_SECONDS
    assert log.update().points("a") == [(1, 1.0), (2, 2.0)]


def test_file_that_appears_later_is_read(tmp_path: Path) -> None:
    write(tmp_path, series("a", [1, 2]))
    log = follow(tmp_path)
    write(tmp_path / "late", [scalar("b", 3, 1.0)])
    assert log.update().points("late/b") == [(3, 1.0)]


def test_deleted_file_keeps_its_points(tmp_path: Path) -> None:
    path = write(tmp_path, series("a", [1, 2]))
    log = follow(tmp_path)
    path.unlink()
    assert log.update().points("a") == [(1, 1.0), (2, 2.0)]
    assert not log.alerts


def test_replaced_file_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path, series("a", [1, 2]))
    log = follow(tmp_path)
    other = write(tmp_path / "elsewhere", series("a", [1, 2, 3], factor=2.0))
    other.rename(path)
    assert log.update().points("a") == [(1, 2.0), (2, 4.0), (3, 6.0)]
    assert log.anew == 1


def test_damage_is_told_with_file_and_offset(tmp_path: Path) -> None:
    one, two, three = series("a", [5, 6, 7])
    path = write(tmp_path, [one, two[:-1] + bytes([two[-1] ^ 1]), three])
    log = follow(tmp_path)
    assert log.points("a") == [(5, 5.0), (7, 7.0)]
    told = f"{path.name} is damaged at byte {len(one)}: the checksum of a record is wrong"
    assert [alert.startswith(told) for alert in log.alerts] == [True]


def test_damage_is_told_though_no_number_can_be_read(tmp_path: Path) -> None:
    (one,) = series("a", [5])
    write(tmp_path, [b"\xff" + one[1:], one])
    log = follow(tmp_path).update().update()  # the end of a file may arrive late
    assert isinstance(log.events[0], RunStarted)
    assert ["is damaged at byte 0: the length" in alert for alert in log.alerts] == [True]


def test_record_that_is_no_event_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, [record(b"\xff\xff\xff"), *series("a", [1, 2])])
    log = follow(tmp_path)
    assert log.points("a") == [(1, 1.0), (2, 2.0)]
    told = f"{path.name} has a record at byte 0 "
    assert [alert.startswith(told) for alert in log.alerts] == [True]


def test_file_that_cannot_be_read_is_told_once_until_it_can_be_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, series("a", [1, 2]))
    log = follow(tmp_path)

    def refuse(path: Path) -> BinaryIO:
        raise PermissionError(13, "Permission denied", str(path))

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr("engine.regular_files.open_to_read", refuse)
            log.update().update().update()
        log.update()
    assert ["cannot be read" in alert for alert in log.alerts] == [True, True]
    assert log.points("a") == [(1, 1.0), (2, 2.0)]


def test_link_in_circles_hides_no_other_file(tmp_path: Path) -> None:
    path = write(tmp_path, series("a", [1, 2]))
    circle = path.with_name(f"{path.name}.circle")
    circle.symlink_to(circle)
    assert follow(tmp_path).points("a") == [(1, 1.0), (2, 2.0)]


def test_folders_are_looked_at_for_a_small_share_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of a log may hold thousands of pictures."""
    write(tmp_path, series("a", [1, 2]))
    looks: list[Path] = []
    log = Followed(tmp_path)

    def look(path: Path) -> list[Path]:
        looks.append(path)
        log.moment += 0.2
        return [*path.iterdir()]

    monkeypatch.setattr("engine.logs.event_folder.event_files", look)
    for _ in range(100):
        log.moment += 0.5
        log.update()
    assert 2 <= len(looks) <= 4


def test_one_file_is_a_log(tmp_path: Path) -> None:
    path = write(tmp_path, series("a", [1, 2]))
    write(tmp_path, series("b", [1, 2]), number=1)
    log = follow(path)
    assert log.points("a") == [(1, 1.0), (2, 2.0)]
    assert log.points("b") == []


def test_folder_without_event_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="has no event files of TensorBoard"):
        EventFileReader(tmp_path).read(1.0)
    with pytest.raises(RunError, match="cannot be read"):
        EventFileReader(tmp_path / "none").read(1.0)


def test_reading_stops_when_its_time_is_over(tmp_path: Path) -> None:
    write(tmp_path, series("a", range(1, 50_000)))
    moments = iter(range(10**6))
    reader = EventFileReader(tmp_path, clock=lambda: next(moments))
    news = reader.read(1)
    assert news.more
    assert 0 < len(news.events) < 20_000
    assert 0.0 < reader.read_share < 0.5
