"""A verdict on each file of a data set."""

from __future__ import annotations

from collections.abc import Iterator

from engine.data.inventory.inventory import Inventory
from engine.data.survey import survey_text
from engine.data.survey.duplicates import places
from engine.data.survey.survey import FileRow, Findings
from engine.data.survey.surveying import Headers


def file_rows(inventory: Inventory, headers: Headers, found: Findings | None) -> Iterator[FileRow]:
    """All files: those of the splits in order, those without a class, those that are left out."""
    images = inventory.images
    verdicts = {
        images[index][0].name: survey_text.broken(why) for index, why in headers.broken.items()
    }
    if found is not None:
        verdicts = _verdicts(found) | verdicts
    for each in places(inventory):
        verdict = verdicts.get(each.name, survey_text.OK)
        yield FileRow(each.name, each.label, each.split, verdict)
    for stored in inventory.unlabelled:
        yield FileRow(stored.name, "", "", survey_text.NO_CLASS)
    for why, names in inventory.skipped.items():
        for name in names:
            yield FileRow(name, "", "", survey_text.skipped(why))


def _verdicts(found: Findings) -> dict[str, str]:
    """The verdict on each file with one, the gravest if there are several."""
    verdicts = {each.name: survey_text.CONSTANT for each in found.constant}
    for first, *others in found.twice:
        verdicts |= {each.name: survey_text.duplicate_of(first.name) for each in others}
    verdicts |= {leak.name: survey_text.also_in_training(to.name) for leak, to in found.leaks}
    return verdicts | {each.name: survey_text.broken(why) for each, why in found.broken}
