"""Asks an engine process to test a trained network."""

from __future__ import annotations

from engine.protocol.requests import MeasureNetwork
from engine.recipes.recipe import Recipe
from engine.run import kept_tests
from engine.run.kept_tests import Message
from engine.start import start_text
from engine.start.engine_environment import environment
from engine.start.engine_request import EngineRequest


def network_test(wanted: MeasureNetwork, recipe: Recipe) -> EngineRequest[Message]:
    """Ask for a test; `recipe` says with how many threads."""
    settings = environment(recipe)
    return EngineRequest(wanted, kept_tests.decode, start_text.NETWORK_TEST, settings)
