"""A line that acts while it is written, and what its check says of a mistake."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.widgets import Input

from engine.errors import UsageError
from tui.widgets.forms import LineDialog

# What is written is applied when no key has come for this long.
SOON_SECONDS = 0.05


def refusal(check: Callable[[], object]) -> str:
    """The sentence of the mistake that a check finds; empty if it finds none."""
    try:
        check()
    except UsageError as error:
        return str(error)
    return ""


class LiveLine(LineDialog):
    """A line below what it changes: soon after a key, `apply` gets what is written.

    What is wrong with it is said at every key.
    """

    DEFAULT_CSS = """
    LiveLine { align: center bottom; background: $background 0%; }
    LiveLine > .box { width: 76; padding: 0 1; }
    LiveLine .wrong { margin-top: 0; padding: 0 1; }
    """

    def __init__(
        self,
        written: str,
        refusal: Callable[[str], str],
        example: str,
        apply: Callable[[str], object],
    ) -> None:
        super().__init__(written, refusal, example)
        self._apply, self._last_key = apply, 0

    def on_input_changed(self, event: Input.Changed) -> None:
        written = event.value.strip()
        why = self.why_not(written)
        self.complain(self.plain(why))
        self._last_key += 1
        if not why:
            self.set_timer(SOON_SECONDS, partial(self._apply_unless_older, written, self._last_key))

    def _apply_unless_older(self, written: str, key: int) -> None:
        if self.is_attached and key == self._last_key:
            self._apply(written)
