"""The files of `cnn-tui export` as pandas and the loaders of TensorBoard read them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.export import csv_file, event_file
from engine.protocol import events
from engine.protocol.events import Event
from engine.run import reports
from engine.run.run_paths import RunDir
from tests import processes, scripted

pytestmark = pytest.mark.extras
pandas = pytest.importorskip("pandas", reason="make test-extras installs it")
pytest.importorskip("tensorboard", reason="make test-extras installs it")

DOC = Path(__file__).parents[2] / "docs/numbers.md"
Points = list[tuple[int, float]]
BROKEN = 25


def events_of_a_run() -> list[Event]:
    """A run that was resumed, with scalars, a step whose loss is not finite, and a test."""
    said = [
        replace(event, loss=None, scalars={"loss/step": 1.5, "gradient norm": 0.5})
        if isinstance(event, events.Steps) and event.step == BROKEN and event.loss == 7.0
        else event
        for event in scripted.resumed(scripted.half_a_run())
    ]
    done = events.RunEnded("done", 3, 0.95, test_loss=0.4, test_top1=0.93, step=30)
    return [*said, done]


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return scripted.run_dir(tmp_path / "runs", events_of_a_run())


def test_pandas_reads_a_table_of_numbers(run: RunDir) -> None:
    csv_file.write_csv(run, Path("a.csv"))
    table = pandas.read_csv("a.csv")
    assert [*table.columns] == [*reports.NAMES, "loss/step", "gradient norm"]
    assert all(kind.kind in "if" for kind in table.dtypes)
    assert table.step.is_monotonic_increasing
    assert [*table[table.best.notna()].top1] == pytest.approx([0.85, 0.9, 0.95])
    broken = table[(table.step == BROKEN)].iloc[0]
    assert math.isnan(broken.step_loss)
    assert broken["gradient norm"] == 0.5
    by_epoch = table.groupby("epoch").mean()
    assert by_epoch.loc[3].step_loss == 7.0
    assert by_epoch.loc[3].test_top1 == 0.93
    began = pandas.to_datetime(table.time, unit="s")
    assert str(began.iloc[0]) == "2023-11-14 22:13:23"


def accumulated(folder: Path) -> Mapping[str, Points]:
    """The curves as people's scripts read them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    reader.Reload()
    return {
        tag: [(event.step, event.value) for event in reader.Scalars(tag)]
        for tag in reader.Tags()["scalars"]
    }


def of_provider(provider: Any) -> Mapping[str, Points]:
    from tensorboard.context import RequestContext
    from tensorboard.plugins.scalar import metadata

    found = provider.read_scalars(
        RequestContext(), experiment_id="", plugin_name=metadata.PLUGIN_NAME, downsample=10**6
    )
    (curves,) = found.values()
    return {tag: [(point.step, point.value) for point in curve] for tag, curve in curves.items()}


def slowly_loaded(folder: Path) -> Mapping[str, Points]:
    """The curves as TensorBoard shows them that loads in Python."""
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer

    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    return of_provider(data_provider.MultiplexerDataProvider(multiplexer, str(folder)))


def fast_loaded(folder: Path) -> Mapping[str, Points]:
    """The curves as TensorBoard shows them by default."""
    from tensorboard.data import grpc_provider, server_ingester
    from tensorboard.util.grpc_util import ChannelCredsType

    binary = server_ingester.get_server_binary()
    port = Path("port")
    options = (f"--logdir={folder}", "--reload=once", "--port=0", f"--port-file={port}")
    server = processes.start_process(binary.path, *options, "--samples-per-plugin=scalars=all")
    processes.wait_for(lambda: port.exists() and port.read_text().endswith("\n"), server)
    address = f"localhost:{port.read_text().strip()}"
    stub = server_ingester._make_stub(address, ChannelCredsType.LOCAL)
    provider = grpc_provider.GrpcDataProvider(address, stub)
    found: Mapping[str, Points] = {}

    def has_read() -> bool:
        nonlocal found
        try:
            found = of_provider(provider)
        except ValueError:  # no run yet
            return False
        return "loss/test" in found  # the last one of the file

    processes.wait_for(has_read, server)
    return found


@pytest.mark.parametrize("load", [accumulated, slowly_loaded, fast_loaded])
def test_every_loader_gets_the_same_curves(
    run: RunDir, load: Callable[[Path], Mapping[str, Points]]
) -> None:
    written = event_file.write_events(run, Path("tb"))
    curves = load(Path("tb"))
    assert {*curves} == {*written.tags}
    assert all(
        points == sorted(set(points)) for tag, points in curves.items() if tag != "loss/step"
    )
    steps = dict(curves["loss/step"])
    assert [*steps] == [*range(1, 31)]
    assert math.isnan(steps.pop(BROKEN))
    assert {value for step, value in steps.items() if step > 20} == {7.0}
    assert dict(curves["top1/validation"]) == pytest.approx({10: 0.85, 20: 0.9, 30: 0.95})
    assert curves["scalar/loss/step"] == [(BROKEN, 1.5)]
    assert curves["gradient norm"] == [(BROKEN, 0.5)]
    assert dict(curves["top1/test"]) == pytest.approx({30: 0.93})
    assert [step for step, _ in curves["lr"]] == [*range(1, 31)]


def test_a_run_of_a_million_steps_is_read_whole(tmp_path: Path) -> None:
    steps_per_epoch, every = 5_000, 250
    said: list[Event] = [scripted.started()]
    for step in range(every, 1_000_001, every):
        epoch = (step - 1) // steps_per_epoch + 1
        said.append(replace(scripted.steps(step, loss=1.0 / step), epoch=epoch))
        if step % steps_per_epoch == 0:
            said.append(replace(scripted.ended_epoch(epoch), step=step))
    run = scripted.run_dir(tmp_path / "runs", said)
    csv_file.write_csv(run, Path("a.csv"))
    event_file.write_events(run, Path("tb"))
    table, curves = pandas.read_csv("a.csv"), accumulated(Path("tb"))
    assert (len(table), table.step.iloc[-1]) == (4_200, 1_000_000)
    assert [step for step, _ in curves["loss/step"]] == [*range(every, 1_000_001, every)]
    assert [step for step, _ in curves["top1/validation"]] == [*table[table.best.notna()].step]
    assert dict(curves["loss/step"])[1_000_000] == pytest.approx(1e-6)


def test_the_recipe_and_the_charts_are_there(run: RunDir) -> None:
    from tensorboard.backend.event_processing import plugin_event_accumulator
    from tensorboard.plugins.custom_scalar import layout_pb2

    event_file.write_events(run, Path("tb"))
    reader = plugin_event_accumulator.EventAccumulator("tb")
    reader.Reload()
    assert reader.PluginTagToContent("text").keys() == {"recipe"}
    (recipe,) = reader.Tensors("recipe")[0].tensor_proto.string_val
    assert b'    arch = "' in recipe
    (tag,) = reader.PluginTagToContent("custom_scalars")
    (content,) = reader.Tensors(tag)[0].tensor_proto.string_val
    layout = layout_pb2.Layout.FromString(content)
    assert [chart.title for chart in layout.category[0].chart] == ["loss", "top1"]


def test_times_are_those_of_the_run(run: RunDir) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    event_file.write_events(run, Path("tb"))
    reader = EventAccumulator("tb")
    reader.Reload()
    assert reader.FirstEventTimestamp() == scripted.START + 3
    assert reader.Scalars("lr")[0].wall_time == scripted.START + 3


def test_the_documented_lines_read_the_table(
    run: RunDir, capsys: pytest.CaptureFixture[str]
) -> None:
    csv_file.write_csv(run, Path("numbers.csv"))
    (code,) = re.findall(r"```python\n(.*?)```", DOC.read_text(), re.DOTALL)
    exec(code, {})
    said = capsys.readouterr().out
    assert "train_loss  loss  top1" in said
    assert said.endswith("\n2023-11-14 22:14:07\n")
