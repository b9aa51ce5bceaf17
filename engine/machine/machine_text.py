"""Sentences for the user about this machine."""

from __future__ import annotations

from engine.text import harmless

MEASURES = "measuring what is fastest on this machine"
WAITS = "waiting for another start that measures this machine"
# Notes that say by themselves what a start does.
WHOLE_NOTES = (MEASURES, WAITS)


def not_kept(folder: str, why: str) -> str:
    return (
        f"the measured choice cannot be kept in {harmless(folder)} ({harmless(why)}), so another "
        "start may choose another precision: set XDG_CACHE_HOME to a folder that can be written, "
        "or --set precision and memory_format."
    )


def no_lock(folder: str, why: str) -> str:
    return (
        f"{harmless(folder)} has no locks ({harmless(why)}), so starts at the same time all "
        "measure this machine; they still take the same choice."
    )
