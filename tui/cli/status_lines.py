"""The status of a run as a few lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET

from engine import numbers
from engine.protocol.events import MaybeMeasured
from engine.text import examples, harmless
from tui.cli import status_text
from tui.screens.verdict import Verdict
from tui.viewer import viewer_text
from tui.viewer.run_status import RunStatus

# The width of the longest heading, and of the gap after it.
INDENT = 12
# Of more scalars, a screen shows these; `--json` has all.
MOST_SCALARS = 6
# The levels of a verdict that no line may contradict.
BAD = ("error", "warning")


def lines(status: RunStatus, now: float, judged: Sequence[Verdict] = ()) -> Iterator[str]:
    """One line for each thing that is known; `judged` are the verdicts, the worst first."""
    yield _heading(status)
    if status.error:
        yield _line("error", [harmless(status.error)])
    if status.steps or status.step:
        yield _line("progress", _progress(status))
    yield _line("training", _training(status) or [status_text.NONE_YET])
    if status.validated_epoch is not None:
        yield _line("validation", _validation(status))
    if status.best_epoch is not None:
        loss = status.best_loss if status.best_top1 is UNSET else UNSET
        yield _line("best", [*_scores(loss, status.best_top1), _at(status.best_epoch)])
    if status.test_top1 is not None:
        yield _line("test", _scores(status.test_loss, status.test_top1))
    yield _line("time", _time(status))
    if status.scalars:
        found = status.scalars.items()
        shown = (f"{name} {numbers.significant(value)}" for name, value in found)
        yield _line("scalars", [examples(shown, most=MOST_SCALARS)])
    worst = next(iter(judged), None)
    if worst is not None:
        yield _line("verdict", [_said(worst)])
    if status.alert is not None or worst is None or worst.level not in BAD:
        yield _line("alert", _alert(status, now))
    yield _line("checkpoint", _checkpoint(status, now))


def _said(worst: Verdict) -> str:
    return f"{worst.level}: {worst.text}" if worst.level in BAD else worst.text


def _line(heading: str, words: list[str]) -> str:
    return f"  {heading:<{INDENT}}" + "   ".join(words)


def _heading(status: RunStatus) -> str:
    word = viewer_text.STATE_WORDS[status.state]
    what = f"{status.arch} on {status.data}" if status.arch else ""
    if status.watched is not None:
        what = ", ".join(
            word for word in (status.watched.program, status.watched.framework) if word
        )
    where = status.device
    phase = status.phase if status.phase not in ("", "training", "paused") else ""
    return "   ".join(harmless(part) for part in (status.run, word, phase, what, where) if part)


def _progress(status: RunStatus) -> list[str]:
    """What is done, and of how much if that is known."""
    epochs = f"/{status.epochs}" if status.epochs else ""
    if not status.steps:
        return [f"epoch {status.epoch}{epochs}", f"step {status.step:,}"]
    share = numbers.whole_share(min(1.0, status.step / status.steps))
    return [f"epoch {status.epoch}{epochs}", f"step {status.step:,}/{status.steps:,}", share]


def _training(status: RunStatus) -> list[str]:
    """What the newest steps measured; empty before the first."""
    if status.lr is None and status.watched is None:
        return []
    words = _scores(status.step_loss, status.step_top1) if status.step else []
    if status.lr is not None:
        words.append(f"lr {numbers.significant(status.lr)}")
    if status.pace is not None or status.watched is None:
        words.append(f"{numbers.speed(status.pace)} img/s")
    return words


def _scores(loss: MaybeMeasured, top1: MaybeMeasured) -> list[str]:
    """Those of the two that were measured."""
    words = [f"loss {numbers.significant(loss)}"] if loss is not UNSET else []
    return words + ([f"top1 {numbers.share(numbers.number(top1))}"] if top1 is not UNSET else [])


def _validation(status: RunStatus) -> list[str]:
    more = [("top5", status.top5), ("balanced", status.balanced)]
    shown = [f"{name} {numbers.share(value)}" for name, value in more if value is not None]
    return [*_scores(status.loss, status.top1), *shown, _at(status.validated_epoch)]


def _at(epoch: int | None) -> str:
    return f"epoch {epoch}"


def _time(status: RunStatus) -> list[str]:
    words = [f"elapsed {numbers.duration(status.elapsed)}"]
    if status.remaining is not None:
        words.append(f"remaining {numbers.duration(status.remaining)}")
    return words


def _alert(status: RunStatus, now: float) -> list[str]:
    alert = status.alert
    if alert is None:
        return [status_text.NO_ALERT]
    return [f"{alert.level}: {harmless(alert.text)}", f"step {alert.step:,}", _ago(alert.time, now)]


def _checkpoint(status: RunStatus, now: float) -> list[str]:
    saved = status.checkpoint
    if saved is None:
        return [status_text.NONE_YET]
    return [
        harmless(saved.file),
        _at(saved.epoch),
        f"step {saved.step:,}",
        numbers.size(saved.bytes),
        _ago(saved.time, now),
    ]


def _ago(moment: float, now: float) -> str:
    return status_text.ago(numbers.duration(max(0.0, now - moment)))
