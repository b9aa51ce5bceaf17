"""Whatever the run and the size: exactly `height` rows of exactly `width` cells, no exception."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from engine.protocol import events
from engine.protocol.events import Event, Layer, PhaseName
from engine.recipes.recipe import Recipe, Resolved
from engine.run.history import History
from engine.run.layer_diagnosis import Diagnosis
from tests.drawing import examples
from tui.drawing import cells, place_words
from tui.drawing.axis import Limits, epoch_span, epoch_ticks, gutter, newest
from tui.drawing.cells import Row
from tui.drawing.curve_facts import CursorReading, accuracy_facts, cursor_facts, loss_facts
from tui.drawing.curves import curve_pane
from tui.drawing.frame import frame, room, tabs
from tui.drawing.learning_rate import rate_cursor_facts, rate_facts, rate_pane, rate_strip
from tui.drawing.log_lines import log_line, log_pane
from tui.drawing.series import (
    Series,
    accuracy_scale,
    accuracy_series,
    curve_line,
    epochs_done,
    in_detail,
    loss_scale,
    loss_series,
    smoothed,
    within,
)
from tui.drawing.status_rows import progress_row, status_row
from tui.panes.base.axis_marks import event_marks
from tui.panes.confusion.confusion_border import confusion_facts, confusion_foot
from tui.panes.confusion.confusion_drawing import confusion_pane
from tui.panes.confusion.matrix_view import MatrixView as Looked
from tui.panes.layers.layer_columns import LayerTable, LayerView
from tui.panes.layers.layer_rows import explanation, layer_facts, layer_pane
from tui.panes.layers.stage_tree import opened_at_first
from tui.panes.machine.machine_rows import machine_pane
from tui.panes.maps.kernel_rows import kernels_pane
from tui.panes.maps.map_border import maps_facts, maps_foot, maps_range
from tui.panes.maps.map_rows import MapView, maps_pane
from tui.panes.scalars.scalar_drawing import INKS, Scalar, scalar_pane
from tui.panes.scalars.scalar_drawing import scale_for as scalar_scale
from tui.shared_text import GoOn
from tui.terminal.viewer_cost import ViewerCost

Draw = Callable[[History, int, int], list[Row]]
MATRIX = Looked(kind="matrix", selected=(1, 0), turn=1)
PAIRS = Looked(kind="pairs", selected=(7, 6), turn=2, wanted="a")
REPORT = Looked(kind="report", selected=(3, 3))

GO_ON = GoOn("go on with:", "cnn-tui resume 4")


def _whole(history: History) -> Limits:
    return 0.0, float(epoch_span(epochs_done(history), history.epochs_planned))


def _recent(history: History) -> Limits:
    return newest(epochs_done(history), int(_whole(history)[1]))


def _loss(history: History, width: int, height: int) -> list[Row]:
    scale = loss_scale(loss_series(history), len(history.classes))
    return curve_pane(loss_series(history), width, height, window=_whole(history), scale=scale)


def _recent_loss(history: History, width: int, height: int) -> list[Row]:
    """As with all keys pressed: smoothed, logarithmic, recent, and with a cursor."""
    window = _recent(history)
    detail = in_detail(loss_series(history), history.steps_per_epoch)
    series = within(smoothed(detail, 0.9, window), window)
    scale = loss_scale(series, len(history.classes), log=True, close=True)
    return curve_pane(series, width, height, window=window, scale=scale, cursor=window[1])


def _accuracy(history: History, width: int, height: int) -> list[Row]:
    series = accuracy_series(history)
    scale = accuracy_scale(series)
    return curve_pane(series, width, height, window=_whole(history), scale=scale)


def _recent_rate(history: History, width: int, height: int) -> list[Row]:
    window = _recent(history)
    return rate_pane(history, width, height, window=window, cursor=window[0])


def _layers(history: History, width: int, height: int) -> list[Row]:
    table = LayerTable(history.run.layers if history.run else (), 32)
    view = LayerView(opened_at_first(table.tree), 1 if len(table.tree) > 1 else None, 2)
    return layer_pane(table, Diagnosis(history.health), view, width, height, "later")


def _explanation(history: History) -> Row:
    table = LayerTable(history.run.layers if history.run else (), 32)
    return explanation(table, Diagnosis(history.health), 0) if table.tree else ()


def _scalars(history: History, width: int, height: int) -> list[Row]:
    """All curves at once, as far as they fit, on logarithmic axes and with a cursor."""
    window, found = _recent(history), list[Scalar]()
    for place, (name, curve) in enumerate(history.scalars.items()):
        line = within(Series(curve_line(history, curve), [], []), window).line
        shown = place if place < len(INKS) else None
        found.append(Scalar(name, curve.last, shown, line, scalar_scale(line, log=width % 2 > 0)))
    at = len(found) // 2
    return scalar_pane(found, at, width, height, window=window, cursor=window[0])


DRAWINGS: dict[str, Draw] = {
    "scalars": _scalars,
    "loss": _loss,
    "accuracy": _accuracy,
    "recent loss": _recent_loss,
    "rate": lambda h, w, t: rate_pane(h, w, t, window=_whole(h)),
    "recent rate": _recent_rate,
    "layers": _layers,
    "confusion": lambda h, w, t: confusion_pane(h.confusion, h.classes, w, t),
    "counts": lambda h, w, t: confusion_pane(h.confusion, h.classes, w, t, Looked(in_counts=True)),
    "matrix": lambda h, w, t: confusion_pane(h.confusion, h.classes, w, t, MATRIX),
    "pairs": lambda h, w, t: confusion_pane(h.confusion, h.classes, w, t, PAIRS),
    "report": lambda h, w, t: confusion_pane(h.confusion, h.classes, w, t, REPORT),
    "maps": lambda h, w, t: maps_pane(h.maps.get("conv1"), h.classes, w, t),
    "blocks": lambda h, w, t: maps_pane(
        h.maps.get("conv1"), h.classes, w, t, MapView(3, strongest=True, coloured=True)
    ),
    "kernels": lambda h, w, t: kernels_pane(examples.kernels(w % 14), w, t, first=3),
    "machine": machine_pane,
    "cost": lambda h, w, t: machine_pane(h, w, t, ViewerCost(w / 7, 1e9 / t), "anna"),
    "log": lambda h, w, t: log_pane(h.log, w, t, examples.clock),
    "filtered log": lambda h, w, t: log_pane(h.log, w, t, examples.clock, first=2, wanted="e"),
    "status": lambda h, w, t: [status_row(h, w, h.last_time, examples.clock)],
    "progress": lambda h, w, t: [progress_row(h, w)],
    "strip": lambda h, w, t: [rate_strip(h, w)],
    "news": lambda h, w, t: [log_line(h, w, examples.clock, GO_ON if t % 2 else None)],
}
ONE_ROW = ("status", "progress", "strip", "news")

number = st.none() | st.floats() | st.sampled_from([0.0, 0.5, 2.3, 1e300, -1.0])
unmeasured = number | st.just(UNSET)
words = st.text(max_size=12) | st.sampled_from(["狗", "\x1b[31m", "layer1.0.conv1", ""])
counts = st.integers(0, 10**7)
steps = st.integers(0, 4000)

layer = st.builds(
    Layer, words, words, words, st.lists(counts, max_size=3).map(tuple), counts, counts
)
health = st.builds(events.Health, words, number, number, number, number, number)
started = st.builds(
    events.RunStarted,
    attempt=words,
    name=words,
    recipe=st.builds(
        Recipe,
        epochs=st.integers(1, 200),
        schedule=st.sampled_from(["constant", "step", "cosine", "onecycle", "linear"]),
        warmup=st.floats(0, 5),
    ),
    resolved=st.builds(
        Resolved,
        device=st.just("cuda"),
        precision=st.just("bf16"),
        memory_format=st.just("contiguous"),
        threads=st.just(2),
        size=st.just(32),
    ),
    host=words,
    device=words,
    classes=st.lists(words, max_size=24).map(tuple),
    layers=st.lists(layer, max_size=8).map(tuple),
    parameters=counts,
    macs=counts,
    input=st.just((3, 32, 32)),
    train_images=counts,
    validation_images=counts,
    validation_is_test=st.booleans(),
    steps_per_epoch=st.integers(1, 300),
    planned_steps=steps,
    versions=st.just({}),
)
matrix = st.integers(0, 24).flatmap(
    lambda n: st.lists(
        st.lists(counts, min_size=n, max_size=n).map(tuple), min_size=n, max_size=n
    ).map(tuple)
)
sparse = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), counts), max_size=20)
picture = st.builds(
    events.Picture, st.integers(0, 4), st.integers(0, 8), st.integers(0, 8), st.text(max_size=40)
)
feature_map = st.builds(
    events.FeatureMap,
    st.integers(0, 300),
    st.integers(0, 8),
    st.integers(0, 8),
    number,
    number,
    st.binary(max_size=64).map(lambda data: examples.packed(data)),
)
holder = st.builds(events.Holder, words | st.just("anna"), counts)
gpu = st.builds(
    events.Gpu,
    st.integers(0, 9),
    words,
    st.booleans(),
    st.floats(),
    counts,
    counts,
    number,
    holders=st.lists(holder, max_size=3).map(tuple),
)
any_event: st.SearchStrategy[Event] = st.one_of(
    started,
    st.builds(
        events.Phase, name=st.sampled_from(get_args(PhaseName)), fraction=st.floats(), step=steps
    ),
    st.builds(
        events.Steps,
        step=steps,
        epoch=counts,
        loss=number,
        top1=number,
        lr=st.floats(),
        images_per_second=number,
        waited=unmeasured,
        scalars=st.dictionaries(words, number, max_size=6),
    ),
    st.builds(
        events.Steered,
        step=steps,
        factor=st.floats(1e-300, 1e300),
        epochs=st.integers(1, 200),
        lr=st.floats(0, 1000),
    ),
    st.builds(
        events.EpochEnded,
        step=steps,
        epoch=st.integers(1, 300),
        train_loss=number,
        train_top1=number,
        loss=number,
        top1=number,
        lr=st.floats(),
        seconds=st.floats(),
        evaluation_seconds=st.floats(0, 100),
        images_per_second=number,
        best=st.booleans(),
        top5=unmeasured,
    ),
    st.builds(events.LayerHealth, layers=st.lists(health, max_size=8).map(tuple)),
    st.builds(events.Confusion, epoch=counts, counts=matrix, sparse=sparse.map(tuple)),
    st.builds(
        events.FeatureMaps,
        layer=st.just("conv1"),
        shape=st.just((8, 4, 4)),
        image=counts,
        picture=picture,
        true=st.integers(0, 30),
        top=st.lists(st.tuples(st.integers(0, 30), number), max_size=5).map(tuple),
        maps=st.lists(feature_map, max_size=9).map(tuple),
    ),
    st.builds(
        events.Checkpointed,
        step=steps,
        file=words,
        epoch=counts,
        bytes=counts,
        seconds=st.floats(),
        reason=st.sampled_from(["epoch", "best", "command", "signal", "stop"]),
        top1=unmeasured,
    ),
    st.builds(events.Resumed, attempt=words, from_seq=counts, epoch=counts, step=steps),
    st.builds(
        events.Alert,
        level=st.sampled_from(["info", "warning", "error"]),
        code=words,
        text=words,
    ),
    st.builds(
        events.Hardware,
        cores=counts,
        cpu=st.floats(),
        engine_cpu=st.floats(),
        memory_used=counts,
        memory_total=counts,
        engine_memory=counts,
        disk_free=counts,
        gpus=st.lists(gpu, max_size=3).map(tuple),
    ),
    st.builds(
        events.RunEnded,
        step=steps,
        reason=st.sampled_from(["done", "stopped", "failed"]),
        best_epoch=counts | st.just(UNSET),
        best_top1=unmeasured,
        seconds=st.floats(),
        error=words,
    ),
)
histories = st.lists(any_event, max_size=25).map(examples.history)
made = (
    examples.half_done,
    examples.hundred_classes,
    examples.chinese,
    examples.just_started,
    examples.broken,
    examples.done,
    History,
)
histories |= st.sampled_from([make() for make in made])
any_number_of = settings(suppress_health_check=list(HealthCheck), derandomize=True)


def _controls(rows: list[Row]) -> list[str]:
    """The characters that could steer a terminal."""
    drawn = "".join(cells.text(row) for row in rows)
    return [c for c in drawn if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@any_number_of
@given(histories, st.integers(1, 60), st.integers(1, 30))
def test_each_pane_fills_its_size_exactly(history: History, width: int, height: int) -> None:
    for name, draw in DRAWINGS.items():
        rows = draw(history, width, height)
        assert len(rows) == (1 if name in ONE_ROW else height), name
        assert {cells.width(row) for row in rows} <= {width}, name
        assert not _controls(rows), name


@any_number_of
@given(histories, st.integers(1, 60), st.integers(1, 12))
def test_each_frame_fills_its_size_exactly(history: History, width: int, height: int) -> None:
    inside = max(0, width - 2), max(0, height - 2)
    title = tabs(["3 lr", "4 layers", "5 confusion"], 1)
    facts = room(width, title)
    feature_maps = history.maps.get("conv1")
    tops: list[Row] = [
        loss_facts(history, facts, 2.31),
        accuracy_facts(history, facts),
        rate_facts(history, facts),
        rate_cursor_facts(history, 1.5, 0.1, facts),
        cursor_facts(CursorReading(place_words.forms(history, 1.5), 0.5, None, ""), facts),
        layer_facts(history.run, facts),
        confusion_facts(history.confusion, history.classes, facts, "epoch 12"),
        maps_facts(feature_maps, history.classes, facts),
    ]
    bottoms: list[Row] = [
        epoch_ticks(_whole(history), inside[0], gutter(inside[0]), event_marks(history), 3.0),
        epoch_ticks(_recent(history), inside[0], gutter(inside[0]), event_marks(history)),
        confusion_foot(history.confusion, history.classes, *inside),
        confusion_foot(history.confusion, history.classes, *inside, MATRIX),
        confusion_foot(history.confusion, history.classes, *inside, REPORT),
        maps_foot(feature_maps, "epoch 12", inside[0], 3),
        _explanation(history),
        maps_range(feature_maps, *inside, MapView(2, strongest=True)),
    ]
    for top in tops:
        assert cells.width(top) <= facts
        for bottom in bottoms:
            rows = frame(
                [], width, height, title=title, facts=top, foot=bottom, foot_right=top, focused=True
            )
            assert [cells.width(row) for row in rows] == [width] * height
