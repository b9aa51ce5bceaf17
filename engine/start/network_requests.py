"""Requests about a trained network."""

from __future__ import annotations

from engine.protocol import export_answers, predicted
from engine.protocol.requests import ExportNetwork, Predict
from engine.recipes.recipe import Recipe
from engine.start import start_text
from engine.start.engine_environment import environment
from engine.start.engine_request import EngineRequest


def predictions(wanted: Predict) -> EngineRequest[predicted.Message]:
    """Ask which classes images have. Importing torch takes the process seconds."""
    return EngineRequest(wanted, predicted.decode, start_text.PREDICTION, environment(Recipe()))


def export(wanted: ExportNetwork) -> EngineRequest[export_answers.Message]:
    """Ask for files of a network. Recording its computation takes seconds."""
    settings = environment(Recipe())
    return EngineRequest(wanted, export_answers.decode, start_text.EXPORT, settings)
