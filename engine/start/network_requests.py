"""Requests about a trained network, or about the run that trained it."""

from __future__ import annotations

import msgspec

from engine.protocol import export_answers, predicted
from engine.protocol.answers import Note, Progress, Written
from engine.protocol.requests import CompareRuns, ExportNetwork, MeasureNetwork, Predict, Report
from engine.recipes.recipe import Recipe
from engine.run import kept_tests
from engine.start import start_text
from engine.start.engine_environment import environment
from engine.start.engine_request import EngineRequest


def predictions(wanted: Predict) -> EngineRequest[predicted.Message]:
    """Ask which classes images have. Importing torch takes the process seconds."""
    return EngineRequest(wanted, predicted.decode, start_text.PREDICTION, environment(Recipe()))


def network_test(wanted: MeasureNetwork, recipe: Recipe) -> EngineRequest[kept_tests.Message]:
    """Ask for a test; `recipe` says with how many threads."""
    settings = environment(recipe)
    return EngineRequest(wanted, kept_tests.decode, start_text.NETWORK_TEST, settings)


def export(wanted: ExportNetwork) -> EngineRequest[export_answers.Message]:
    """Ask for files of a network. Recording its computation takes seconds."""
    settings = environment(Recipe())
    return EngineRequest(wanted, export_answers.decode, start_text.EXPORT, settings)


def report(wanted: Report, recipe: Recipe) -> EngineRequest[Progress | Note | Written]:
    """Ask for a report; `recipe` says with how many threads its network computes."""
    decode = msgspec.json.Decoder(Progress | Note | Written).decode
    return EngineRequest(wanted, decode, start_text.REPORT, environment(recipe))


def comparison(wanted: CompareRuns) -> EngineRequest[Progress | Note | Written]:
    """Ask for a report on several runs, which loads no network."""
    decode = msgspec.json.Decoder(Progress | Note | Written).decode
    return EngineRequest(wanted, decode, start_text.REPORT, environment(Recipe()))
