"""Words about a run and its engine, about a recording and about a log."""

from __future__ import annotations

from collections.abc import Mapping

SIGNS: Mapping[str, str] = {
    "starting": "○",
    "live": "●",
    "paused": "‖",
    "done": " ",
    "stopped": "↻",
    "failed": "✗",
    "silent": "?",
}

STATE_WORDS: Mapping[str, str] = {
    "starting": "starting",
    "live": "training",
    "paused": "paused",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "silent": "silent",
}

RECORDING = "This is a recording: it has no engine."
