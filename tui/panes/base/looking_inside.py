"""Whether there is something to look at inside a network, and what its program should give."""

from __future__ import annotations

from engine.run.history import History
from engine.text import harmless
from tui.panes.base import pane_text
from tui.panes.base.pane import Standing


def standing_inside(history: History, *, images: bool = False) -> Standing:
    """The place of a pane that needs the layers, and with `images` the images of a network.

    Where a script could give them, the pane stays and says so. A log cannot.
    """
    if not why_nothing_inside(history, images=images):
        return "shown"
    return "absent" if history.is_log else "aside"


def why_nothing_inside(history: History, *, images: bool = False) -> str:
    """The sentence that says what a program should pass to `watch`; empty if nothing lacks."""
    watched, run = history.watched, history.run
    if watched is None or run is None:
        return ""
    program = harmless(watched.program)
    if not run.layers:
        return harmless(watched.refusals.get("Probe", "")) or pane_text.needs_model(program)
    if images and not (run.validation_images or history.maps):
        return pane_text.needs_data(program)
    return ""
