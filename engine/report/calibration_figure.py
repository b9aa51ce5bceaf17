"""The reliability diagram: how often the network is right, by how sure it says to be."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from engine.report import report_text
from engine.report.figure_style import PALETTE, Drawing, styled
from engine.report.run_facts import Calibrated

# With fewer images than this, the accuracy of a bin says little: its bar is pale.
MANY = 10


def calibration_figure(calibrated: Calibrated, families: Sequence[str]) -> Drawing:
    """Accuracy over confidence, and below it the number of images in each bin."""
    calibration = calibrated.calibration
    filled = [one for one in calibration.bins if one.images]
    at = [(one.low + one.high) / 2 for one in filled]
    width = calibration.bins[0].high - calibration.bins[0].low
    with styled(families):
        figure = Figure(figsize=(4.0, 3.9), layout="constrained")
        upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
        heights = [one.accuracy or 0.0 for one in filled]
        bars = upper.bar(at, heights, 0.92 * width, color=PALETTE["train"])
        for bar, one in zip(bars, filled, strict=True):
            bar.set_alpha(0.8 if one.images >= MANY else 0.3)
        upper.plot((0, 1), (0, 1), color=PALETTE["dim"], linestyle=(0, (4, 2)), linewidth=0.9)
        said = [one.confidence or 0.0 for one in filled]
        upper.plot(said, heights, "o", markersize=3.2, color=PALETTE["val"], clip_on=False)
        upper.set_ylabel(report_text.RIGHT)
        upper.set(xlim=(0, 1), ylim=(0, 1))
        lower.bar(at, [one.images for one in filled], 0.92 * width, color=PALETTE["dim"])
        lower.set_ylabel(report_text.IMAGES)
        lower.set_xlabel(report_text.CONFIDENCE)
        for axis in (upper.yaxis, lower.xaxis):
            axis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    caption = report_text.calibration_caption(*calibrated)
    return Drawing("calibration", caption, figure, tuple(families))
