"""Sentences that explain the table of layers and the newest report on their health."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import numbers
from engine.run.history import History
from engine.text import harmless
from tui.panes.layers import layers_text
from tui.panes.layers.diagnosis import Diagnosis, Verdict, frozen, is_finite, worst

# A larger share of the weights in one update is mentioned, although it may be harmless.
LARGE_UPDATE = 0.1


def sentences(history: History) -> Iterator[str]:
    run = history.run
    yield layers_text.EXPLAIN_LAYERS
    if run is None or not run.layers:
        yield layers_text.EXPLAIN_NO_LAYERS
        return
    largest = max(run.layers, key=lambda layer: layer.parameters)
    share = numbers.whole(largest.parameters / max(1, run.parameters))
    yield layers_text.explain_largest(harmless(largest.name), share)
    verdicts = [*Diagnosis(history.health).verdicts.values()]
    if sick := worst(verdicts):
        yield _problem(sick[0])
        if len(sick) > 1:
            yield layers_text.explain_others(len(sick) - 1)
    elif verdicts:
        yield from _healthy(verdicts)


def _problem(verdict: Verdict) -> str:
    layer = harmless(verdict.health.layer)
    if verdict.problem == "dead":
        return layers_text.explain_dead(layer, numbers.whole(verdict.health.dead))
    if verdict.problem == "vanishing":
        return layers_text.explain_vanishing(layer)
    if not is_finite(verdict.health):
        return layers_text.explain_not_finite(layer)
    return layers_text.explain_exploding(layer)


def _healthy(verdicts: Sequence[Verdict]) -> Iterator[str]:
    some_frozen = any(frozen(one.health) for one in verdicts)
    yield layers_text.EXPLAIN_HEALTHY_AND_FROZEN if some_frozen else layers_text.EXPLAIN_HEALTHY
    fastest = max(verdicts, key=lambda one: one.health.update or 0.0).health
    if (fastest.update or 0.0) > LARGE_UPDATE:
        share = numbers.whole(fastest.update)
        yield layers_text.explain_large_update(harmless(fastest.layer), share)
