"""What is told about event files."""

from __future__ import annotations

from pathlib import Path

from engine.text import harmless


def damaged_record(file: str, offset: int) -> str:
    return (
        f"{harmless(file)} is damaged at byte {offset:,}: the checksum of a record is wrong, "
        "so it was left out."
    )


def damaged_length(file: str, offset: int) -> str:
    return (
        f"{harmless(file)} is damaged at byte {offset:,}: the length of a record is wrong, so what "
        "follows in this file cannot be read; copy the file again if it is a copy."
    )


def foreign_record(file: str, offset: int) -> str:
    return (
        f"{harmless(file)} has a record at byte {offset:,} that is none of TensorBoard's, "
        "so it was left out."
    )


def impossible_steps(file: str) -> str:
    return (
        f"{harmless(file)} has points at steps below 0 or above 10¹², which no curve can show; "
        "they were left out."
    )


def unreadable_file(file: str, reason: str) -> str:
    return f"{harmless(file)} cannot be read ({harmless(reason)}), so its curves are missing."


def no_event_files(log: Path) -> str:
    return f"{harmless(str(log))} has no event files of TensorBoard; check the path."
