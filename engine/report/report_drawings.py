"""All drawings of a report, in the order of its page."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

from engine.report import calibration_figure, confusion_figure, curve_figures, image_figures
from engine.report.doubtful_sheets import Pictures
from engine.report.figure_style import Drawing
from engine.report.fonts import FontChoice, font_choice
from engine.report.image_figures import ImageMaps, PairImages
from engine.report.run_facts import RunFacts


class ShownImages(NamedTuple):
    """What a report shows of the data, and sentences about what it cannot show."""

    maps: ImageMaps | None = None
    mistakes: tuple[PairImages, ...] = ()
    doubtful: Pictures = MappingProxyType({})
    lacking: tuple[str, ...] = ()


def fonts_of(facts: RunFacts) -> FontChoice:
    """The fonts for all names in the drawings."""
    layers = facts.history.run.layers if facts.history.run is not None else ()
    return font_choice([*facts.classes, *(layer.name for layer in layers)])


def drawings(facts: RunFacts, images: ShownImages, families: tuple[str, ...]) -> Iterator[Drawing]:
    """The drawings for which there is something to draw."""
    history = facts.history
    if history.steps is not None or history.epochs:
        yield curve_figures.learning_curves(facts, families)
        if history.has_rate:
            yield curve_figures.rate_figure(facts, families)
    if facts.cells:
        yield from confusion_figure.confusion_figures(facts.cells, facts.classes, families)
    if images.mistakes:
        yield image_figures.mistake_figure(images.mistakes, facts.classes, families)
    if facts.calibrated is not None:
        yield calibration_figure.calibration_figure(facts.calibrated, families)
    if images.maps is not None:
        yield image_figures.map_figure(images.maps, families)
