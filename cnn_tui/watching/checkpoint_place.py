"""Where a script saves itself, and how its files survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path

from cnn_tui.watching import obeying_text
from cnn_tui.watching.command_source import CommandSource
from cnn_tui.watching.refusal_error import RefusalError

# The longest time that a save waits for the recorder to tell where the run is kept.
FOLDER_SECONDS = 5.0


def checkpoint_folder(channel: CommandSource) -> Path:
    """The folder of the run's checkpoints, which need not be there yet. Raises RefusalError."""
    recording = channel.recording(FOLDER_SECONDS)
    if recording is None:
        raise RefusalError(obeying_text.NO_FOLDER)
    return Path(recording.folder, "checkpoints")


def sync(path: Path) -> None:
    """Make a file, or the renames in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
