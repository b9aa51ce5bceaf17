"""Sentences for the user about files with the numbers of a run."""

from __future__ import annotations

from engine.text import harmless


def foreign_events(folder: object, name: str) -> str:
    return (
        f"the folder {harmless(str(folder))} holds {harmless(name)}, whose curves TensorBoard "
        "would mix with these: choose another folder."
    )


def no_numbers(run: str) -> str:
    return f"{harmless(run)} has reported no numbers yet: wait for its first steps."
