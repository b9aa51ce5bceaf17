"""Words about a run and its engine, about a recording and about a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.text import harmless, nearest

SIGNS: Mapping[str, str] = {
    "queued": "○",
    "starting": "○",
    "live": "●",
    "paused": "‖",
    "done": " ",
    "stopped": "↻",
    "failed": "✗",
    "silent": "?",
}

STATE_WORDS: Mapping[str, str] = {
    "queued": "queued",
    "starting": "not begun",
    "live": "training",
    "paused": "paused",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "silent": "silent",
}


def state(name: str) -> str:
    """`● training`: the sign and the word of a state; below each other, the words line up."""
    return f"{SIGNS[name]} {STATE_WORDS[name]}"


RECORDING = "This is a recording: it has no engine."

ONLY_READ = "This is a log of another program: it is only read, and takes no commands."


def more_scalars(shown: int) -> str:
    """What is said of a log with more numbers than get a curve."""
    return f"Of the many numbers in this log, the first {shown} have curves."


NO_NUMBERS_YET = "The log has no numbers yet: its curves begin with the first ones."


def waits(runs_before: int, *, paused: bool) -> str:
    """What a run in the queue waits for."""
    if paused:
        return "the queue is paused"
    if not runs_before:
        return "the run is the next one to start"
    return f"the run waits for {runs_before} run{'s' if runs_before > 1 else ''} before it"


def waits_for_race(race: str) -> str:
    """What a run waits for that has come to a rung."""
    return f"waits for the other runs of its race {harmless(race)}"


def ago(seconds: float) -> str:
    """A time in its largest unit: 40 s, 12 min, 3 h, 5 d."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name}"
    return f"{seconds:.0f} s"


def quiet_for(seconds: float) -> str:
    """The state of a log that does not grow; below a minute, tens of seconds."""
    if seconds < 10:
        return "quiet <10 s"
    return f"quiet {ago(seconds if seconds >= 60 else seconds // 10 * 10)}"


def grew_ago(seconds: float) -> str:
    return f"{ago(seconds)} ago"


COLUMNS_LISTED = "`cnn-tui runs --help` lists the columns"


def unknown_column(name: str, known: Iterable[str]) -> str:
    hint = nearest(name, known, f"{COLUMNS_LISTED}.")
    return f"runs have no column '{harmless(name)}': {hint}"


def unreported(name: str, known: Iterable[str]) -> str:
    where = f"an accuracy is top1, and {COLUMNS_LISTED}; --json has all values of a run."
    hint = where if "acc" in name else nearest(name, known, where)  # not: accumulate
    return f"no run has a value named '{harmless(name)}': {hint}"


def cannot_compare(found: int, most: int) -> str:
    if found < 2:
        return "a comparison needs at least two runs or logs: name another one."
    return f"a comparison takes at most {most} runs and logs, not {found}: name fewer."


def named_twice(label: str) -> str:
    """`label` is that of the run or log that each of the names means."""
    return f"each of these names means {harmless(label)}: name another run or log, too."


def has_vanished(label: str) -> str:
    return f"{label} has vanished: what was read of it stays on the screen."
