"""What a dialog of an app under test says."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Label


def words(pilot: Pilot[Any]) -> str:
    """The labels of the dialog, one after the other."""
    return " ".join(str(label.render()) for label in pilot.app.screen.query(Label))
