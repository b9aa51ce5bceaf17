"""Words about a run and its engine."""

from __future__ import annotations

from collections.abc import Mapping

from engine.text import harmless


def engine_died(name: str, last: str) -> str:
    why = f": {harmless(last)}" if last else ""
    return f"the engine of {harmless(name)} died{why}; see its engine.log."


SIGNS: Mapping[str, str] = {
    "live": "●",
    "paused": "‖",
    "done": " ",
    "stopped": "↻",
    "failed": "✗",
    "silent": "?",
}

STATE_WORDS: Mapping[str, str] = {
    "live": "training",
    "paused": "paused",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "silent": "silent",
}
