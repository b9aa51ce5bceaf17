"""What a watched script is told on its standard error, at most once each."""

from __future__ import annotations


def no_recorder(reason: str) -> str:
    """Why the recorder did not start; the training goes on."""
    return f"{reason} The training goes on without being watched."


RECORDER_DIED = (
    "The recorder of this run has ended, so the run is no longer watched. The training goes on; "
    "run it again to watch it from its start."
)
NOT_UNDERSTOOD = (
    "The recorder of this run speaks another version, so the run is not watched. The training "
    "goes on; install the same version of cnn-tui in both environments."
)


def line(sentence: str) -> str:
    """The sentence as a line on standard error."""
    return f"cnn-tui: {sentence}\n"
