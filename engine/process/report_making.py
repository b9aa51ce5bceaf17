"""Writes a report on a run: gathers the facts, loads the network for its pictures, draws."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError
from engine.process import page_writing
from engine.protocol import requests
from engine.protocol.answers import Answer, Note, Progress
from engine.protocol.requests import path_of
from engine.report import report_text
from engine.report.fonts import FontChoice, package_for
from engine.report.network_pictures import NetworkPictures, recorded_maps
from engine.report.page import page
from engine.report.private_words import places_of, without_places
from engine.report.report_drawings import ShownImages, drawings, fonts_of
from engine.report.run_facts import RunFacts, read_facts
from engine.run.run_paths import RunDir
from engine.trained import trained_text


def reported(request: requests.Report) -> Iterator[Answer]:
    """Progress, notes, and the page as `Written`.

    Raises RunError where the run has said nothing, or a file cannot be written.
    """
    run = RunDir(path_of(request.run))
    for step in read_facts(run):
        if isinstance(step, RunFacts):
            facts = step
        else:
            yield step
    if facts.live:
        yield Note(report_text.taken_as_it_is(run.label))
    yield Progress(trained_text.LOADING)
    images = _images(run, facts) if request.images else _no_images()
    yield Progress(report_text.DRAWING)
    fonts = fonts_of(facts)
    if fonts.missing:
        yield Note(report_text.characters_without_font(fonts.missing, package_for(fonts.missing)))
    drawn = list(drawings(facts, images, fonts.families))
    lacking = _lacking(run, facts, images, fonts)
    content = page(facts, drawn, images.doubtful, lacking).encode()
    yield from page_writing.written(request, drawn, content)


def _lacking(run: RunDir, facts: RunFacts, images: ShownImages, fonts: FontChoice) -> list[str]:
    """Sentences about what the report lacks, without the places of this machine."""
    host = facts.history.run.host if facts.history.run is not None else ""
    places = [str(run.path), *places_of(facts.recipe)]
    boxes = (report_text.MISSING_GLYPHS,) if fonts.missing else ()
    return [
        without_places(said, host, places) for said in (*facts.lacking, *images.lacking, *boxes)
    ]


def _no_images() -> ShownImages:
    return ShownImages(lacking=(report_text.NO_IMAGES_WANTED,))


def _images(run: RunDir, facts: RunFacts) -> ShownImages:
    """The pictures; those that the run has recorded where its data or network cannot be loaded.

    Nobody but its program can load the network of a watched run.
    """
    if facts.history.run is None:
        return ShownImages()
    lacking = list[str]()
    if facts.recipe is not None:
        try:
            return _of_network(run, facts)
        except EngineError as error:
            lacking = [report_text.no_pictures(str(error))]
    maps = recorded_maps(facts.history.maps.values(), facts.classes)
    lacking += [report_text.MAPS_OF_JOURNAL] if maps is not None and lacking else []
    return ShownImages(maps, lacking=tuple(lacking))


def _of_network(run: RunDir, facts: RunFacts) -> ShownImages:
    """Raises EngineError where the network or its images cannot be loaded."""
    from engine.process.inspected_model import load_saved_model
    from engine.process.resume_checks import image_list
    from engine.report.doubtful_pictures import doubtful_pictures

    saved = load_saved_model(run)
    pictures = NetworkPictures(saved.model, saved.dataset, saved.normalise, saved.judge)
    doubtful, lacking = doubtful_pictures(saved.dataset, facts.doubtful.splits)
    maps = pictures.maps()
    now, known = image_list(saved.dataset.validation, saved.recipe), facts.predictions
    if known is not None and (known.digest, len(known.labels)) != (now.digest, now.images):
        others = dict.fromkeys((report_text.OTHER_VALIDATION, *lacking))
        return ShownImages(maps, doubtful=doubtful, lacking=tuple(others))
    return ShownImages(maps, tuple(pictures.mistakes(facts)), doubtful, lacking)
