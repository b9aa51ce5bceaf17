"""Sentences for the user about the queue."""

from __future__ import annotations

from engine.text import harmless


def unreadable(file: object, why: str) -> str:
    return f"the queue cannot be read: {harmless(str(file))}: {harmless(why)}; check the file."


def damaged(file: object, why: str) -> str:
    return (
        f"the queue file {harmless(str(file))} is damaged ({harmless(why)}): mend it, or rename it "
        "to begin with an empty queue; the runs in it stay as they are."
    )
