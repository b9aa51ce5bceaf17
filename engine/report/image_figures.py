"""Feature maps as an article shows them, and the images of the most frequent mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

from engine.numbers import whole_share
from engine.report import report_text
from engine.report.confusion_figure import shortened
from engine.report.confusions import Pair
from engine.report.figure_style import PALETTE, SMALL, WIDTH, Drawing, blank, styled
from engine.text import harmless

Pixels = NDArray[np.uint8]
# The channels of a layer that are shown, and the columns of their grid.
MAPS, COLUMNS = 16, 8
# The images of a pair in a row; the widths of its names and of an image, and its height, in inches.
IN_A_ROW = 7
NAMES = 1.75
SIDE = (WIDTH - NAMES) / IN_A_ROW
ROW = SIDE + 0.16


class LayerMaps(NamedTuple):
    """The first channels of a layer's output for one image: grids (H, W) of finite numbers."""

    layer: str
    channels: int
    grids: tuple[NDArray[np.float32], ...]


class ImageMaps(NamedTuple):
    """The feature maps of one validation image (H, W) or (H, W, 3), and what it was taken for."""

    pixels: Pixels
    true: str
    predicted: str
    probability: float | None
    layers: tuple[LayerMaps, ...]


class Mistaken(NamedTuple):
    """An image of a pair of classes, and the probability of the class that it was taken for."""

    pixels: Pixels
    probability: float | None


class PairImages(NamedTuple):
    """Some images of a frequent mistake."""

    pair: Pair
    images: tuple[Mistaken, ...]


def map_figure(maps: ImageMaps, families: Sequence[str]) -> Drawing:
    """The image, and a grid of maps for each layer in viridis."""
    rows = [-(-len(layer.grids) // COLUMNS) for layer in maps.layers]
    side = WIDTH / COLUMNS
    heights = [0.3 + side * count for count in rows]
    with styled(families):
        figure = Figure(figsize=(WIDTH, 1.5 + sum(heights)))
        parts = figure.subfigures(1 + len(rows), 1, height_ratios=[1.5, *heights], squeeze=False)
        _draw_image(parts[0, 0], maps)
        for part, layer, count in zip(parts[1:, 0], maps.layers, rows, strict=True):
            _draw_layer(part, layer, count)
    return Drawing("feature-maps", report_text.maps_caption(maps), figure, tuple(families))


def _draw_image(part: SubFigure, maps: ImageMaps) -> None:
    axes = part.add_axes((0, 0.02, 1.3 / WIDTH, 0.9), anchor="W")
    _draw_pixels(axes, maps.pixels)
    axes = part.add_axes((1.45 / WIDTH, 0.02, 0.6, 0.9))
    blank(axes)
    for line, (text, ink) in enumerate(
        (
            (report_text.INPUT_IMAGE, "dim"),
            (report_text.true_class(shortened(maps.true)), "ink"),
            (report_text.predicted_class(shortened(maps.predicted), maps.probability), "ink"),
        )
    ):
        axes.text(0, 1 - 0.18 * line, text, va="top", color=PALETTE[ink])


def _draw_layer(part: SubFigure, layer: LayerMaps, rows: int) -> None:
    inches = 0.3 + WIDTH / COLUMNS * rows
    top = 1 - 0.26 / inches
    title = report_text.maps_title(harmless(layer.layer), len(layer.grids), layer.channels)
    part.text(0, 1 - 0.06 / inches, title, va="top", color=PALETTE["ink"])
    grid = part.add_gridspec(
        rows, COLUMNS, left=0, right=1, bottom=0, top=top, wspace=0.05, hspace=0.05
    )
    for place, values in enumerate(layer.grids):
        axes = part.add_subplot(grid[place // COLUMNS, place % COLUMNS])
        axes.imshow(values, cmap="viridis")
        blank(axes)


def _draw_pixels(axes: Axes, pixels: Pixels) -> None:
    if pixels.ndim == 2:
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255)
    else:
        axes.imshow(pixels)
    blank(axes)


def mistake_figure(
    pairs: Sequence[PairImages], classes: Sequence[str], families: Sequence[str]
) -> Drawing:
    """A row for each pair: its names and count, then images with their probabilities."""
    with styled(families):
        figure = Figure(figsize=(WIDTH, ROW * len(pairs)))
        for line, shown in enumerate(pairs):
            _draw_pair(figure, shown, classes, 1 - line / len(pairs))
    return Drawing("mistakes", report_text.mistakes_caption(), figure, tuple(families))


def _draw_pair(figure: Figure, shown: PairImages, classes: Sequence[str], top: float) -> None:
    """One row, whose upper edge is at `top` of the figure's height."""
    pair, side = shown.pair, SIDE / float(figure.get_figheight())
    names = shortened(classes[pair.true]), shortened(classes[pair.predicted])
    text = report_text.pair_label(*names, pair)
    figure.text(0, top - side / 2, text, va="center", color=PALETTE["ink"], linespacing=1.35)
    for place, image in enumerate(shown.images[:IN_A_ROW]):
        start = (NAMES + place * SIDE) / WIDTH
        axes = figure.add_axes((start, top - side, 0.96 * SIDE / WIDTH, 0.96 * side))
        _draw_pixels(axes, image.pixels)
        axes.set_title(
            whole_share(image.probability), y=-0.02, pad=0, va="top", loc="center",
            fontsize=SMALL - 1, color=PALETTE["dim"],
        )  # fmt: skip
