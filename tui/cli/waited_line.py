"""The line that `cnn-tui wait` ends with."""

from __future__ import annotations

from msgspec import UNSET

from engine import numbers
from engine.run.conditions import Condition, Kind, Seconds, Value
from engine.text import harmless
from tui.cli import status_text
from tui.viewer import viewer_text
from tui.viewer.run_status import RunStatus
from tui.viewer.run_waiting import Waited


def line(waited: Waited, condition: Condition | None) -> str:
    """How the waiting ended, and the numbers that matter."""
    status, until = waited.status, harmless(waited.until or "")
    run, state = harmless(status.run), viewer_text.STATE_WORDS[status.state]
    match waited.outcome:
        case "held":
            assert waited.held is not None
            assert condition is not None
            return status_text.held(run, until, waited.held.step, _values(waited, condition))
        case "timeout":
            said = status_text.timed_out(run, state, until, status.step)
        case "never":
            said = status_text.never_held(run, until, _best(status))
        case "failed":
            said = status_text.failed(run, harmless(status.error))
        case "done" | "stopped":
            said = status_text.ended(run, state, status.step, _best(status))
    if not waited.unreported:
        return said
    return status_text.unreported(said.removesuffix("."), map(harmless, waited.unreported))


def _values(waited: Waited, condition: Condition) -> str:
    """`top1=91.2% epoch=5`; durations to a tenth of a second."""
    assert waited.held is not None
    found = waited.held.values
    terms = {term.name: term for term in condition.terms}
    return " ".join(
        str(term._replace(operator="=", value=_rounded(value, term.kind)))
        for name, term in terms.items()
        if (value := found[name]) is not None
    )


def _rounded(value: Value, kind: Kind) -> Value:
    return round(value, 1) if isinstance(kind, Seconds) and isinstance(value, float) else value


def _best(status: RunStatus) -> str:
    if status.best_epoch is None:
        return ""
    if status.best_top1 is UNSET:
        return status_text.best_epoch(status.best_epoch)
    return status_text.best(numbers.share(status.best_top1), status.best_epoch)
