"""What a run is doing now: one object, whose fields are the interface of `status --json`."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from engine.protocol import events
from engine.protocol.events import MaybeMeasured, Measured, known
from engine.run import run_liveness
from engine.run.fold import IMAGES_PER_SECOND
from engine.run.history import History
from engine.run.reports import scalar_name
from engine.run.run_fields import RunState
from engine.run.run_liveness import Liveness
from engine.run.run_paths import RunDir
from tui.viewer import run_summary


class LastAlert(msgspec.Struct, frozen=True):
    """The newest warning or error."""

    level: str
    code: str
    text: str
    step: int
    time: float


class LastCheckpoint(msgspec.Struct, frozen=True):
    """The newest checkpoint that is durable."""

    file: str
    epoch: int
    step: int
    bytes: int
    time: float


class RunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Shares are fractions, times are seconds, `time` and `started` are unix seconds.

    None stands for what is unknown, was not measured or is not finite; `watched` is None in a run
    of the engine. What another program does not measure at all is UNSET. `epoch` is the one in
    training, from 1, and `validated_epoch` the last one before it. `pace` is in images per second.
    `seq` is the number of the last event, as `status --since` takes it.
    """

    run: str
    number: int | None
    path: str
    state: RunState
    error: str
    arch: str
    data: str
    device: str
    watched: events.Watched | None
    phase: str
    phase_note: str
    phase_fraction: float | None
    epoch: int
    epochs: int
    step: int
    steps: int
    step_loss: MaybeMeasured
    step_top1: MaybeMeasured
    lr: float | None
    pace: float | None
    elapsed: float
    remaining: float | None
    validated_epoch: int | None
    train_loss: MaybeMeasured
    train_top1: MaybeMeasured
    loss: MaybeMeasured
    top1: MaybeMeasured
    top5: Measured
    balanced: Measured
    best_epoch: int | None
    best_loss: MaybeMeasured
    best_top1: MaybeMeasured
    test_loss: Measured
    test_top1: Measured
    scalars: dict[str, Measured]
    alert: LastAlert | None
    checkpoint: LastCheckpoint | None
    started: float
    time: float
    seq: int


def status_now(run: RunDir, now: float) -> RunStatus:
    """Read and fold the whole journal of the run."""
    # First the lock, then the journal: so everything that an ending engine writes is read.
    liveness = run_liveness.liveness(run)
    return status_of(run, run_summary.read_history(run), liveness, now)


def status_of(run: RunDir, history: History, liveness: Liveness, now: float) -> RunStatus:
    """The status of a run; the history is that of its whole journal."""
    return RunStatus(
        **_identity(run, history, liveness),
        **_phase(history.phase if liveness != "gone" else None),
        **_progress(history, liveness, now),
        **_results(history),
        scalars=_scalars(history),
        alert=_alert(history),
        checkpoint=_checkpoint(history.checkpoint),
        started=history.first_time,
        time=history.last_time,
        seq=history.last_seq,
    )


def _identity(run: RunDir, history: History, liveness: Liveness) -> dict[str, Any]:
    state = run_summary.state_of(run, history, liveness)
    arch, data = history.names
    return {
        "run": run.label,
        "number": run.number,
        "path": str(run.path),
        "state": state,
        "error": run_summary.error_of(run, history) if state == "failed" else "",
        "arch": arch,
        "data": data,
        "watched": history.watched,
        "device": history.run.device if history.run else "",
    }


def _phase(phase: events.Phase | None) -> dict[str, Any]:
    """The phase of a live engine."""
    return {
        "phase": phase.name if phase else "",
        "phase_note": phase.note if phase else "",
        "phase_fraction": known(phase.fraction) if phase else None,
    }


def _progress(history: History, liveness: Liveness, now: float) -> dict[str, Any]:
    report = history.reports.last
    # Another program may never report steps.
    none_yet = None if history.watched is None else UNSET
    goes_on = liveness == "live" and history.ended is None
    return {
        "epoch": history.epoch if history.run else 0,
        "epochs": history.epochs_planned or 0,
        "step": history.step,
        "steps": history.planned_steps or 0,
        "step_loss": report.loss if report else none_yet,
        "step_top1": report.top1 if report else none_yet,
        "lr": history.rate,
        "pace": history.pace,
        "elapsed": history.elapsed(now) if goes_on else history.elapsed(history.last_time),
        "remaining": history.remaining() if goes_on else None,
    }


def _results(history: History) -> dict[str, Any]:
    """The results of the last epoch, of the best one, and of the test."""
    last = history.epochs[-1] if history.epochs else None
    best = history.best
    return {
        "validated_epoch": last.epoch if last else None,
        "train_loss": last.train_loss if last else None,
        "train_top1": last.train_top1 if last else None,
        "loss": last.loss if last else None,
        "top1": last.top1 if last else None,
        "top5": known(last.top5) if last else None,
        "balanced": known(last.balanced) if last else None,
        "best_epoch": best.epoch if best else None,
        "best_loss": best.loss if best else None,
        "best_top1": best.top1 if best else None,
        "test_loss": history.test_loss,
        "test_top1": history.test_top1,
    }


def scalar_names(history: History) -> tuple[str, ...]:
    """The names of the scalars that were reported."""
    return tuple(_scalars(history))


def _scalars(history: History) -> dict[str, Measured]:
    """The newest value of each scalar; not the speed, which is `pace`."""
    curves = history.scalars.items()
    return {scalar_name(name): c.last for name, c in curves if name != IMAGES_PER_SECOND}


def _alert(history: History) -> LastAlert | None:
    for event in reversed(history.log):
        if isinstance(event, events.Alert) and event.level != "info":
            return LastAlert(event.level, event.code, event.text, event.step, event.time)
    return None


def _checkpoint(event: events.Checkpointed | None) -> LastCheckpoint | None:
    if event is None:
        return None
    return LastCheckpoint(event.file, event.epoch, event.step, event.bytes, event.time)
