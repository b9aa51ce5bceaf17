"""The page of several runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.comparison import comparison_tables, comparison_text
from engine.comparison.compared_training import ComparedTraining
from engine.comparison.comparison import Comparison
from engine.report import comparison_values, report_text
from engine.report.figure_style import Drawing
from engine.report.page import rendered
from engine.report.page_values import places_left_out
from engine.text import harmless

TEMPLATE = "comparison.html"


def comparison_page(
    found: Comparison,
    trainings: Sequence[ComparedTraining],
    drawings: Iterable[Drawing],
    lacking: Iterable[str],
) -> str:
    """The whole HTML file."""
    commands = comparison_values.repeats(trainings)
    images = found.images
    return rendered(
        TEMPLATE,
        drawings,
        title=report_text.comparison_of(len(trainings)),
        made=report_text.MADE_OF_SEVERAL,
        what=comparison_values.what(trainings),
        summary=[*comparison_values.summary(found, trainings)],
        head=[*comparison_values.head(found, trainings)],
        lacking=[*lacking],
        results=comparison_tables.results_table(found),
        groups=comparison_tables.groups_table(found),
        folded=" ".join([comparison_text.FOLDED, comparison_tables.told_recipes(found)]).strip(),
        pairs=comparison_tables.pairs_table(found),
        matrix=comparison_tables.matrix_table(found),
        matrix_means=comparison_text.MATRIX_MEANS,
        told=comparison_tables.told_pairs(found),
        one_network=comparison_text.ONE_NETWORK,
        accuracies=comparison_tables.accuracies_table(found),
        accuracies_are=comparison_text.ACCURACIES_ARE,
        classes=comparison_tables.classes_table(images.classes) if images is not None else None,
        images=comparison_tables.told_images(found),
        labels=[harmless(training.label) for training in trainings],
        commands=commands,
        places=places_left_out(one.value for one in commands),
    )
