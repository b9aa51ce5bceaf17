"""Writes the numbers of a run as curves for TensorBoard.

The file leaves out events that a resume superseded, so its steps never fall and every reader gets
the same curves: TensorBoard's own loader in Python ignores `purge_step`.

All curves are over steps. The results of an epoch stand at its last step.
"""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine import regular_files, text
from engine.errors import UsageError
from engine.export import numbers_text
from engine.run.journal_search import last_seq
from engine.run.reports import Numbers, all_reports, numbers_of
from engine.run.run_paths import RunDir
from engine.run.target_files import check_target, check_target_folder
from engine.run.whole_file import made_folder, whole_file

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata

# TensorBoard reads files with `tfevents` in their name.
FILE = "events.out.tfevents.cnn-tui"
# The tags of these numbers. TensorBoard shows tags with the same word before the slash together.
TAGS: Mapping[str, str] = {
    "step_loss": "loss/step",
    "train_loss": "loss/train",
    "loss": "loss/validation",
    "test_loss": "loss/test",
    "step_top1": "top1/step",
    "train_top1": "top1/train",
    "top1": "top1/validation",
    "test_top1": "top1/test",
}
# The charts of the page "Custom scalars", which show several curves in one.
CHARTS = {"loss": ("loss/step", "loss/validation"), "top1": ("top1/step", "top1/validation")}


class Curves(NamedTuple):
    """What was written: the tags of the curves, and the number of reports."""

    tags: tuple[str, ...]
    reports: int


def check_folder(folder: Path, *, force: bool) -> None:
    """Raise UsageError where `write_events` cannot write, or would replace or mix curves."""
    if importlib.util.find_spec("tensorboard") is None:
        raise UsageError(text.needs_packages("--tensorboard", ["tensorboard"]))
    check_target_folder(folder, "--tensorboard")
    for path in sorted(folder.glob("*tfevents*")):
        if path.name != FILE:
            raise UsageError(numbers_text.foreign_events(folder, path.name))
    if os.path.isdir(folder):
        check_target(folder / FILE, force=force)


def write_events(run: RunDir, folder: Path) -> Curves:
    """Write the event file of a run into a folder, which is made if it is not there.

    Raises UsageError if there are no numbers, and RunError if the file cannot be written.
    """
    from tensorboard.summary.writer.record_writer import RecordWriter

    until = last_seq(run.journal)
    newest: dict[str, int] = {}
    reports = 0
    with made_folder(folder), whole_file(folder / FILE) as file:
        writer = RecordWriter(file)
        for report in all_reports(run.journal, until):
            if not reports:
                for event in _head(run, report.time):
                    writer.write(event.SerializeToString())
            writer.write(_event(numbers_of(report), newest).SerializeToString())
            reports += 1
        if not reports:
            raise UsageError(numbers_text.no_numbers(run.label))
    return Curves(tuple(newest), reports)


def tag_of(name: str) -> str:
    """The tag of a number, or of a scalar."""
    taken = name not in TAGS and name in TAGS.values()
    return f"scalar/{name}" if taken else TAGS.get(name, name)


def _event(numbers: Numbers, newest: dict[str, int]) -> Event:
    """One report; `newest` holds the last step of each tag, which has one value there.

    At the end of an epoch two reports give the rate and the speed of the same step.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    step, moment = int(numbers.pop("step") or 0), numbers.pop("time") or 0.0
    values = []
    for name, value in numbers.items():
        tag = tag_of(name)
        if newest.get(tag) != step:
            newest[tag] = step
            values.append(Summary.Value(tag=tag, simple_value=math.nan if value is None else value))
    return Event(wall_time=moment, step=step, summary=Summary(value=values))


def _head(run: RunDir, began: float) -> Iterator[Event]:
    """The version of the file, the recipe as a text, and the charts of several curves."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.custom_scalar import metadata as charts
    from tensorboard.plugins.text import metadata as texts

    written = regular_files.read_text(run.recipe, errors="replace")
    recipe = "".join(f"    {line}\n" for line in written.splitlines())  # as code in Markdown
    values = [
        _text("recipe", recipe.encode(), texts.create_summary_metadata("recipe", "")),
        _text(charts.CONFIG_SUMMARY_TAG, _charts(), charts.create_summary_metadata()),
    ]
    yield Event(wall_time=began, file_version="brain.Event:2")
    yield Event(wall_time=began, summary=Summary(value=values))


def _text(tag: str, content: bytes, metadata: SummaryMetadata) -> Summary.Value:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    tensor = TensorProto(dtype=DT_STRING, string_val=[content])
    return Summary.Value(tag=tag, metadata=metadata, tensor=tensor)


def _charts() -> bytes:
    """The layout of the page "Custom scalars"."""
    from tensorboard.plugins.custom_scalar.layout_pb2 import (
        Category,
        Chart,
        Layout,
        MultilineChartContent,
    )

    shown = [
        Chart(title=title, multiline=MultilineChartContent(tag=[f"^{tag}$" for tag in tags]))
        for title, tags in CHARTS.items()
    ]
    layout = Layout(category=[Category(title="training and validation", chart=shown)])
    return bytes(layout.SerializeToString())
