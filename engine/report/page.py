"""The page of a report: the facts and the drawings in the template, with everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

import jinja2
from markupsafe import Markup

from engine.report import page_values, report_text
from engine.report.doubtful_sheets import Pictures, doubtful_section
from engine.report.figure_style import Drawing
from engine.report.inline_svg import inline_svg
from engine.report.run_facts import RunFacts

TEMPLATE, STYLE = "report.html", "report.css"


def page(
    facts: RunFacts, drawings: Sequence[Drawing], doubtful: Pictures, lacking: Iterable[str]
) -> str:
    """The whole HTML file. `doubtful` are pictures of the images whose label is."""
    command = page_values.repeats(facts)
    return rendered(
        TEMPLATE,
        drawings,
        title=facts.label,
        made=report_text.MADE,
        what=page_values.what(facts),
        summary=page_values.summary(facts),
        head=page_values.head_facts(facts),
        lacking=[*lacking],
        told=page_values.told(facts),
        judged=facts.judged,
        pairs=page_values.pair_rows(facts),
        classes=page_values.class_lines(facts),
        class_count=len(facts.classes),
        tests=page_values.test_lines(facts),
        doubtful=doubtful_section(facts.label, facts.doubtful, doubtful),
        layers=page_values.layer_lines(facts),
        health=facts.history.health,
        command=command,
        places=page_values.places_left_out([command]),
        steered=report_text.CHANGED_PLAN if facts.history.steerings else "",
        preset=facts.recipe.preset if facts.recipe is not None else "",
        settings=page_values.settings(facts),
        versions=page_values.versions(facts),
    )


def rendered(template: str, drawings: Iterable[Drawing], **values: object) -> str:
    """The page that a template makes of these values and drawings, in the style of all pages."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_file),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    figures = {one.name: _figure(one) for one in drawings}
    style = Markup(_file(STYLE))
    return environment.get_template(template).render(figures=figures, style=style, **values)


def _figure(drawing: Drawing) -> dict[str, object]:
    return {"svg": Markup(inline_svg(drawing)), "caption": drawing.caption}


def _file(name: str) -> str:
    return resources.files("engine.report").joinpath(name).read_text("utf-8")
