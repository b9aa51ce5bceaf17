"""The keys that the footer of the dashboard offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tui import shared_text
from tui.panes.base.pane import Pane
from tui.screens import screen_text


class Situation(NamedTuple):
    """The facts that decide which keys work now.

    `steerable` says that commands would be obeyed, but for the kinds that are `refused`,
    `resumable` that an engine can train the run further, `playing` that what is played back can be
    held.
    `pane` is the focused pane if it is on the screen. `below` says that a launcher is below this
    screen, `past_epochs` that the run has any. `panes` is the number of panes.
    """

    steerable: bool
    resumable: bool
    refused: frozenset[str]
    playing: bool
    paused: bool
    zoomed: bool
    below: bool
    pane: type[Pane] | None
    past_epochs: bool
    panes: int


def footer_keys(now: Situation) -> Iterator[tuple[str, str]]:
    """The keys with their effects, the most useful first; the last two are always there."""
    if (now.steerable and "Pause" not in now.refused) or now.playing:
        yield "p", screen_text.KEY_CONTINUE if now.paused else screen_text.KEY_PAUSE
    if now.resumable:
        yield "R", screen_text.KEY_RESUME
    yield "e", screen_text.KEY_EXPLAIN
    yield "⏎", screen_text.KEY_UNZOOM if now.zoomed else screen_text.KEY_ZOOM
    if now.below:
        yield "esc", screen_text.KEY_BACK
    if now.steerable and "Steer" not in now.refused:
        yield "s", screen_text.KEY_STEER
    if now.steerable and "Checkpoint" not in now.refused:
        yield "c", screen_text.KEY_CHECKPOINT
    if now.pane is not None:
        yield from now.pane.KEYS
        if now.pane.PAST_EPOCHS and now.past_epochs:
            yield ", .", screen_text.KEY_PAST
    yield screen_text.digits(now.panes), screen_text.KEY_PANES
    if now.steerable:
        yield "d", screen_text.KEY_DETACH
    yield ":", screen_text.KEY_COMMANDS
    running = screen_text.KEY_LEAVE_PAUSED if now.paused else screen_text.KEY_LEAVE_RUNNING
    yield "q", running if now.steerable else screen_text.KEY_LEAVE
    yield "?", shared_text.KEY_HELP
