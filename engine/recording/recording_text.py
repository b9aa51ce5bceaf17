"""Sentences for the user about the recording of a script."""

from __future__ import annotations

from engine.text import folder, harmless

# The bytes of a line that the log shows.
MOST_SHOWN = 1000

NOT_UNDERSTOOD = (
    "The recorder does not understand the first line of this script: install the same version of "
    "cnn-tui in both environments."
)


def cannot_record(runs_dir: object, refusal: str) -> str:
    """`refusal` is what `text.refused` says, here and below."""
    return (
        f"The run cannot be recorded, since {folder(runs_dir)} cannot be written: {refusal}, or "
        "name another folder with runs_dir=."
    )


def recorder_is_older(python: str) -> str:
    """`python` is the interpreter of the recorder."""
    return (
        f"The recorder of {harmless(python)} is older than this script's cnn_tui: update cnn-tui "
        "there."
    )


def ended_without_a_word(program: str, *, out_of_memory: bool, saved: bool) -> str:
    """`saved`: there is a checkpoint of the script."""
    memory = ", and the kernel ended a process for lack of memory" if out_of_memory else ""
    less = ": give it smaller batches or fewer workers, " if out_of_memory else ": "
    look = "" if out_of_memory else "look at what it printed last, "
    then = "then start it again" + (" (`run.resume()` loads its checkpoint)" if saved else "")
    return f"{harmless(program)} ended without a word{memory}{less}{look}{then}."


def bad_lines(why: str) -> str:
    """`why` is what was wrong with the first of them."""
    return (
        f"a line of the script cannot be read, and is left out like all such lines "
        f"({harmless(why)}): install the same version of cnn-tui in both environments."
    )


def bad_line(line: bytes) -> str:
    return f"the first line that cannot be read: {harmless(repr(line[:MOST_SHOWN]))}"


def bad_lines_counted(count: int) -> str:
    return f"lines of the script that could not be read: {count:,}."


def journal_lost(refusal: str) -> str:
    return f"the journal cannot be written: {refusal}, and start again."
