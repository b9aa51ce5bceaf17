"""Writes the page of a report, and its figures, where a request wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.protocol import requests
from engine.protocol.answers import Progress, Written
from engine.protocol.requests import path_of
from engine.report import report_text
from engine.report.figure_files import write_figures
from engine.report.figure_style import Drawing
from engine.run.target_files import fill


def written(
    request: requests.Report | requests.CompareRuns, drawn: Sequence[Drawing], content: bytes
) -> Iterator[Progress | Written]:
    """Progress, and the page as `Written`. Raises RunError where a file cannot be written."""
    if request.pictures:
        yield Progress(report_text.WRITING_FIGURES)
        write_figures(drawn, path_of(request.pictures))
    fill(path_of(request.target), content)
    yield Written(len(content))
