"""Whether anything can be read of a journal that is there."""

from __future__ import annotations

from engine import regular_files, text
from engine.run import run_text
from engine.run.journal_tail import JournalTail
from engine.run.run_paths import RunDir

# The first events of a sound journal lie in so many bytes.
FIRST_BYTES = 1 << 14


def sentence(run: RunDir) -> str:
    """Why nothing can be read of a run's journal; "" if something can, or nothing was written.

    A line that is cut off and the only one was being written when the engine died.
    """
    try:
        with regular_files.open_to_read(run.journal) as file:
            first = file.read(FIRST_BYTES)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return run_text.journal_unreadable(run.journal, text.reason(error))
    is_first_line = first.startswith(b"{") and b"\n" not in first
    if not first or is_first_line or JournalTail(run.journal).read(FIRST_BYTES):
        return ""
    return run_text.journal_damaged(run.label, run.selector)
