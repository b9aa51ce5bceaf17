"""Sentences that explain the table of layers and the report on their health that it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import numbers
from engine.run.layer_diagnosis import Diagnosis, Verdict, frozen, is_finite, worst
from tui.panes.layers import layers_text
from tui.panes.layers.layer_columns import LayerTable
from tui.shared_text import layer_named

# A larger share of the weights in one update is mentioned, although it may be harmless.
LARGE_UPDATE = 0.1


def sentences(table: LayerTable, diagnosis: Diagnosis) -> Iterator[str]:
    """What the table and the diagnosis say."""
    yield layers_text.EXPLAIN_LAYERS
    if not table.layers:
        closed, none = layers_text.EXPLAIN_CLOSED, layers_text.EXPLAIN_NO_LAYERS
        yield closed if table.is_closed else none
        return
    largest = max(table.layers, key=lambda layer: layer.parameters)
    whole = sum(layer.parameters for layer in table.layers)
    if whole:
        share = numbers.whole(largest.parameters / whole)
        yield layers_text.explain_largest(layer_named(largest.name), share)
    verdicts = [*diagnosis.verdicts.values()]
    if sick := worst(verdicts):
        yield _problem(sick[0])
        if len(sick) > 1:
            yield layers_text.explain_others(len(sick) - 1)
        if milder := sum(bool(one.problem) for one in verdicts) - len(sick):
            yield layers_text.explain_milder(milder)
    elif verdicts:
        yield from _healthy(verdicts)


def _problem(verdict: Verdict) -> str:
    layer = layer_named(verdict.health.layer)
    if verdict.problem == "dead":
        return layers_text.explain_dead(layer, numbers.percent(verdict.health.dead))
    if verdict.problem == "vanishing":
        return layers_text.explain_vanishing(layer)
    if not is_finite(verdict.health):
        return layers_text.explain_not_finite(layer)
    return layers_text.explain_exploding(layer)


def _healthy(verdicts: Sequence[Verdict]) -> Iterator[str]:
    learning = [one.health for one in verdicts if not frozen(one.health)]
    yield layers_text.explain_healthy(len(learning), len(verdicts) - len(learning))
    deadest = max((one.health for one in verdicts), key=lambda health: health.dead or 0.0)
    if deadest.dead:
        share = numbers.percent(deadest.dead)
        yield layers_text.explain_few_dead(layer_named(deadest.layer), share)
    fastest = max((one.health for one in verdicts), key=lambda health: health.update or 0.0)
    if (fastest.update or 0.0) > LARGE_UPDATE:
        share = numbers.whole(fastest.update)
        yield layers_text.explain_large_update(layer_named(fastest.layer), share)
