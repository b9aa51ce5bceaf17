"""Requests about a trained network."""

from __future__ import annotations

from engine.protocol import export_answers
from engine.protocol.requests import ExportNetwork
from engine.recipes.recipe import Recipe
from engine.start import start_text
from engine.start.engine_environment import environment
from engine.start.engine_request import EngineRequest


def export(wanted: ExportNetwork) -> EngineRequest[export_answers.Message]:
    """Ask for files of a network. Recording its computation takes seconds."""
    settings = environment(Recipe())
    return EngineRequest(wanted, export_answers.decode, start_text.EXPORT, settings)
