"""Whatever the run and the size: exactly `height` rows of exactly `width` cells, no exception."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from engine import events
from engine.events import Event, Layer, PhaseName
from engine.history import History
from engine.recipe import Recipe, Resolved
from tests.drawing import examples
from tui.drawing import cells
from tui.drawing.axis import epoch_span, epoch_ticks, gutter
from tui.drawing.cells import Row, Span
from tui.drawing.confusion import confusion_facts, confusion_foot, confusion_pane
from tui.drawing.curves import curve_pane
from tui.drawing.facts import accuracy_facts, loss_facts
from tui.drawing.frame import frame, room, tabs
from tui.drawing.layers import layer_facts, layer_table
from tui.drawing.log import log_line, log_pane
from tui.drawing.machine import machine_pane
from tui.drawing.maps import maps_facts, maps_foot, maps_pane
from tui.drawing.rate import rate_facts, rate_pane, rate_strip
from tui.drawing.series import (
    accuracy_limits,
    accuracy_series,
    epochs_done,
    loss_limits,
    loss_series,
)
from tui.drawing.status import progress_row, status_row

Draw = Callable[[History, int, int], list[Row]]


def _span(history: History) -> int:
    return epoch_span(epochs_done(history), history.epochs_planned)


def _loss(history: History, width: int, height: int) -> list[Row]:
    series = loss_series(history)
    limits = loss_limits(series, len(history.classes))
    return curve_pane(series, width, height, span=_span(history), limits=limits)


def _accuracy(history: History, width: int, height: int) -> list[Row]:
    series = accuracy_series(history)
    limits = accuracy_limits(series)
    return curve_pane(series, width, height, span=_span(history), limits=limits)


PANES: dict[str, Draw] = {
    "loss": _loss,
    "accuracy": _accuracy,
    "rate": lambda h, w, t: rate_pane(h, w, t, span=_span(h)),
    "layers": lambda h, w, t: layer_table(h.run.layers if h.run else (), w, t, first=2),
    "confusion": lambda h, w, t: confusion_pane(h.confusion, h.classes, w, t),
    "counts": lambda h, w, t: confusion_pane(h.confusion, h.classes, w, t, in_counts=True),
    "maps": lambda h, w, t: maps_pane(h.maps, "conv1", h.classes, w, t),
    "machine": machine_pane,
    "log": lambda h, w, t: log_pane(h.log, w, t, examples.clock),
    "status": lambda h, w, t: [status_row(h, w, h.last_time, t > 15, examples.clock)],
    "progress": lambda h, w, t: [progress_row(h, w)],
    "strip": lambda h, w, t: [rate_strip(h.plan, h.step, w, h.plateau_factor)],
    "news": lambda h, w, t: [log_line(h, w, examples.clock)],
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
gpu = st.builds(
    events.Gpu, st.integers(0, 9), words, st.booleans(), st.floats(), counts, counts, number
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
any_number_of = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def _controls(rows: list[Row]) -> list[str]:
    """The characters that could steer a terminal."""
    drawn = "".join(cells.text(row) for row in rows)
    return [c for c in drawn if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@any_number_of
@given(histories, st.integers(1, 60), st.integers(1, 30))
def test_each_pane_fills_its_size_exactly(history: History, width: int, height: int) -> None:
    for name, draw in PANES.items():
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
        layer_facts(history.run, facts),
        confusion_facts(history.confusion, history.classes, facts),
        maps_facts(feature_maps, history.classes, facts),
    ]
    bottoms: list[Row] = [
        epoch_ticks(_span(history), inside[0], gutter(inside[0]), {3.0: Span("◆", "good")}),
        confusion_foot(history.confusion, history.classes, *inside),
        maps_foot(feature_maps),
    ]
    for top in tops:
        assert cells.width(top) <= facts
        for bottom in bottoms:
            rows = frame(
                [], width, height, title=title, facts=top, foot=bottom, foot_right=top, focused=True
            )
            assert [cells.width(row) for row in rows] == [width] * height
