"""Sentences for the user about the queue."""

from __future__ import annotations

from engine.text import folder, harmless, typed


def unreadable(file: object, why: str) -> str:
    return f"the queue cannot be read: {harmless(str(file))}: {harmless(why)}; check the file."


def damaged(file: object, why: str) -> str:
    return (
        f"the queue file {harmless(str(file))} is damaged ({harmless(why)}): mend it, or rename it "
        "to begin with an empty queue; the runs in it stay as they are."
    )


def race_stuck(race: str, why: str) -> str:
    return (
        f"the race {harmless(race)} cannot go on ({harmless(why.rstrip('.'))}): mend that, and "
        "type `cnn-tui queue continue`."
    )


def other_runner(runs_dir: object) -> str:
    return (
        f"another process works through the queue of {folder(runs_dir)} already: `cnn-tui queue` "
        "shows it."
    )


def disk_full(run: str) -> str:
    return (
        f"the disk was full when {harmless(run)} ended: free some space, and type `cnn-tui queue "
        "continue`, with which it goes on from its last checkpoint."
    )


PAUSED_BY_HAND = "paused by hand: `cnn-tui queue continue` goes on."
NO_RUNNER = (
    "nothing works through the queue, as after a restart of the machine: type `cnn-tui queue "
    "continue`."
)


def said_paused(reason: str) -> str:
    """A reason that may begin with `paused by hand`."""
    return reason if reason.startswith("paused") else f"paused: {reason}"


def queue_paused(reason: str) -> str:
    return f"the queue is {said_paused(reason)}"


def queued_already(run: str, place: int) -> str:
    return (
        f"{harmless(run)} is in the queue already, at place {place}: move it with `cnn-tui queue "
        f"move {typed(run)} first`."
    )


def not_queued(run: str) -> str:
    return f"{harmless(run)} is not in the queue: `cnn-tui queue` lists what is."


def trains_now(run: str, selector: str) -> str:
    return (
        f"{harmless(run)} is training: stop it with `cnn-tui stop {typed(selector)}`, which takes "
        "it out of the queue, too."
    )


def other_command(command: str) -> str:
    """`command` is the one that the runner has, "" for none."""
    has = f"the command '{harmless(command)}'" if command else "no command"
    return (
        f"a runner works through this queue already, and has {has} for the end of its runs: to "
        "give it another one, type `cnn-tui queue pause`, wait until no run trains, and go on with "
        "`cnn-tui queue continue --on-end COMMAND`."
    )
