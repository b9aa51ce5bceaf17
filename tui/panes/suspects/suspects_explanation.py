"""Sentences that explain the list of suspects, and when nothing can be said yet."""

from __future__ import annotations

from collections.abc import Iterator

from engine import numbers
from engine.protocol.commands import ImageSplit
from engine.suspicion import standing, suspicion_text
from engine.suspicion.run_suspects import RunSuspects
from tui.panes.suspects import suspects_pane_text
from tui.panes.suspects.listed_suspects import SplitList
from tui.panes.suspects.suspects_reading import Decided


def sentences(split: ImageSplit, listed: SplitList, decided: Decided) -> Iterator[str]:
    """What the list is, how it is ranked, and what becomes of decisions; or why it is empty."""
    yield suspects_pane_text.EXPLAIN[split]
    found = listed.found
    if found is None:
        yield listed.told[:1].upper() + listed.told[1:]
        return
    if found.standing is not None:
        yield from _of_training(found, found.standing)
    if any(image.note for image in listed.images):
        yield suspects_pane_text.EXPLAIN_TWICE
    yield from _of_decisions(decided)


def _of_decisions(decided: Decided) -> Iterator[str]:
    if decided.problem:
        yield decided.problem
    elif decided.file is not None:
        yield suspects_pane_text.explain_decisions(decided.file)
        if decided.gone:
            yield suspects_pane_text.explain_gone(decided.file)


def _of_training(found: RunSuspects, said: standing.Standing) -> Iterator[str]:
    with_logits = all(suspect.held_probability is not None for suspect in found.suspects)
    yield suspects_pane_text.EXPLAIN_RANK if with_logits else suspects_pane_text.EXPLAIN_MARGINS
    yield suspicion_text.told(said)
    if said.state != "too early":
        nats = suspects_pane_text.far_in_nats(standing.LEAST_SCORE)
        score = nats if with_logits else suspects_pane_text.FAR_IN_MARGINS
        share = numbers.share(standing.LEAST_SHARE)
        yield suspects_pane_text.explain_stand_out(score, standing.LEAST_IMAGES, share)
