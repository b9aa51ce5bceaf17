"""The words in the frame of the maps pane: prediction, layer, image, epoch and channels."""

from __future__ import annotations

from collections.abc import Sequence

from engine import numbers
from engine.protocol.events import FeatureMaps
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells, predictions
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.drawing.mistakes import class_name
from tui.panes.maps import maps_text
from tui.panes.maps.map_layout import maps_tiles
from tui.panes.maps.map_rows import MapView


def maps_facts(event: FeatureMaps | None, classes: Sequence[str], room: int) -> Row:
    """`✗ dog 81.0 %   true cat`, or a shorter form: the top prediction, and whether it is right."""
    if event is None or not event.top:
        return ()
    best, probability = event.top[0]
    unlabelled = event.true < 0
    sign = Span("") if unlabelled else predictions.verdict(best, event.true)
    name = sign._replace(text=sign.text + class_name(classes, best))
    share = Span(" " + numbers.share(probability))
    true = Span(f"   {shared_text.TRUE} {class_name(classes, event.true)}", "dim")
    forms: list[Row] = [(name, share), (name,)]
    if not unlabelled and best != event.true:
        forms = [(name, share, true), (name, true), *forms]
    return fitting([*forms, (sign._replace(text=sign.text.strip()),)], room)


def maps_label(event: FeatureMaps) -> str:
    """`conv1  64×32×32`: the layer and the shape of its output."""
    return f"{shared_text.layer_named(event.layer)}  {maps_text.times(event.shape)}"


def maps_foot(event: FeatureMaps | None, at: str, room: int, receptive: int = 0) -> Row:
    """`conv1  64×32×32  sees 3×3 px   image 4217   epoch 12`, or a shorter form.

    These are the layer, its output, its receptive field, the image, and `at`, the epoch of the
    network.
    """
    if event is None:
        return ()
    label = Span(maps_label(event))
    sees = Span(f"  {maps_text.sees(receptive)}" if receptive else "", "dim")
    image = Span(f"   {maps_text.image(event.image)}", "dim")
    file = Span(f"   {maps_text.image(event.image, harmless(event.name))}", "dim")
    when = Span(f"   {at}", "dim")
    name = Span(shared_text.layer_named(event.layer))
    alone = when._replace(text=when.text.strip())
    forms = [(label, image, when), (name, image, when), (name, when), (alone,)]
    most = [cells.row(label, sees, file, when), cells.row(label, sees, image, when)]
    return fitting([*most, *forms], room) or forms[-1]


def named(layer: str, image: int) -> str:
    """`conv2, image 18`."""
    return maps_text.layer_and_image(shared_text.layer_named(layer), image)


def waiting_foot(shown: FeatureMaps | None, wanted: str, room: int) -> Row:
    """`conv1, image 0   waiting for conv2, image 18 …`: what is shown, and what was requested."""
    name = named(shown.layer, shown.image) if shown is not None else ""
    label, brief = Span(f"{name}   " if name else ""), Span(name)
    waiting = Span(maps_text.WAITING, "selected")
    long = waiting._replace(text=maps_text.waiting_for(wanted))
    next_ = waiting._replace(text=maps_text.then(wanted))
    forms = [cells.row(label, long), cells.row(brief, next_), cells.row(label, waiting), (waiting,)]
    return fitting(forms, room)


def maps_range(event: FeatureMaps | None, width: int, height: int, view: MapView) -> Row:
    """`1-6 of 64  strongest first`: the channels that are shown, and their order."""
    if event is None or not event.maps:
        return ()
    page = maps_tiles(event, width, height).page(view.first, len(event.maps))
    if not page:
        return ()
    channels = max(len(event.maps), *event.shape[:1])
    order = Span(f"  {maps_text.STRONGEST_FIRST}" if view.strongest else "", "dim")
    return cells.row(shared_text.some_of(page[0] + 1, page[-1] + 1, channels), order)
