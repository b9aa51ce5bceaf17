"""The border of the suspects pane: what is listed, and where decisions are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.suspicion import list_text
from tui import shared_text
from tui.drawing import cells
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.panes.suspects import suspects_pane_text
from tui.panes.suspects.suspects_reading import Decided

if TYPE_CHECKING:
    from engine.suspicion.run_suspects import RunSuspects


def facts(found: RunSuspects | None, room: int) -> Row:
    """`training images, epochs 1 to 12`, or a shorter form."""
    if found is None:
        return ()
    when = suspects_pane_text.after_epoch(found.epoch)
    long, short = suspects_pane_text.VALIDATION, suspects_pane_text.VALIDATION_SHORT
    if found.since_epoch is not None:
        when = list_text.epochs(found.since_epoch, found.epoch)
        long, short = suspects_pane_text.TRAINING, suspects_pane_text.TRAINING_SHORT
    forms = (f"{long}, {when}", f"{short}, {when}", short)
    return fitting([(Span(form, "dim"),) for form in forms], room)


def foot(decided: Decided | None, room: int) -> Row:
    """`labels.toml: 3 decided   next start: --labels labels.toml`, or why it cannot be read."""
    if decided is None:
        return ()
    if decided.file is None or decided.problem:
        return cells.shortened((Span(suspects_pane_text.unreadable(decided.file), "error"),), room)
    told = suspects_pane_text.file_gone if decided.gone else suspects_pane_text.decided
    count = Span(told(decided.file, len(decided.decisions)), "dim")
    if decided.gone or not decided.decisions:
        return fitting([(count,)], room)
    start = Span(f"   {suspects_pane_text.next_start(decided.file)}", "dim")
    return fitting([(count, start), (count,)], room)


def hint(shown: range, count: int) -> Row:
    """`1–15 of 20   ⏎ neighbours`: the part of the list, and what Enter does."""
    if not count:
        return ()
    part = shared_text.rows_of(shown.start + 1, shown.stop, count)
    some = [Span(f"{part}   ", "dim")] if len(shown) < count else []
    return (*some, Span("⏎ ", "key"), Span(suspects_pane_text.KEY_LOOK, "dim"))
