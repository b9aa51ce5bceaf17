"""No verdict, and no sentence of `e` on the curves and the rate, contradicts its numbers."""

from __future__ import annotations

import re
import sys
from collections import Counter
from types import FrameType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inspection.output_range import Ending
from engine.numbers import percent, share, significant
from engine.protocol import events
from engine.protocol.events import Event, Health
from engine.recipes import schedule
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.schedule import Asked, Steering
from engine.run.history import History
from engine.run.layer_diagnosis import Diagnosis
from engine.training.training_text import ENDINGS
from tests import scripted
from tui.drawing import cells
from tui.panes.curves import curves_explanation
from tui.panes.machine.other_programs import taken_by_others
from tui.panes.rate import rate_explanation
from tui.screens.verdict import Verdict
from tui.screens.verdicts import LONGEST, RULES, fitting, verdict_row, verdicts
from tui.shared_text import GoOn

STEPS = 10  # in an epoch, as in `scripted.started`
GUESS = 1 / len(scripted.started().classes)

losses = st.none() | st.sampled_from([0.02, 0.3, 0.31, 0.5, 0.52, 1.0, 2.29, 2.31, 4.0])
shares = st.none() | st.sampled_from([0.0, 0.099, 0.1, 0.45, 0.87, 0.8704, 0.995, 1.0])
results = st.lists(st.tuples(losses, shares, losses, shares), max_size=9)
endings = st.sampled_from([None, "done", "stopped", "failed"])


def run(
    epochs: list[tuple[float | None, float | None, float | None, float | None]],
    ending: str | None,
    *more: Event,
) -> History:
    """A run of 40 epochs with these results: loss and accuracy in training, then in validation."""
    said: list[Event] = [scripted.started(epochs=40), *more]
    best = -1.0
    for number, (train_loss, train_top1, loss, top1) in enumerate(epochs, start=1):
        said.append(scripted.steps(STEPS * number))
        is_best = top1 is not None and top1 > best
        best = max(best, top1 or 0.0) if is_best else best
        said.append(
            msgspec.structs.replace(
                scripted.ended_epoch(number),
                train_loss=train_loss,
                train_top1=train_top1,
                loss=loss,
                top1=top1,
                best=is_best,
            )
        )
    if ending is not None:
        test = 0.5 if ending == "done" else msgspec.UNSET
        said.append(events.RunEnded(ending, test_top1=test, step=STEPS * len(epochs)))  # type: ignore[arg-type]
    history = History()
    history.fold(scripted.stamped(said))
    return history


def found(pattern: str, text: str) -> list[str]:
    """The groups of the only place that fits; empty if there is none."""
    places = re.findall(pattern, text)
    assert len(places) < 2, text
    return [*places[0]] if places and isinstance(places[0], tuple) else places


def test_a_run_that_stopped_before_it_had_a_plan_has_no_number_of_epochs() -> None:
    history = History()
    history.fold(scripted.stamped([events.RunEnded("stopped")]))
    assert verdicts(history)[0].text == "stopped before the first epoch"


@given(results, endings)
def test_verdicts_on_the_learning(
    epochs: list[tuple[float | None, float | None, float | None, float | None]],
    ending: str | None,
) -> None:
    history = run(epochs, ending)
    said = verdicts(history, GoOn("go on with:", "cnn-tui resume 4"))
    text = "\n".join(one.text for one in said)
    assert all(one.reason.endswith(".") for one in said)
    over = ending is not None
    assert not over or not re.search(r"overfits|learns|does not|gets worse| is worse", text)
    assert over or not re.search(r"overfitted|learned|did not|got worse| was worse", text)
    assert ("cnn-tui resume 4" in text) == (ending in ("stopped", "failed"))
    if not epochs:
        return
    last, known = history.epochs[-1], [e for e in history.epochs if e.loss is not None]
    pair = found(r"(?:loss\)|points): train ([\d.]+), val ([\d.]+ %)", text)
    assert not pair or pair == [percent(last.train_top1), share(last.top1)]
    since = found(r"since epoch (\d+)", text)
    if since:
        lowest = min(known, key=lambda e: e.loss or 0.0)
        assert int(since[0]) == lowest.epoch < last.epoch
        assert found(r"@(\d+)", text)[0] == str(last.epoch)
        assert (last.loss or 0.0) > (last.train_loss or 0.0)
        assert float(pair[0]) > float(pair[1].rstrip(" %"))
    gap = found(r"gap of ([\d.]+) points", text)
    assert not gap or float(gap[0]) == pytest.approx(float(pair[0]) - float(pair[1].rstrip(" %")))
    worse = found(r"worse than a guess: ([\d.]+) %, a guess has ([\d.]+) %", text)
    assert not worse or float(worse[0]) < float(worse[1]) == 100 * GUESS
    assert not worse or f"{worse[0]} %" == share(last.top1)
    best = found(r"best val ([\d.]+ %) in epoch (\d+)", text)
    best += found(r"val ([\d.]+ %), best ", text)
    assert not best or (history.best is not None and best[0] == share(history.best.top1))
    assert len(best) < 2 or (history.best is not None and int(best[1]) == history.best.epoch)
    rose = found(r"worse: loss ([\d.e-]+), was ([\d.e-]+) in epoch (\d+)", text)
    assert not rose or float(rose[0]) > float(rose[1])
    assert not rose or rose[1] == significant(history.epochs[int(rose[2]) - 1].train_loss)
    assert not ("learn" in text and rose)
    assert ("not a number" in text) == (last.loss is None)


@given(
    st.lists(st.tuples(st.sampled_from([1e-9, 0.1, 2e3]), st.sampled_from([0.0, 0.9])), max_size=6),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_verdicts_on_layers_and_machine(
    reports: list[tuple[float, float]], cpu: float, engine: float
) -> None:
    layers = tuple(
        Health(f"l{i}", gradient, 1e-3, 0.0, 1.0, dead)
        for i, (gradient, dead) in enumerate(reports)
    )
    load = events.Hardware(4, cpu, min(cpu, engine), 1, 2, 1, 10**12)
    history = run([(0.5, 0.5, 0.5, 0.5)], None, events.LayerHealth(layers), load)
    text = "\n".join(one.text for one in verdicts(history))
    judged = Diagnosis(history.health).verdicts.values()
    bad = [one.health.layer for one in judged if one.problem]
    counted = found(r"(\d+) of (\d+) layers (\w+)", text)
    assert counted == (
        [str(len(bad) or len(layers)), str(len(layers)), "unhealthy" if bad else "healthy"]
        if layers
        else []
    )
    assert not bad or found(r"unhealthy: (\w+) ", text)[0] in bad
    taken = taken_by_others(history)
    words = found(r"others take (.+)", text)
    assert bool(words) == bool(taken)
    about = found(r"^about (\d)0 %$", words[0]) if words else []
    assert not words or int(about[0]) / 10 == pytest.approx(min(0.9, taken), abs=0.0501)


@pytest.mark.parametrize(
    ("train_loss", "top1", "images", "said"),
    [
        (1.0, 0.09, 100, False),  # within the chance of 100 images
        (1.0, 0.09, 8_000, False),  # 3 deviations are 1.006 points
        (1.0, 0.09, 9_000, True),
        (1.0, 0.0, 100, True),
        (1.0, 0.0, 80, False),
        (2.3, 0.0, 10_000, False),  # it has not learned yet
        (None, 0.0, 10_000, False),
    ],
)
def test_worse_than_a_guess_is_more_than_chance(
    train_loss: float | None, top1: float, images: int, said: bool
) -> None:
    history = run([(train_loss, 0.5, 2.5, top1)], None)
    assert history.run is not None
    history.run = msgspec.structs.replace(history.run, validation_images=images)
    assert ("worse than a guess" in str(verdicts(history))) == said


def sized(history: History, *, train: int = 640, validation: int = 100) -> History:
    """The same run with so many images."""
    assert history.run is not None
    images = {"train_images": train, "validation_images": validation}
    history.run = msgspec.structs.replace(history.run, **images)
    return history


def everything_said(history: History) -> str:
    curves = [*curves_explanation.of_loss(history), *curves_explanation.of_accuracy(history)]
    return " ".join([str(verdicts(history)), *curves])


def test_a_validation_that_explodes_before_the_training_has_learned_is_unstable() -> None:
    early = [(2.25, 0.15, 2.2, 0.12), (2.1, 0.2, 1.98, 0.15)]
    late = [(2.05, 0.22, 4.0, 0.1), (2.0, 0.24, 9.0, 0.112), (2.0, 0.254, 11.8, 0.112)]
    history = sized(run([*early, *late], None), train=320, validation=80)
    text = everything_said(history)
    assert "validation is unstable: loss 11.8, lowest 1.98 in epoch 2" in text
    assert "lower learning rate, more steps an epoch, or a larger batch for batch norm" in text
    assert not re.search("overfits|by heart|Augmentation|knows its training images", text)


def test_a_network_at_a_guess_has_learned_nothing_that_carries_over() -> None:
    text = everything_said(run([(2.31, 0.1, 2.31, 0.11)], None))
    assert "close together" in text
    assert not re.search("what the network learns", text)
    learned = everything_said(run([(1.0, 0.7, 1.0, 0.7)], None))
    assert len(re.findall("what the network learns", learned)) == 2


@given(results, endings, st.sampled_from([80, 10_000]))
def test_only_a_network_that_has_learned_overfits(
    epochs: list[tuple[float | None, float | None, float | None, float | None]],
    ending: str | None,
    images: int,
) -> None:
    history = sized(run(epochs, ending), train=images, validation=images)
    text = everything_said(history)
    if not re.search(
        r"overfits since|overfitted since|(learns its|points by) \w* ?\w* ?heart", text
    ):
        return
    last = history.epochs[-1]
    train, top1 = last.train_top1 or 0.0, last.top1 or 0.0
    assert (last.train_loss or 0.0) < 0.75 * 2.3
    mean = (train + top1) / 2
    assert train - top1 > 3 * (mean * (1 - mean) * 2 / images) ** 0.5
    assert "is unstable" not in text


@pytest.mark.parametrize(
    ("top1", "images", "learns"),
    [(0.112, 80, False), (0.112, 10_000, True), (0.2, 80, False), (0.21, 80, True)],
)
def test_a_validation_within_chance_is_not_learning(top1: float, images: int, learns: bool) -> None:
    history = sized(run([(2.3, 0.1, 2.3, 0.0), (2.0, 0.2, 2.2, top1)], None), validation=images)
    text = str(verdicts(history))
    assert ("learns: " in text) == learns
    assert ("may be chance: a guess has 10.0 %" in text) == (not learns)


@pytest.mark.parametrize(
    ("fields", "epochs", "said"),
    [
        ({}, 3, False),  # 30 steps
        ({}, 10, True),
        ({"warmup": 12}, 11, False),
        ({"warmup": 12}, 12, True),
        ({"schedule": "onecycle"}, 11, False),  # the rate rises until step 119
        ({"schedule": "onecycle"}, 12, True),
    ],
)
def test_a_network_has_steps_at_the_full_rate_before_it_does_not_learn(
    fields: dict[str, object], epochs: int, said: bool
) -> None:
    history = run([(2.32, 0.1, 2.31, 0.1)] * epochs, None)
    assert history.run is not None
    recipe = build_recipe(settings={"epochs": 40, "schedule": "constant", "warmup": 0} | fields)
    history.run = msgspec.structs.replace(history.run, recipe=recipe)
    assert ("does not learn" in str(verdicts(history))) == said


def test_the_share_of_other_programs_does_not_jump() -> None:
    """The engine had 15 to 19 %, the others 81 to 85 %: the words changed each second."""
    said: list[Event] = []
    words = set()
    for i in range(40):
        said.append(events.Hardware(4, 1.0, 0.15 + 0.08 * (i % 2), 1, 2, 1, 10**12))
        if i >= 10:
            text = str(verdicts(run([(0.5, 0.5, 0.5, 0.5)], None, *said)))
            words.add(found(r"others take ([\w ]+%?)", text)[0])
    assert words == {"about 80 %"}


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("softmax", "the network ends in a softmax: remove it"),
        ("sigmoid", "the network seems to end in a sigmoid: remove it"),
        ("relu", "the network seems to end in a ReLU: remove it"),
    ],
)
def test_an_activation_after_the_logits_is_said_to_the_end(ending: Ending, text: str) -> None:
    alert = events.Alert("warning", events.ENDING, ENDINGS[ending], step=1)
    many = [(0.5, 0.5, 0.5, 0.5)] * 600  # more than the log keeps
    said = verdicts(run([(2.0, 0.5, 2.0, 0.5), *many], "done", alert))
    assert said[0].text == text
    assert said[0].reason[0].isupper()
    assert "Remove it, since" in said[0].reason
    assert "learned" in cells.text(verdict_row(said, 100))


@pytest.mark.parametrize(("step", "stays"), [(0, False), (20, True)])
def test_a_start_from_the_beginning_forgets_what_stood_after_the_logits(
    step: int, stays: bool
) -> None:
    alert = events.Alert("warning", events.ENDING, ENDINGS["softmax"], step=1)
    history = run([(2.0, 0.5, 2.0, 0.5)], None, alert)
    history.fold([events.Resumed("a1", 0, 1, step=step)])
    assert ("ends in a softmax" in str(verdicts(history))) == stays


def test_a_pause_is_no_fault_of_the_machine() -> None:
    load = events.Hardware(4, 1.0, 0.05, 1, 2, 1, 10**12)
    history = run([(0.5, 0.5, 0.5, 0.5)], None, load)
    assert history.steps is not None
    history.fold([msgspec.structs.replace(history.steps, waited=0.9)] * 130)
    assert "CPU shared" in str(verdicts(history))
    assert "waits for images" in str(verdicts(history))
    history.fold([events.Phase("paused")])
    assert "CPU shared" not in str(verdicts(history))
    assert "waits for images" not in str(verdicts(history))


def test_each_rule_is_computed_once() -> None:
    """A run of many epochs is judged at every redraw of the line."""
    history = run([(2.0, 0.2, 2.0, 0.2), (0.5, 0.9, 1.5, 0.5)], None)
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            calls[frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        verdicts(history)
    finally:
        sys.setprofile(before)
    assert {calls[rule.__name__] for rule in RULES} == {1}


@given(results, endings, st.integers(1, 220))
def test_the_line_holds_the_most_important_verdict_and_at_most_a_hundred_signs(
    epochs: list[tuple[float | None, float | None, float | None, float | None]],
    ending: str | None,
    width: int,
) -> None:
    said = verdicts(run(epochs, ending), GoOn("go on with:", "cnn-tui resume 4"))
    row = verdict_row(said, width)
    assert cells.width(row) == width
    assert len(cells.text(row).strip()) <= LONGEST
    kept = fitting(said, width)
    assert not kept or (kept[0].reason == said[0].reason and kept[0].text in cells.text(row))
    assert width < 80 or bool(kept) == bool(said), "at 80 columns there is a form that fits"


def test_a_long_line_leaves_out_what_is_less_important() -> None:
    said = [
        Verdict("error", "a" * 50, "A."),
        Verdict("note", "b" * 50, "B."),
        Verdict("note", "c", "C."),
    ]
    assert [one.text[0] for one in fitting(said, 200)] == ["a", "c"]
    narrow = [Verdict("error", "a" * 50, "A.", "short")]
    assert cells.text(verdict_row(narrow, 20)).strip() == "✗ short"


@given(results, endings)
def test_what_is_said_of_the_curves(
    epochs: list[tuple[float | None, float | None, float | None, float | None]],
    ending: str | None,
) -> None:
    history = run(epochs, ending)
    loss = " ".join(curves_explanation.of_loss(history))
    accuracy = " ".join(curves_explanation.of_accuracy(history))
    if not epochs:
        return
    last, known = history.epochs[-1], [e for e in history.epochs if e.loss is not None]
    written = {significant(last.train_loss), significant(last.loss)}
    above = found(r"Validation \(([\d.]+)\) lies above training \(([\d.]+)\)", loss)
    below = found(r"Validation \(([\d.]+)\) lies below training \(([\d.]+)\)", loss)
    assert not above or (float(above[0]) > float(above[1]) and {*above} == written)
    assert not below or (float(below[0]) < float(below[1]) and {*below} == written)
    lowest = found(r"lowest in epoch (\d+) and has risen", loss)
    if lowest:
        then = history.epochs[int(lowest[0]) - 1].loss
        assert then == min(e.loss or 0.0 for e in known) < (last.loss or 0.0)
    for words, sign in (("falls now", 1), ("has risen", -1)):
        moved = found(rf"it {words}, from ([\d.]+) to ([\d.]+) in (\d+) epochs", loss)
        if moved:
            before = history.epochs[last.epoch - 1 - int(moved[2])]
            assert moved[:2] == [significant(before.loss), significant(last.loss)]
            assert sign * (float(moved[0]) - float(moved[1])) > 0
    flat = found(r"hardly moved for (\d+) epochs", loss)
    if flat:
        before = history.epochs[last.epoch - 1 - int(flat[0])]
        assert last.loss == pytest.approx(before.loss, rel=0.021)
    gap = found(
        r"Training is at ([\d.]+) %, new images are at ([\d.]+) %: .* ([\d.]+) points", accuracy
    )
    assert not gap or float(gap[2]) == pytest.approx(float(gap[0]) - float(gap[1]))
    assert not gap or gap[:2] == [percent(last.train_top1), percent(last.top1)]
    best = found(r"The best was ([\d.]+) % at epoch (\d+)", accuracy)
    if best:
        assert history.best is not None
        assert best == [percent(history.best.top1), str(history.best.epoch)]
    assert ("test images" in accuracy) == (ending == "done")


rates = st.sampled_from([0.1, 0.05, 0.001])
plans = st.fixed_dictionaries(
    {
        "schedule": st.sampled_from(["constant", "step", "cosine", "onecycle", "linear"]),
        "lr": rates,
        "epochs": st.integers(1, 9),
        "warmup": st.sampled_from([0, 0, 2]),
        "milestones": st.just([2, 4, 8]),
        "gamma": st.sampled_from([0.1, 0.5]),
        "lr_floor": st.sampled_from([0.0, 1e-5, 5e-3]),
    }
)


def trained(recipe: Recipe, steps: int, drops: list[int], steering: Steering | None) -> History:
    """A run of this recipe after these steps, steered at its first step.

    `drops` are the epochs after which reduce-on-plateau multiplies the rate by 0.2.
    """
    start = msgspec.structs.replace(scripted.started(), recipe=recipe)
    said: list[Event] = [start]
    plan = schedule.plan(recipe, STEPS, steering)
    if steering is not None:
        first = schedule.learning_rate(plan, 0)
        asked, scale = steering.asked, steering.factor
        said.append(events.Steered(1.0, steering.epochs, first, scale=scale, asked=asked, step=0))
    for step in range(1, min(steps, plan.steps) + 1):
        plateau = 0.2 ** sum(epoch * STEPS < step for epoch in drops)
        rate = schedule.learning_rate(plan, step - 1, plateau)
        epoch = (step - 1) // STEPS + 1
        said.append(events.Steps(epoch, 0.5, 0.5, rate, 100.0, step=step))
        if step % STEPS == 0:
            ended = msgspec.structs.replace(scripted.ended_epoch(epoch), lr=rate)
            said.append(ended)
    if steps >= plan.steps:
        said.append(events.RunEnded("done", step=plan.steps))
    history = History()
    history.fold(scripted.stamped(said))
    return history


steerings = st.none() | st.builds(
    Steering,
    epochs=st.integers(1, 9),
    factor=st.sampled_from([1.0, 0.5]),
    asked=st.none() | st.builds(Asked, step=st.just(0), rate=rates),
)


@given(plans, st.integers(1, 95), st.lists(st.integers(1, 8), unique=True, max_size=4), steerings)
def test_what_is_said_of_the_rate(
    fields: dict[str, object], steps: int, drops: list[int], steering: Steering | None
) -> None:
    history = trained(build_recipe(settings=fields), steps, drops, steering)
    text = " ".join(rate_explanation.sentences(history))
    plan, rate = history.plan, history.rate
    assert plan is not None
    assert rate is not None
    following = history.epoch * STEPS
    soon = history.planned_rate(following) if following < plan.steps else None
    moves = found(
        r"It (?:is still warming up|rises|falls), from ([\d.e-]+) now to ([\d.e-]+)", text
    )
    stays = found(r"It stays at ([\d.e-]+\d)", text)
    if history.ended is not None or soon is None:
        assert not moves
        assert not stays
        assert f"{significant(rate)}" in text
    else:
        assert bool(moves) != bool(stays)
    if moves:
        assert soon is not None
        assert moves == [significant(rate), significant(soon)]
        assert ("It falls" in text) == (soon < rate)
    if stays:
        assert stays == [significant(rate)]
        assert soon == pytest.approx(rate, rel=0.006)
    peak = found(r"highest value of the run was ([\d.e-]+\d)", text)
    assert not peak or float(peak[0]) >= 0.99 * rate
    change = found(r"In epoch (\d+) it changed from ([\d.e-]+) to ([\d.e-]+\d)", text)
    if change:
        epoch = int(change[0])
        ended = {e.epoch: e.lr for e in history.epochs}
        assert change[1:] == [significant(ended[epoch - 1]), significant(ended.get(epoch, rate))]
        assert all(lr == pytest.approx(rate, rel=0.006) for e, lr in ended.items() if e >= epoch)


def test_the_first_moment_of_a_run_blames_no_other_program() -> None:
    """Its sample is a mean over some milliseconds, in which the viewer drew its first frame."""
    start = scripted.stamped([scripted.started(epochs=40), scripted.steps(1)])
    sample = events.Hardware(2, 0.9, 0.37, 1, 2, 1, 10**12)
    early = msgspec.structs.replace(sample, seq=3, time=start[0].time + 0.1)
    history = History()
    history.fold([*start, early])
    assert "others take" not in str(verdicts(history))
    assert taken_by_others(history) == 0
    history.fold([msgspec.structs.replace(sample, seq=4, time=early.time + 2.0)])
    assert "others take about 50 %" in str(verdicts(history))
