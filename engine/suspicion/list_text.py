"""Words of the lists of doubtful labels, as the command, the pane and the report show them.

The pane imports them at its start, so they need no numpy.
"""

from __future__ import annotations

RANK, IMAGE, GIVEN, HELD = "rank", "image", "label", "held for"
# How likely the class is that an image is held for; where that is not known, by how much it leads.
SURE, AHEAD = "how sure", "ahead by"
SINCE = "since when"

FROM_THE_START = "from the start"
# Of a label that ranked first in the last epoch.
AGREES = "agrees again"

NO_MISTAKES = "The network has all validation images right."
# Where images of either kind are listed.
NO_VERDICT = "this is no verdict, and a hard image with a right label is here, too."


def look_at(first: int, listed: int) -> str:
    """What to do with a list whose `first` images are to be looked at."""
    return f"Look at {f'the first {first:,}' if first < listed else 'these'}: {NO_VERDICT}"


def image_number(index: int) -> str:
    """An image without a name, by its index in its split."""
    return f"#{index}"


def held_for(name: str, likely: str) -> str:
    return f"held for {name} ({likely})"


def held_ahead(name: str, lead: str) -> str:
    """Where no probability is known, but that of this class minus that of the label."""
    return f"held for {name}, ahead by {lead}"


def since(agreed: int | None, epoch: int) -> str:
    """Since when a label has not ranked first until this epoch, which it last did in `agreed`.

    Empty for None, where that is not known.
    """
    if agreed is None:
        return ""
    if agreed == epoch:
        return AGREES
    return f"since epoch {agreed + 1}" if agreed else FROM_THE_START


def epochs(since: int, last: int) -> str:
    return f"epoch {last}" if since == last else f"epochs {since} to {last}"
