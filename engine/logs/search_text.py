"""Sentences and words for the user about the logs of other programs."""

from __future__ import annotations

from engine.text import folder, harmless

TENSORBOARD = "TensorBoard"
CSV = "CSV"
JSON = "JSON"

WHAT_IS_READ = "TensorBoard event files, and CSV or JSON lines with the numbers of a training"


def no_log_file(path: object) -> str:
    return (
        f"{harmless(str(path))} is no run, and no log that is read: name a run, or one of "
        f"{WHAT_IS_READ}."
    )


def no_log_folder(path: object, *, whole: bool) -> str:
    if not whole:
        return (
            f"{folder(path)} holds too much to be searched, and no log was found so far: name the "
            "folder or the file of the log itself."
        )
    return (
        f"{folder(path)} is no run and holds no log that is read: name a folder with "
        f"{WHAT_IS_READ}."
    )


def unreadable(path: object, why: str) -> str:
    return f"the log {harmless(str(path))} cannot be read: {harmless(why)}; check the path."
