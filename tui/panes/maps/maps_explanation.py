"""Sentences that explain feature maps, and the prediction for the image."""

from __future__ import annotations

from collections.abc import Iterator

from engine import numbers
from engine.protocol.events import FeatureMaps
from engine.run.history import History
from engine.text import harmless
from tui.drawing.mistakes import class_name
from tui.panes.maps import maps_text


def sentences(history: History) -> Iterator[str]:
    yield maps_text.EXPLAIN_MAPS
    if not history.maps:
        yield maps_text.EXPLAIN_NO_MAPS
        return
    names = [layer.name for layer in history.run.layers] if history.run else []
    deepest = max(history.maps, key=lambda name: names.index(name) if name in names else -1)
    yield maps_text.explain_layers(harmless(next(iter(history.maps))), harmless(deepest))
    event = history.maps[deepest]
    if event.top:
        yield _prediction(event, history.classes)


def _prediction(event: FeatureMaps, classes: tuple[str, ...]) -> str:
    predicted, probability = event.top[0]
    name, share = class_name(classes, predicted), numbers.whole(probability)
    if predicted == event.true:
        return maps_text.explain_right(name, share)
    return maps_text.explain_wrong(name, share, class_name(classes, event.true))
