"""Writes event files of TensorBoard: records of events, as the writers of the frameworks do."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.logs.event_message import event_class
from engine.logs.event_records import masked_crc
from engine.protocol.events import Event
from engine.protocol.step_columns import LogEvent, StepColumns

BEGAN = 1.7e9


def record(content: bytes) -> bytes:
    """A record of an event file, with its checksums."""
    length = struct.pack("<Q", len(content))
    crcs = [struct.pack("<I", masked_crc(each)) for each in (length, content)]
    return length + crcs[0] + content + crcs[1]


def scalar(tag: str, step: int, value: float, time: float | None = None) -> bytes:
    """The record of one scalar; its time is the step's without one."""
    return values(step, {tag: value}, time)


def values(step: int, numbers: Mapping[str, float], time: float | None = None) -> bytes:
    """The record of several scalars."""
    told = [{"tag": tag.encode(), "simple_value": value} for tag, value in numbers.items()]
    wall_time = BEGAN + step if time is None else time
    event = event_class()(wall_time=wall_time, step=step, summary={"value": told})
    return record(event.SerializeToString())


def tensor(tag: str, step: int, fields: Mapping[str, object], plugin: bytes = b"scalars") -> bytes:
    """The record of a tensor, as TensorFlow 2 writes scalars."""
    metadata = {"plugin_data": {"plugin_name": plugin}}
    value = {"tag": tag.encode(), "tensor": fields, "metadata": metadata}
    event = event_class()(wall_time=BEGAN + step, step=step, summary={"value": [value]})
    return record(event.SerializeToString())


def start(step: int, time: float) -> bytes:
    """The record of a writer that goes on from this step, from which on all before is void."""
    event = event_class()(wall_time=time, step=step, session_log={"status": 1})
    return record(event.SerializeToString())


def write(folder: Path, records: Iterable[bytes], number: int = 0) -> Path:
    """Write an event file; later ones of a folder have higher numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"events.out.tfevents.{1_700_000_000 + number}.host.1.{number}"
    path.write_bytes(b"".join(records))
    return path


def one_by_one(told: Iterable[LogEvent]) -> list[Event]:
    """What a reader tells, with an event for each row."""
    return [
        event
        for each in told
        for event in (each.reports() if isinstance(each, StepColumns) else [each])
    ]


def append(path: Path, records: bytes) -> None:
    with path.open("ab") as file:
        file.write(records)
