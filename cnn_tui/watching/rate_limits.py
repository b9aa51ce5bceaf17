"""Which learning rates a person may ask for."""

from __future__ import annotations

from cnn_tui.watching import obeying_text
from cnn_tui.watching.refusal_error import RefusalError

# The same bounds as those of the engine's runs.
HIGHEST_RATE = 1000
# A rate above this multiple of the script's own is a slip more often than a wish.
FAR_ABOVE = 100


def check_asked(lr: float | None, scale: float | None) -> None:
    """Raise RefusalError if no optimizer can train with this rate or factor."""
    if not all(0 < rate <= HIGHEST_RATE for rate in (lr, scale) if rate is not None):
        raise RefusalError(obeying_text.rate_out_of_range(HIGHEST_RATE))


def check_change(before: float, after: float, own: float, sure: bool) -> None:
    """Raise RefusalError if `after` is too high, or higher than one means unless one is `sure`.

    `own` is the highest rate that the script itself has set, 0 if it has set none.
    """
    if after > HIGHEST_RATE:
        raise RefusalError(obeying_text.rate_out_of_range(HIGHEST_RATE))
    if own and not sure and after > max(before, FAR_ABOVE * own):
        raise RefusalError(obeying_text.rate_far_above(after, own))
