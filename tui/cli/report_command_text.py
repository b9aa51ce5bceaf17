"""Words of `cnn-tui report`."""

from __future__ import annotations

from engine.numbers import size
from engine.text import harmless
from tui.cli.cli_text import WHICH_RUN

HELP = f"""Write a report on one or more runs as one HTML file.

It shows curves, mistakes, layers and recipe, needs no network, and prints well. Of several runs it
shows their curves in one figure, what differs in their recipes, and whether they differ by more
than chance. It is made with the package matplotlib. {WHICH_RUN}
race:LABEL means all runs of a race."""
HELP_OUTPUT = "The file to write (default: NAME-OF-THE-RUN.html; of several, comparison.html)."
HELP_NO_IMAGES = "Show no image of the data, and no feature maps."
HELP_PICTURES = "Also write each figure to this folder, as PNG with 300 dpi, PDF and SVG."
STOPPED = "stopped: no report was written"


def written(path: object, length: int) -> str:
    return f"{harmless(str(path))}, {size(length)}"


def named_twice(label: str) -> str:
    return f"{harmless(label)} is named twice: name each run once."
