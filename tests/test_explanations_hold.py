"""No sentence of `e` contradicts the numbers it is made from, whatever these numbers are."""

from __future__ import annotations

import math
import re
from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol import events
from engine.protocol.events import Event, Health
from engine.run.history import History
from engine.run.layer_diagnosis import DEAD, frozen, problems
from tests import scripted
from tui.drawing import cells
from tui.panes.layers.gradient_depth import depth_line
from tui.panes.layers.layers_pane import LayersPane
from tui.panes.pane_list import PANES

KINDS = {pane.NAME: pane for pane in PANES}
NAMES = ("cat", "猫", "dog of war", "a", "b")
measured = st.none() | st.sampled_from([0.0, 1e-12, 1e-6, 0.01, 0.3, 0.5, 1.0, 30.0, 2e3])
share = st.sampled_from([0.0, 0.001, 0.299, 0.3, 0.5, 0.95, 1.0])


def explained(pane: str, said: list[Event], classes: tuple[str, ...] = NAMES) -> str:
    """What `e` says of the pane with this name, after these events."""
    history = History()
    history.fold(scripted.stamped([scripted.started(classes), *said]))
    shown = KINDS[pane](1)
    shown.show(history, None)
    return " ".join(shown.explain())


def one(pattern: str, text: str) -> tuple[str, ...] | None:
    """The groups of the only place that fits; None if there is none."""
    found = re.findall(pattern, text)
    assert len(found) < 2, text
    return None if not found else found[0] if isinstance(found[0], tuple) else (found[0],)


def count(pattern: str, text: str) -> int:
    """The number in this sentence, where one is spelled out; 0 without the sentence."""
    found = one(pattern, text)
    return 0 if found is None else 1 if found[0].startswith("One") else int(found[0])


@given(
    st.integers(1, 5).flatmap(
        lambda many: st.lists(
            st.lists(st.sampled_from([0, 0, 1, 2, 17, 17, 1000]), min_size=many, max_size=many),
            min_size=many,
            max_size=many,
        )
    )
)
def test_the_confusion(rows: list[list[int]]) -> None:
    """Ties, classes without images, and a matrix without any."""
    matrix = events.Confusion(3, tuple(map(tuple, rows)), step=30)
    text = explained("confusion", [matrix], NAMES[: len(rows)])
    totals = {i: sum(row) for i, row in enumerate(rows) if sum(row)}
    wrong = {(i, j): n for i, row in enumerate(rows) for j, n in enumerate(row) if i != j and n}
    assert f"for {sum(totals.values()):,} images after epoch 3." in text
    assert ("no mistake" in text) == (not wrong and bool(totals))
    worst = one(r"Most often (.+) is taken for (.+): ([\d,]+) of ([\d,]+) images, ([\d.]+) %", text)
    assert (worst is None) == (not wrong)
    if worst is None:
        return
    cell = NAMES.index(worst[0]), NAMES.index(worst[1])
    images, of = (int(number.replace(",", "")) for number in worst[2:4])
    assert images == wrong[cell] == max(wrong.values())
    assert of == totals[cell[0]]
    assert worst[4] == f"{100 * images / of:.1f}"
    equal = Counter(wrong.values())[images] - 1
    assert count(r"(One more pair is|\d+(?= more pairs are)) ?.*?as frequent", text) == equal
    back = wrong.get((cell[1], cell[0]), 0)
    mutual = one(r"as well, ([\d,]+) times", text)
    assert (mutual is not None) == (2 * back >= images)
    assert mutual is None or int(mutual[0].replace(",", "")) == back
    hardest = one(r"harder than (.+): the network recognises ([\d.]+) %", text)
    assert hardest is not None
    recalls = {i: rows[i][i] / total for i, total in totals.items()}
    assert recalls[NAMES.index(hardest[0])] == min(recalls.values())
    assert hardest[1] == f"{100 * min(recalls.values()):.1f}"


health = st.builds(
    Health, st.just(""), measured, measured, measured, measured, st.none() | share
) | st.just(Health("", None, None, 0.0, 1.0))


@given(st.lists(health, min_size=1, max_size=6))
def test_the_layers(reports: list[Health]) -> None:
    """Numbers that are not finite, frozen and dead layers: what `e` says is what the pane says."""
    layers = tuple(
        events.Layer(f"l{i}", "Conv2d", "", (1, 2, 2), i, 9) for i in range(len(reports))
    )
    named = tuple(msgspec.structs.replace(one, layer=f"l{i}") for i, one in enumerate(reports))
    history = History()
    start = msgspec.structs.replace(scripted.started(), layers=layers)
    history.fold(scripted.stamped([start, events.LayerHealth(named, step=5)]))
    pane = LayersPane(4)
    pane.show(history, None)
    text = " ".join(pane.explain())
    wrong = {name: problem for name, problem in problems(named).items() if problem}
    words = cells.text(depth_line(layers, pane._diagnosis, 78))
    assert (
        ("healthy" in words) == (not wrong) == ("learn: no gradient" in text or "frozen:" in text)
    )
    assert ("All layers are frozen" in text) == (not wrong and all(map(frozen, named)))
    signs = {
        "exploding": r"explodes in (\w+):|numbers in (\w+) are",
        "vanishing": r"in (\w+), which",
    }
    signs["dead"] = r"In (\w+) [\d.]+ % of the units are dead"
    for problem, pattern in signs.items():
        found = one(pattern, text)
        assert found is None or wrong["".join(found)] == problem
    same = count(r"(One|\d+) more layers? ha", text)
    milder = count(r"(One layer|\d+(?= layers)) ?\w* ?\w* ?milder", text)
    assert same + milder + bool(wrong) == len(wrong)
    dead = one(r"In (\w+) ([\d.]+) % of the units are dead", text)
    few = one(r"most dead units are in (\w+), ([\d.]+) %", text)
    shares = {layer.layer: layer.dead or 0.0 for layer in named}
    assert dead is None or dead[1] == f"{100 * shares[dead[0]]:.1f}"
    assert dead is None or shares[dead[0]] > DEAD
    assert few is None or shares[few[0]] == max(shares.values()) <= DEAD


probability = st.none() | st.sampled_from([0.0, 0.333, 0.5, 1.0])


@given(
    st.sampled_from(["conv1", "pool1", "conv2", "fc", "unknown"]),
    st.integers(0, 99),
    st.integers(0, 7),
    st.lists(st.tuples(st.integers(0, 7), probability), max_size=3),
    st.lists(st.tuples(measured, measured), max_size=3),
    st.integers(0, 35),
)
def test_the_maps(
    layer: str,
    image: int,
    true: int,
    top: list[tuple[int, float | None]],
    ranges: list[tuple[float | None, float | None]],
    step: int,
) -> None:
    maps = tuple(events.FeatureMap(i, 1, 1, *pair, "AA==") for i, pair in enumerate(ranges))
    nothing = events.Picture(1, 0, 0, "")
    shown = events.FeatureMaps(layer, (3, 1, 1), image, nothing, true, tuple(top), maps, step=step)
    other = msgspec.structs.replace(shown, layer="other", image=image + 1, top=((true, 0.125),))
    text = explained("maps", [shown, other])
    assert f"maps of {layer} for validation image {image}, at epoch {step / 10:g}." in text
    assert ("Some values are not numbers" in text) == any(None in pair for pair in ranges)
    place = one(r"is number (\d+) of the (\d+) layers", text)
    with_maps = ["conv1", "pool1", "conv2"]
    assert (place is not None) == (layer in with_maps)
    assert place is None or (with_maps[int(place[0]) - 1], int(place[1])) == (layer, 3)
    taken = one(r"predicts (.+) with ([\d.]+) %, (which is correct|but the image shows .+)\.", text)
    if not top or top[0][1] is None:
        assert taken is None
        return
    assert taken is not None
    name, true_name = (NAMES[i] if i < len(NAMES) else str(i) for i in (top[0][0], true))
    assert taken[:2] == (name, f"{100 * top[0][1]:.1f}")
    assert taken[2] == (
        "which is correct" if name == true_name else f"but the image shows {true_name}"
    )


gpu = st.builds(
    lambda ours, held: events.Gpu(0, "A", ours, 0.9, 1, 2, holders=(events.Holder("e", 1),) * held),
    st.booleans(),
    st.integers(0, 2),
)


@given(
    st.none() | st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]),
    st.sampled_from([0.0, 0.5, 2.0, 9.0]),
    st.lists(gpu, max_size=2),
    st.sampled_from([0.1, 0.89, 0.9, 1.0]),
    st.sampled_from([0.0, 0.5, 0.8, 0.95]),
)
def test_the_machine(
    waited: float | None, evaluation: float, gpus: list[events.Gpu], cpu: float, engine: float
) -> None:
    said: list[Event] = [events.Hardware(2, cpu, engine, 1, 2, 3, 4, tuple(gpus))]
    if waited is not None:
        said.append(msgspec.structs.replace(scripted.steps(5), waited=waited))
    ended = scripted.ended_epoch(1)
    said.append(msgspec.structs.replace(ended, seconds=2.0, evaluation_seconds=evaluation))
    text = explained("machine", said)
    limit = one(r"(\w+) takes the largest part of the time, (\d+) %", text)
    assert (limit is None) == (waited is None)
    if limit is None or waited is None:
        return
    validation = evaluation / (2.0 + evaluation)
    shares = {"Compute": (1 - validation) * (1 - waited), "Input": (1 - validation) * waited}
    shares["Validation"] = validation
    assert math.isclose(shares[limit[0]], max(shares.values()))
    assert limit[1] == f"{100 * shares[limit[0]]:.0f}"
    assert ("Others use the same GPUs" in text) == any(g.ours and g.holders for g in gpus)
    others = cpu - engine if cpu >= 0.9 and cpu - engine >= 0.2 else 0.0
    assert ("Other programs take" in text) == bool(others)
    # What others take most of is not the network's fault, nor that of the workers.
    assert not ("a smaller network" in text and others >= 0.5)
    assert not ("more workers" in text and others >= 0.5)
    assert "GPU is busy" not in text, "a run on the CPU"


entry = st.sampled_from(
    [
        events.Alert("warning", "x", "look out"),
        events.Alert("info", "x", "by the way"),
        events.Alert("error", "x", "no"),
        scripted.ended_epoch(1),
        events.Checkpointed("last.pt", 1, 10, 0.1, "epoch"),
        events.Checkpointed("best.pt", 1, 10, 0.1, "best"),
        events.RunEnded("failed", step=9),
    ]
)


@given(st.lists(entry, max_size=5))
def test_the_log(said: list[Event]) -> None:
    text = explained("log", said)
    warnings = sum(isinstance(e, events.Alert) and e.level != "info" for e in said)
    assert count(r"(One entry is|\d+(?= entries are)) ?a? ?warning", text) == warnings or (
        f"{warnings} entries are warnings" in text
    )
    failed = any(isinstance(e, events.RunEnded) for e in said)
    assert ("The run failed" in text) == failed
    assert ("is a warning." in text or "is no warning" in text) == (not warnings and not failed)
    for file in ("last.pt", "best.pt"):
        saved = any(isinstance(e, events.Checkpointed) and e.file == file for e in said)
        assert (file in text) == saved
