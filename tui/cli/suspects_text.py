"""Words of `cnn-tui suspects`."""

from __future__ import annotations

from tui.cli.cli_text import WHICH_RUN

HELP = f"""List training images whose label is doubtful.

The most doubtful one comes first, by what the network said of each image while it learned from
it. That is no verdict: look at them. The first line says whether images stand out at all.
{WHICH_RUN}"""
HELP_VALIDATION = (
    "List the validation images that the best network takes most surely for another class."
)
RANK, IMAGE, GIVEN, HELD = "rank", "image", "label", "held for"
SURE, AHEAD, AGREED, NEVER = "how sure", "ahead by", "last agreed", "never"
NO_MISTAKES = "The network has all validation images right."
OTHER_IMAGES = (
    "the data holds other images than the run had, so images are told by their index alone: put "
    "them back to see their names."
)


def unnamed(why: str) -> str:
    """Why no image has a name; `why` is a sentence."""
    return f"images are told by their index alone, since they were not found: {why}"


def index(number: int) -> str:
    return f"#{number}"
