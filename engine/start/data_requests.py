"""Requests about the data of a recipe, of a run or before there is one."""

from __future__ import annotations

import msgspec

from engine.catalog import data_names
from engine.data.survey import survey
from engine.data.survey.survey import Message
from engine.protocol import events, requests
from engine.protocol.requests import InspectData
from engine.recipes.recipe import Recipe
from engine.start import start_text
from engine.start.engine_environment import environment
from engine.start.engine_request import EngineRequest


def inspection(wanted: InspectData) -> EngineRequest[Message]:
    """Ask what a data set holds."""
    settings = environment(wanted.recipe)
    return EngineRequest(wanted, survey.decode, start_text.DATA_INSPECTION, settings)


def preview(recipe: Recipe) -> EngineRequest[events.Augmented]:
    """Ask for training images of a recipe. Importing torch takes the process seconds."""
    decode = msgspec.json.Decoder(events.Augmented).decode
    wanted = requests.Preview(recipe=recipe)
    return EngineRequest(wanted, decode, start_text.PREVIEW, environment(recipe))


def check_own_data(recipe: Recipe) -> None:
    """Let a process find the images of the user's own code, so that no run begins with a mistake.

    Raises DataError with its sentence, and RunError where it dies.
    """
    if data_names.user_set(recipe.data) is None:
        return
    decode = msgspec.json.Decoder(events.Event).decode
    wanted = requests.CheckData(recipe=recipe)
    list(EngineRequest(wanted, decode, start_text.DATA_CHECK, environment(recipe)).answers())
