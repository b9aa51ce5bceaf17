"""A viewer of another version than the engine: what it does not know it leaves out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine.checkpoints import checkpoint, run_state
from engine.errors import RunError
from engine.process.lines import Lines
from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from engine.run.journal import Journal
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import last_seq
from engine.run.journal_tail import JournalTail
from engine.run.run_paths import RunDir
from tests import scripted
from tui.cli import single_frame
from tui.viewer.run_follower import RunFollower
from tui.viewer.run_summary import summarize


def lines_of(run: RunDir) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.journal.read_bytes().splitlines()]


def rewritten(run: RunDir, change: Callable[[dict[str, Any]], Iterator[Any]]) -> RunDir:
    """The same journal, every line of it as this makes it."""
    changed = [json.dumps(new) for old in lines_of(run) for new in change(old)]
    run.journal.write_text("\n".join(changed) + "\n")
    return run


def folded(run: RunDir) -> tuple[History, list[Event]]:
    history, said = History(), []
    for batch in JournalReader(run.journal).slices():
        history.fold(batch.events)
        said += batch.events
    return history, said


def everything() -> list[Event]:
    """One of nearly everything that an engine says."""
    health = events.Health("conv1", 0.1, 0.01, 0.0, 1.0, 0.25)
    picture = events.Picture(1, 1, 1, "AA==")
    maps = (events.FeatureMap(0, 1, 1, 0.0, 1.0, "AA=="),)
    return [
        *scripted.half_a_run(),
        events.LayerHealth((health,), step=25),
        events.FeatureMaps("conv1", (6, 28, 28), 3, picture, 1, ((1, 0.9),), maps, step=25),
        events.Hardware(2, 0.5, 0.5, 1, 2, 1, 1, (events.Gpu(0, "X", True, 0.5, 1, 2),)),
        events.Steered(0.5, 4, 0.01, step=25),
        events.Alert("warning", "x", "mind the gap", step=25),
    ]


def newer(line: Any) -> Any:
    """With fields that this version does not know, at every depth."""
    if isinstance(line, dict):
        return {key: newer(value) for key, value in line.items()} | {"from_the_future": [1, {}]}
    return line


def as_newer(line: dict[str, Any]) -> Iterator[Any]:
    changed = newer(line)
    for mapping in ("versions", "values"):  # these hold what they like
        if mapping in line:
            changed[mapping] = line[mapping]
    if "layers" in line:
        changed["layers"] = [newer(layer) for layer in line["layers"]]
    yield changed
    stamp = {key: line[key] for key in ("seq", "time")}
    yield {"type": "Telepathy", "thought": "?", **stamp}
    yield {"type": "Phase", "name": "dreaming", **stamp}
    yield {"type": "Alert", "level": "whisper", "code": "x", "text": "y", **stamp}


def test_what_a_newer_engine_says_beside_is_left_out(tmp_path: Path) -> None:
    plain = scripted.run_dir(tmp_path / "plain", everything())
    run = scripted.run_dir(tmp_path / "newer", everything())
    rewritten(run, as_newer)
    assert folded(run)[1] == folded(plain)[1]
    assert len(run.journal.read_bytes().splitlines()) == 4 * len(everything())
    assert len(JournalTail(run.journal).read()) == len(everything())
    assert single_frame.frame(RunFollower(run)).replace("/newer/", "/plain/") == single_frame.frame(
        RunFollower(plain)
    )
    one, other = (summarize(each, "live") for each in (run, plain))
    assert msgspec.structs.replace(one, path="") == msgspec.structs.replace(other, path="")
    for event in folded(run)[1]:
        Lines("1").of(event)


def test_counting_goes_on_after_an_event_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text('{"type":"Telepathy","seq":41,"time":1.0}\n')
    assert last_seq(path) == 41
    journal = Journal(path)
    assert journal.append(scripted.steps(1)).seq == 42


# What every engine has said of a step and of an epoch; only another program may leave it out.
ALWAYS_SAID = frozenset({"loss", "top1", "lr", "images_per_second", "best"}) | frozenset(
    {"train_loss", "train_top1", "seconds", "evaluation_seconds"}
)


def optional(kind: type[msgspec.Struct]) -> set[str]:
    """The fields that have a default, and so may not have been there once."""
    fields = {field.encode_name for field in msgspec.structs.fields(kind) if not field.required}
    return fields - ALWAYS_SAID if kind in (events.Steps, events.EpochEnded) else fields


def test_what_an_older_engine_did_not_say_has_a_default(tmp_path: Path) -> None:
    """All that may be missing is, but for the stamp of the journal."""
    run = scripted.run_dir(tmp_path, everything())
    kinds = {type(event).__name__: type(event) for event in everything()}

    def older(line: dict[str, Any]) -> Iterator[Any]:
        gone = optional(kinds[line["type"]]) - {"seq", "time", "step", "counts", "error"}
        kept = {key: value for key, value in line.items() if key not in gone}
        if "recipe" in kept:
            kept["recipe"] = {key: kept["recipe"][key] for key in ("arch", "data", "epochs")}
            kept["layers"] = [
                {k: v for k, v in e.items() if k != "receptive"} for e in kept["layers"]
            ]
        yield kept

    rewritten(run, older)
    tail = JournalTail(run.journal)
    assert len(tail.read()) == len(everything())
    history, _ = folded(run)
    assert (history.step, history.epoch, len(history.epochs)) == (25, 3, 2)
    assert "digits" in single_frame.frame(RunFollower(run))
    assert summarize(run, "gone").best_top1 == 0.9


def test_without_a_beginning_that_can_be_read_the_rest_still_counts(tmp_path: Path) -> None:
    """As where a newer engine trains with something that this version has no word for."""
    run = scripted.run_dir(tmp_path, everything())

    def unheard_of(line: dict[str, Any]) -> Iterator[Any]:
        if "recipe" in line:
            line["recipe"]["optimizer"] = "telepathy"
        yield line

    rewritten(run, unheard_of)
    history, said = folded(run)
    assert history.run is None
    assert (history.step, len(history.epochs)) == (25, 2)
    assert "val 0." in single_frame.frame(RunFollower(run))
    assert summarize(run, "live").best_top1 == 0.9
    assert [line for event in said for line in Lines("1").of(event)]


@pytest.mark.parametrize(
    ("written", "said"), [(run_state.FORMAT + 1, "newer version"), (1, "older version")]
)
def test_a_checkpoint_of_another_version_is_refused_as_such(
    tmp_path: Path, written: int, said: str
) -> None:
    path = tmp_path / "last.pt"
    torch.save({"format": written, "step": 1}, path)
    with pytest.raises(RunError, match=said):
        checkpoint.load(path)
