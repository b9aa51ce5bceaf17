"""A run as a script holds it, in a loop of its own kind."""

from __future__ import annotations

import copy
import gc
import math
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from cnn_tui.lightning_watching.lightning_run import LightningRun
from cnn_tui.watching import watching_text
from cnn_tui.watching.channel import Channel
from cnn_tui.watching.epoch_length import EpochLength
from cnn_tui.watching.evaluation import Evaluated
from cnn_tui.watching.first_event import run_started
from cnn_tui.watching.ranks import SilentChannel
from cnn_tui.watching.scalar_names import LONGEST_NAME, MOST_NAMES
from cnn_tui.watching.script import Script
from cnn_tui.watching.step_reports import Reports
from cnn_tui.watching.watched_run import WatchedRun, stop_open_runs
from engine.protocol import events
from engine.run import fold
from tests.fake_recorder import DIE, RECORDING, kept, starter, told_in
from tests.scripted import Clock
from tests.test_watching_means import Waits


class Model:
    """Obeys as the real one: between steps, which takes this clock some seconds."""

    def __init__(self, script: Script, clock: Clock) -> None:
        self._script, self._clock = script, clock
        self.pauses: list[float] = []
        self.stop_at = 10**9
        self.ended_epochs = 0
        self.next_look = -math.inf

    def rate(self) -> float | None:
        return 0.1

    def take_gradient_norm(self) -> float | None:
        return None

    def between_steps(self) -> None:
        self._clock.now += self.pauses.pop() if self.pauses else 0.0
        self._script.stopping = self._script.stopping or self._script.step >= self.stop_at

    def remaining(self, loader: Iterable[Any]) -> Iterator[Any]:
        return iter(loader)

    def epoch_ended(self) -> None:
        self.ended_epochs += 1

    def evaluate(self, model: Any, loader: Any, criterion: Any) -> Evaluated:
        return Evaluated(0.5, 0.75, None, 4, 0.0)

    def forget_classes(self, found: int) -> None:
        self._script.classes = ()

    def confusion(self, matrix: Any, epoch: int) -> None:
        self._script.send({"type": "Confusion", "epoch": epoch, "counts": matrix})

    def resume(self, path: str, load: Any = None) -> int:
        self._script.step, self._script.epoch, self._script.ended_epochs = 20, 3, 2
        return 2

    def checkpoint(self) -> None:
        """Nothing is saved here."""

    def close(self) -> None:
        """Nothing is held here."""


class Watched:
    """A run with a fake recorder, a clock that a test sets, and what it kept."""

    def __init__(self, lines: Path, *answers: tuple[str, str], epochs: int | None = 2) -> None:
        self._lines = lines
        self.clock = Clock(100.0)
        self.channel = Channel({"name": "mine"}, starter(lines, answers or ANSWERS))
        self.script = Script("train.py", self.channel.send, epochs=epochs)
        self.model = cast(Any, Model(self.script, self.clock))
        self.reports = Reports(self.script, self.model.rate, self.clock)
        self.run = WatchedRun(
            self.script, self.channel, self.model, self.reports, self.started, self.clock
        )

    def started(self, length: EpochLength) -> dict[str, Any]:
        return run_started(
            self.script,
            name="mine",
            framework="PyTorch",
            device="cpu",
            settings={},
            steps_per_epoch=length.steps_per_epoch,
            versions={},
            refusals={},
            facts={"train_images": length.images},
        )

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        """Close the run; the events of these types that the recorder has."""
        self.run.close()
        return [event for event in kept(self._lines) if event["type"] in kinds]


ANSWERS = (("Hello", RECORDING),)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(tmp_path / "lines")
    yield found
    found.run.close()


@pytest.mark.parametrize(("epochs", "told"), [(3, 3), (10**9, None), (-1, None)])
def test_a_number_of_epochs_that_is_no_plan_is_not_told(
    tmp_path: Path, epochs: int, told: int | None
) -> None:
    watched = Watched(tmp_path / "lines", epochs=epochs)
    watched.run.step(loss=1.0)
    (started,) = watched.told("RunStarted")
    assert started["watched"]["epochs"] == told


def test_a_copied_model_may_hold_its_run(watched: Watched) -> None:
    holder = {"run": watched.run}
    assert copy.deepcopy(holder)["run"] is copy.copy(watched.run) is watched.run


def loader(batches: int = 3) -> DataLoader[Any]:
    return DataLoader(TensorDataset(torch.zeros(4 * batches, 2), torch.zeros(4 * batches)), 4)


def test_a_loop_of_epochs_and_batches_is_told(watched: Watched) -> None:
    with watched.run as run:
        seen = []
        for epoch in run.epochs():
            for images, _ in run.batches(loader()):
                watched.clock.now += 1.0
                run.step(
                    loss=torch.tensor(float(epoch)),
                    logits=torch.eye(4),
                    labels=torch.arange(len(images)),
                )
            run.epoch(val_loss=0.5 - epoch, val_top1=torch.tensor(0.75), confusion=[[1]], iou=0.25)
            seen.append(epoch)
    assert seen == [0, 1]
    (started,) = watched.told("RunStarted")
    assert (started["steps_per_epoch"], started["planned_steps"]) == (3, 6)
    assert started["train_images"] == 12
    assert started["watched"]["unit"] == "epoch"
    first, second = watched.told("EpochEnded")
    assert first == {
        "type": "EpochEnded",
        "step": 3,
        "epoch": 1,
        "train_loss": 0.0,
        "train_top1": 1.0,
        "lr": 0.1,
        "seconds": 3.0,
        "images_per_second": 4.0,
        "loss": 0.5,
        "top1": 0.75,
        "scalars": {"iou": 0.25},
        "best": True,
        "evaluation_seconds": 0.0,
    }
    assert (second["epoch"], second["train_loss"], second["best"]) == (2, 1.0, False)
    assert watched.told("RunEnded")[0]["reason"] == "done"
    assert watched.model.ended_epochs == 2


def test_steps_are_told_at_once_and_then_twice_a_second(watched: Watched) -> None:
    for _ in range(13):
        watched.run.step(loss=2.0)
        watched.clock.now += 0.125
    assert [event["step"] for event in watched.told("Steps")] == [1, 5, 9, 13]


def test_what_came_after_the_last_report_is_told_at_the_end(watched: Watched) -> None:
    watched.run.step(loss=1.0)
    watched.run.step(loss=3.0)
    watched.run.log({"val/iou": 0.5}, grad=torch.tensor(4.0))
    last = watched.told("Steps")[-1]
    assert (last["step"], last["loss"]) == (2, 3.0)
    assert last["scalars"] == {"val/iou": 0.5, "grad": 4.0}


def test_no_step_waits_for_the_device(watched: Watched) -> None:
    batches = [torch.zeros(4, 1) for _ in range(100)]
    with Waits() as waits:
        for _ in watched.run.epochs():
            for _ in watched.run.batches(batches):
                watched.clock.now += 0.1
                loss = torch.ones((), requires_grad=True) * 2
                watched.run.log(norm=torch.ones(1))
                watched.run.step(loss, torch.ones(4, 3), torch.zeros(4, dtype=torch.long))
                assert waits.seen == []
    assert len(watched.told("Steps")) > 30


def test_speed_and_waits_leave_out_pauses(watched: Watched) -> None:
    def slow() -> Iterator[torch.Tensor]:
        for _ in range(4):
            watched.clock.now += 0.25
            yield torch.zeros(8, 1)

    for _ in watched.run.batches(slow()):
        watched.model.pauses.append(1000.0)
        watched.clock.now += 0.75
        watched.run.step()
    reports = [report for report in watched.told("Steps") if "lr" in report]
    assert {(r["images_per_second"], r["waited"]) for r in reports} == {(8.0, 0.25)}


def test_a_bare_loop_learns_the_length_of_an_epoch_from_its_first(watched: Watched) -> None:
    for _ in range(2):
        for _ in range(5):
            watched.run.step(loss=1.0)
        watched.run.epoch(val_loss=1.0)
    first, second = watched.told("RunStarted")
    assert (first["watched"]["unit"], first["steps_per_epoch"]) == ("step", 1)
    assert first["planned_steps"] == 0
    assert (second["watched"]["unit"], second["steps_per_epoch"]) == ("epoch", 5)
    assert second["planned_steps"] == 10
    assert [(e["epoch"], e["step"]) for e in watched.told("EpochEnded")] == [(1, 5), (2, 10)]


def test_accumulated_gradients_make_a_step_of_several_batches(watched: Watched) -> None:
    for number, _ in enumerate(watched.run.batches(loader(6)), 1):
        watched.clock.now += 1.0
        if number % 2 == 0:
            watched.run.step(loss=1.0)
    (started,) = watched.told("RunStarted")
    assert started["steps_per_epoch"] == 3
    assert watched.told("Steps")[0]["images_per_second"] == 4.0


def test_an_epoch_that_the_script_does_not_end_is_told_with_what_its_steps_measured(
    watched: Watched,
) -> None:
    for _ in watched.run.epochs():
        watched.run.step(loss=3.0)
    ended = watched.told("EpochEnded")
    assert [(e["epoch"], e["train_loss"], "loss" in e) for e in ended] == [
        (1, 3.0, False),
        (2, 3.0, False),
    ]


def numbers(ended: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(e["epoch"], e["step"], e.get("top1"), e["scalars"]) for e in ended]


@pytest.mark.parametrize("loop", [True, False])
def test_numbers_after_an_evaluation_complete_its_epoch(watched: Watched, loop: bool) -> None:
    for _ in watched.run.epochs() if loop else range(2):
        watched.run.step(loss=1.0)
        watched.run.evaluate(None, [])
        watched.run.epoch(iou=0.25, confusion=[[4]])
        watched.run.epoch(dice=0.5)
    first, _, whole, second, *_ = numbers(watched.told("EpochEnded"))
    assert first == (1, 1, 0.75, {})
    assert whole == (1, 1, 0.75, {"iou": 0.25, "dice": 0.5})
    assert second == (2, 2, 0.75, {})
    assert [e["epoch"] for e in watched.told("Confusion")] == [1, 2]
    assert watched.told("EpochEnded")[2]["best"] is True
    assert watched.model.ended_epochs == 2


def test_without_steps_an_evaluation_is_completed_once_and_each_is_an_epoch(
    watched: Watched,
) -> None:
    for _ in range(2):
        watched.run.evaluate(None, [])
        watched.run.epoch(iou=0.25)
    watched.run.evaluate(None, [])
    watched.run.evaluate(None, [])
    watched.run.epoch()
    watched.run.epoch(iou=0.5)
    epochs = [(e[0], e[1], e[3]) for e in numbers(watched.told("EpochEnded"))]
    assert epochs == [
        *[(1, 1, {}), (1, 1, {"iou": 0.25}), (2, 2, {}), (2, 2, {"iou": 0.25})],
        *[(3, 3, {}), (4, 4, {}), (4, 4, {}), (5, 5, {"iou": 0.5})],
    ]


def test_a_script_without_steps_counts_epochs(watched: Watched) -> None:
    for loss in (3.0, 2.0):
        watched.run.log(note=1.0)
        watched.run.epoch(val_loss=loss)
    (started,) = watched.told("RunStarted")
    assert (started["watched"]["unit"], started["steps_per_epoch"]) == ("epoch", 1)
    assert [(e["epoch"], e["step"], e["best"]) for e in watched.told("EpochEnded")] == [
        (1, 1, True),
        (2, 2, True),
    ]


def test_a_stop_ends_the_batches_after_the_step_and_then_the_epochs(watched: Watched) -> None:
    watched.model.stop_at = 4
    for _ in watched.run.epochs():
        for _ in watched.run.batches(loader(3)):
            watched.run.step(loss=1.0)
    assert watched.script.step == 4
    assert [e["epoch"] for e in watched.told("EpochEnded")] == [1]
    assert watched.told("RunEnded")[0]["reason"] == "stopped"


def test_an_epoch_that_a_stop_cut_short_has_not_ended(watched: Watched) -> None:
    watched.model.stop_at = 4
    for _ in watched.run.epochs():
        for _ in watched.run.batches(loader(3)):
            watched.run.step(loss=1.0)
        watched.run.epoch(val_loss=1.0)
    assert [e["epoch"] for e in watched.told("EpochEnded")] == [1]
    assert watched.told("Steps")[-1]["step"] == 4
    assert watched.script.ended_epochs == 1


def test_a_stop_after_the_last_batch_lets_the_epoch_end(watched: Watched) -> None:
    watched.model.stop_at = 3
    for _ in watched.run.epochs():
        for _ in watched.run.batches(loader(3)):
            watched.run.step(loss=1.0)
        watched.run.epoch(val_loss=1.0)
    assert [e["epoch"] for e in watched.told("EpochEnded")] == [1]


def test_a_stop_over_a_bare_loader_ends_the_epochs(watched: Watched) -> None:
    watched.model.stop_at = 2
    for _ in watched.run.epochs():
        for _ in range(3):
            watched.run.step(loss=1.0)
        watched.run.epoch(val_loss=1.0)
    assert watched.script.step == 3


def test_loops_may_be_left_by_break(watched: Watched) -> None:
    for _ in watched.run.epochs():
        for _ in watched.run.batches(loader(3)):
            watched.run.step(loss=1.0)
            break
        watched.run.epoch(val_loss=1.0)
        break
    assert [(e["epoch"], e["step"]) for e in watched.told("EpochEnded")] == [(1, 1)]


def test_a_resumed_run_goes_on_where_its_checkpoint_was(tmp_path: Path) -> None:
    recording = RECORDING[:-1] + ',"checkpoint":"/runs/1-mine/checkpoints/script.pt"}'
    watched = Watched(tmp_path / "lines", ("Hello", recording), epochs=4)
    with watched.run as run:
        assert run.resume() == 2
        assert list(run.epochs()) == [2, 3]
    hello, goes_on, started = kept(tmp_path / "lines")[:3]
    assert hello["resume"] is True
    assert goes_on == {"type": "GoesOn", "step": 20, "epoch": 3}
    assert started["type"] == "RunStarted"
    assert [e["epoch"] for e in watched.told("EpochEnded")] == [3, 4]


@pytest.mark.parametrize(
    ("epochs", "sentence"),
    [
        (4, "cnn-tui: 1-mine goes on: cnn-tui attach 1\n"),
        (2, "cnn-tui: 1-mine: all 2 epochs are done; raise epochs=, or give another name= for a "),
    ],
)
def test_a_resumed_run_says_where_it_is_or_that_it_is_done(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], epochs: int, sentence: str
) -> None:
    recording = RECORDING[:-1] + ',"checkpoint":"/runs/1-mine/checkpoints/script.pt"}'
    watched = Watched(tmp_path / "lines", ("Hello", recording), epochs=epochs)
    with watched.run as run:
        run.resume()
    said = capfd.readouterr().err
    assert said.startswith(sentence)
    assert said.count("\n") == 1


def test_a_run_without_a_number_of_epochs_says_what_to_pass(watched: Watched) -> None:
    watched.script.epochs = None
    with pytest.raises(ValueError, match="pass epochs="):
        watched.run.epochs()


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"loss": torch.ones(3)}, "loss takes one number, not a Tensor of shape (3,): pass loss="),
        ({"loss": "low"}, "loss takes one number, not a str"),
        (
            {"logits": torch.ones(4, 1), "labels": torch.ones(4, dtype=torch.long)},
            "pass logits=torch.cat([-scores, scores], 1) with labels=labels.flatten().long()",
        ),
        (
            {"logits": torch.ones(4, 1), "labels": torch.ones(4, 1)},
            "not over one score for each image",
        ),
        (
            {"logits": torch.ones(2, 3, 8, 8), "labels": torch.ones(2, 8, 8)},
            "logits (N, classes) with labels (N,), not for a Tensor of shape (2, 3, 8, 8)",
        ),
    ],
)
def test_a_wrong_value_is_told_once_and_fails_nothing(
    watched: Watched, capfd: pytest.CaptureFixture[str], step: dict[str, Any], sentence: str
) -> None:
    for _ in range(3):
        watched.run.step(**step)
    (said,) = told_in(capfd.readouterr().err)
    assert sentence in said


def test_a_wrong_number_of_an_epoch_is_told_and_left_out(
    watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    watched.run.epoch(val_loss=torch.ones(2), val_top1=0.5, iou="high")
    (ended,) = watched.told("EpochEnded")
    assert "loss" not in ended
    assert ended["top1"] == 0.5
    said = capfd.readouterr().err
    assert "val_loss takes one number" in said
    assert "iou takes one number" in said


def test_a_percentage_is_told_and_not_shown(
    watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        watched.run.step(loss=1.0)
        watched.run.epoch(val_loss=3.0, val_top1=55.0, val_top5=1.0)
    (said,) = told_in(capfd.readouterr().err)
    assert "val_top1 is a share from 0 to 1, not 55: pass 0.55." in said
    first, _ = watched.told("EpochEnded")
    assert ("top1" in first, first["top5"], first["loss"]) == (False, 1.0, 3.0)


@pytest.mark.parametrize("way", ["epochs", "batches", "optimizer"])
def test_a_training_that_tells_no_step_is_told_to(
    watched: Watched, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    watched.script.optimizer = None if way == "batches" else object()
    for _ in watched.run.epochs() if way == "epochs" else range(2):
        for _ in watched.run.batches(loader()) if way == "batches" else ():
            pass
        watched.run.epoch(val_loss=1.0)
    (said,) = told_in(capfd.readouterr().err)
    assert "call run.step(loss=loss) once after each optimizer.step()" in said


def test_an_evaluation_before_the_training_is_no_missing_step(
    watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    watched.script.optimizer = object()
    watched.run.evaluate(None, [])
    watched.run.step(loss=1.0)
    watched.run.epoch(val_loss=1.0)
    assert told_in(capfd.readouterr().err) == []


def test_names_of_other_classes_are_not_shown(watched: Watched) -> None:
    watched.script.classes = ["cat", "dog"]
    for _ in range(2):
        watched.run.step(logits=torch.eye(3), labels=torch.arange(3))
    assert [e["classes"] for e in watched.told("RunStarted")] == [["cat", "dog"], []]


def test_nan_is_told_as_not_finite_and_never_best(watched: Watched) -> None:
    watched.run.step(loss=torch.tensor(float("nan")))
    watched.run.epoch(val_loss=float("nan"))
    assert watched.told("Steps")[0]["loss"] is None
    assert watched.told("EpochEnded")[0]["loss"] is None
    assert watched.told("EpochEnded")[0]["best"] is False


@pytest.mark.parametrize(("ended", "reason"), [(1, "stopped"), (2, "done")])
def test_a_notebook_that_is_closed_stops_what_is_open_in_it(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, ended: int, reason: str
) -> None:
    monkeypatch.setattr(sys, "ps1", "In [1]: ", raising=False)
    for _ in range(ended):
        watched.run.step(loss=1.0)
        watched.run.epoch()
    watched.run._end_at_exit()
    assert watched.told("RunEnded")[0]["reason"] == reason


def test_a_run_that_was_left_open_is_stopped_by_its_name(watched: Watched) -> None:
    watched.script.name = "mine"
    watched.run.step(loss=1.0)
    stop_open_runs("other")
    assert watched.channel.alive
    stop_open_runs("mine")
    assert watched.told("RunEnded")[0]["reason"] == "stopped"


def test_more_names_than_have_curves_are_left_out_and_told_once(watched: Watched) -> None:
    assert (MOST_NAMES, LONGEST_NAME) == (fold.MOST_SCALARS - 1, events.LONGEST_SCALAR_NAME)
    for step in range(2):
        watched.run.step(loss=1.0)
        watched.run.log({f"n{step}/{i}": 1.0 for i in range(MOST_NAMES)})
        watched.clock.now += 1.0
    watched.run.epoch(more=1.0)
    alerts = [event["text"] for event in watched.told("Alert")]
    assert alerts == [watching_text.more_scalars(MOST_NAMES)]
    names = {name for event in watched.told("Steps") for name in event.get("scalars", ())}
    assert names == {f"n0/{i}" for i in range(MOST_NAMES)}
    assert watched.told("EpochEnded")[0]["scalars"] == {}


def test_names_that_are_too_long_are_told_once(watched: Watched) -> None:
    for name in ("a" * LONGEST_NAME, "b" * (LONGEST_NAME + 1), "c" * (LONGEST_NAME + 2)):
        watched.run.log({name: 1.0})
    watched.run.epoch()
    alerts = [event["text"] for event in watched.told("Alert")]
    assert alerts == [watching_text.bad_name("b" * 101, LONGEST_NAME)]
    assert watched.told("Steps")[0]["scalars"] == {"a" * LONGEST_NAME: 1.0}


def test_what_a_lightning_module_logs_may_have_any_name(watched: Watched) -> None:
    parts = watched.script, watched.channel, watched.model, watched.reports, watched.started
    run = LightningRun(*parts, watched.clock)
    run.begin_epoch(0, 0, 1)
    run.batch_ended(1, 2.0)
    run.epoch_ended({"val_loss": 1.0}, {"train_top1": 0.25}, {"confusion": 3.0, "self": 4.0})
    [ended] = watched.told("EpochEnded")
    assert (ended["train_loss"], ended["train_top1"], ended["loss"]) == (2.0, 0.25, 1.0)
    assert ended["scalars"] == {"confusion": 3.0, "self": 4.0}


def test_a_better_accuracy_is_best_and_without_one_a_lower_loss() -> None:
    script = Script("train.py", lambda event: None)
    lost = [script.is_best({"loss": loss}) for loss in (None, 2.0, 3.0, 1.0, float("inf"))]
    assert lost == [False, True, False, True, False]
    hit = [script.is_best({"top1": top1, "loss": 9.0}) for top1 in (None, 0.5, 0.5, 0.6)]
    assert hit == [False, True, False, True]


def test_numbers_on_devices_that_cannot_meet_are_told_and_fail_nothing(
    watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    for device in ("cpu", "meta"):
        watched.run.step(loss=torch.ones((), device=device))
    watched.clock.now += 1.0
    watched.run.step(loss=1.0)
    assert "cannot be put together" in capfd.readouterr().err
    assert watched.told("Steps")[-1]["step"] == 3


def test_several_threads_may_step_and_log(watched: Watched) -> None:
    def work() -> None:
        for _ in range(200):
            watched.run.step(loss=torch.ones(()))
            watched.run.log(x=1.0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert watched.script.step == 800
    assert {event["loss"] for event in watched.told("Steps") if "loss" in event} == {1.0}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("no images"), "failed"),
        (KeyboardInterrupt(), "stopped"),
        (SystemExit(0), "done"),
    ],
)
def test_an_exception_ends_the_run_and_goes_on(
    watched: Watched, error: BaseException, reason: str
) -> None:
    def train() -> None:
        with watched.run as run:
            run.step(loss=1.0)
            raise error

    with pytest.raises(type(error)):
        train()
    assert watched.told("RunEnded")[0]["reason"] == reason


def test_a_run_that_nobody_holds_is_ended(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "lines")
    watched.run.step(loss=1.0)
    del watched.run  # as when a cell of a notebook is run again
    gc.collect()
    assert kept(tmp_path / "lines")[-1]["type"] == "RunEnded"


def test_a_forked_worker_may_log_while_another_thread_of_the_script_does(
    watched: Watched,
) -> None:
    watched.run.step(loss=1.0)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with watched.run._lock:
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    child = os.fork()
    if child == 0:
        watched.run.log(worker=1.0)
        watched.run.step(loss=1.0)
        watched.run.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    done.set()
    thread.join()
    assert all("worker" not in event.get("scalars", {}) for event in watched.told("Steps"))


def test_the_training_goes_on_where_the_recorder_dies(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    watched = Watched(tmp_path / "lines", ("Hello", RECORDING), ("RunStarted", DIE))
    with watched.run as run:
        for _ in run.epochs():
            for _ in run.batches(loader()):
                run.step(loss=torch.ones(()))
                run._channel.wait_for_command(30)
            run.epoch(val_loss=1.0)
    assert watched.script.step == 6
    assert len(told_in(capfd.readouterr().err)) == 1


def test_a_silent_run_loops_as_any_other() -> None:
    clock = Clock()
    script = Script("train.py", SilentChannel().send, epochs=2)
    model = cast(Any, Model(script, clock))
    reports = Reports(script, model.rate, clock)

    def never(length: EpochLength) -> dict[str, Any]:
        raise AssertionError("a silent run tells nothing")

    with WatchedRun(script, SilentChannel(), model, reports, never, clock) as run:
        seen = []
        for epoch in run.epochs():
            for _ in run.batches(loader()):
                run.step(loss=torch.ones(3))
            run.epoch(val_loss=1.0)
            seen.append(epoch)
    assert seen == [0, 1]
    assert script.step == 6
    assert not reports.means.start_reading().wait()
