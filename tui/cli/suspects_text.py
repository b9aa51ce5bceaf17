"""Words of `cnn-tui suspects`."""

from __future__ import annotations

from tui.cli.cli_text import WHICH_RUN

HELP = f"""List training images whose label is doubtful.

The most doubtful one comes first, by what the network said of each image while it learned from
it. That is no verdict: look at them. A line before says whether images stand out at all, and what
`inspect-data` has found in two classes or in two splits stands on top.
{WHICH_RUN}"""
HELP_VALIDATION = (
    "List the validation images that the best network takes most surely for another class."
)
HELP_COUNT = "List so many of the most doubtful ones, not only those to look at first; at most 500."
