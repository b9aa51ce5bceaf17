"""What cannot be done, told in one sentence."""

from __future__ import annotations


class RefusalError(Exception):
    """A command or an argument is refused: `str` is one sentence that says why and what to do."""
