"""Sentences for the user about devices."""

from __future__ import annotations

NO_ROOM_TO_RECORD = "its activations do not fit twice into the memory of the GPU"
