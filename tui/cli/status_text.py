"""Words of `cnn-tui status` and `cnn-tui wait`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.text import examples, harmless, nearest
from tui.cli.cli_text import WHICH_RUN

HELP_STATUS = f"""Print what a run is doing now. {WHICH_RUN}

Exit codes: 0 printed, whatever the run does; 1 there is no such run; 2 wrong usage.
"""
HELP_SINCE = (
    "Print the events after this number as lines of JSON, then a line with `seq`, the number to go "
    "on with, and `superseded`, the numbers of events before it that a resume has undone."
)
HELP_WAIT = """Wait until a run ends, or until a condition holds. RUN is a number, a part of a name,
or a path.

A condition compares numbers that the run reports, as in 'top1>90%' or 'epoch>=5 loss<0.3', where
a space means and. It is judged with every report, also with those from before. Quote it: the
shell takes > for itself. The numbers are the columns of `cnn-tui export --csv`, such as top1, loss,
train_loss, lr and epoch, also state and elapsed; docs/numbers.md lists them.

\b
Exit codes:
  0    the condition holds; without one, the run is done
  1    the run failed, its engine died, or there is no such run
  2    wrong usage
  3    the run was stopped before the condition held
  4    the run is done, and the condition never held
  124  the time of --timeout is over
  130  Ctrl+C
"""
HELP_UNTIL = "Wait until this holds, as in 'top1>90%'."
HELP_TIMEOUT = "Give up after this time, such as 90s, 30m or 2h."

NONE_YET = "none yet"
NO_ALERT = "no warning"
STOPPED_WAITING = "stopped waiting; the run goes on"


def ago(time: str) -> str:
    return f"{time} ago"


def held(run: str, until: str, step: int, values: str) -> str:
    return f"{run}: {until} holds at step {step:,}: {values}"


def timed_out(run: str, state: str, until: str, step: int) -> str:
    still = f", and {until} has not held" if until else ""
    return f"{run}: the time is over; it is {state}, at step {step:,}{still}"


def never_held(run: str, until: str, best_epoch: str) -> str:
    return f"{run}: done, and {until} never held{best_epoch}"


def failed(run: str, why: str) -> str:
    return f"{run}: failed: {why}"


def ended(run: str, state: str, step: int, best_epoch: str) -> str:
    return f"{run}: {state} at step {step:,}{best_epoch}"


def best(top1: str, epoch: int) -> str:
    return f"; best top1 {top1} in epoch {epoch}"


def best_epoch(epoch: int) -> str:
    """Of a run without an accuracy."""
    return f"; best epoch {epoch}"


def not_reported_yet(run: str, names: Sequence[str], known: Iterable[str]) -> str:
    """Of names that a live run may report later, or never."""
    near = nearest(names[0], known, "check the spelling; an accuracy is top1, train_top1 or top5.")
    return (
        f"{harmless(run)} has not reported {examples(names)} so far, and the condition cannot hold "
        f"before it does: {near}"
    )


def unreported(said: str, names: Iterable[str]) -> str:
    """With the names that a run never used, which may be misspelt."""
    return f"{said}; no report had {', '.join(names)}"
