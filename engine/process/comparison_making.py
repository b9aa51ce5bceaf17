"""Writes a report on several runs: reads them, compares them, and draws their curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.comparison import comparison_tables
from engine.comparison.compared_training import ComparedTraining, compared
from engine.comparison.comparison import comparison
from engine.process import page_writing
from engine.protocol import requests
from engine.protocol.answers import Answer, Note, Progress
from engine.protocol.requests import path_of
from engine.report import report_text
from engine.report.comparison_page import comparison_page
from engine.report.comparison_values import without_folders
from engine.report.fonts import font_choice, package_for
from engine.report.overlay_figure import overlay
from engine.report.run_facts import read_history
from engine.run import run_liveness
from engine.run.history import History
from engine.run.run_paths import RunDir


def compared_runs(request: requests.CompareRuns) -> Iterator[Answer]:
    """Progress, notes, and the page as `Written`. Loads no torch.

    Raises RunError where a file cannot be written.
    """
    trainings = list[ComparedTraining]()
    for path in request.runs:
        run = RunDir(path_of(path))
        for step in read_history(run):
            if isinstance(step, History):
                trainings.append(compared(run.label, step, run))
            else:
                yield step
        if run_liveness.is_live(run):
            yield Note(report_text.taken_as_it_is(run.label))
    yield Progress(report_text.DRAWING)
    yield from _written(request, trainings)


def _written(
    request: requests.CompareRuns, trainings: Sequence[ComparedTraining]
) -> Iterator[Answer]:
    found = comparison(trainings)
    fonts = font_choice(group.name for group in found.groups)
    lacking = without_folders(comparison_tables.untested(found), trainings)
    if fonts.missing:
        yield Note(report_text.characters_without_font(fonts.missing, package_for(fonts.missing)))
        lacking.append(report_text.MISSING_GLYPHS)
    drawn = [one for one in [overlay(found, trainings, fonts.families)] if one is not None]
    content = comparison_page(found, trainings, drawn, lacking).encode()
    yield from page_writing.written(request, drawn, content)
