"""Asks an engine for training images of a recipe, before there is a run."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import msgspec

from engine import text
from engine.errors import RunError
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_toml import to_toml
from engine.start import start_text
from engine.start.engine_environment import environment


class PreviewRequest:
    """An engine that loads some training images as the network would see them."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = to_toml(recipe).encode()
        self._engine = subprocess.Popen(
            [sys.executable, "-m", "engine", "--preview", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(recipe),
        )

    def reply(self) -> events.Augmented:
        """The images. Importing torch takes the engine seconds.

        Raises RunError with the engine's error, and after `cancel`.
        """
        with self._engine:
            output, errors = self._engine.communicate(self._recipe)
        if self._engine.returncode < 0:
            raise RunError(text.killed(start_text.PREVIEW, -self._engine.returncode))
        with contextlib.suppress(msgspec.MsgspecError):
            shown = events.decode(output)
            if isinstance(shown, events.Augmented):
                return shown
        complaint = errors.decode(errors="replace").strip().rpartition("\n")[2]
        raise RunError(text.harmless(complaint.removeprefix("cnn-tui: ")) or start_text.NO_PREVIEW)

    def cancel(self) -> None:
        """End the engine, if it still loads."""
        self._engine.kill()
