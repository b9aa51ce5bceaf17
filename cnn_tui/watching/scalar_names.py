"""Which numbers of a script are shown: as many names as get a curve."""

from __future__ import annotations

from collections.abc import Mapping

from cnn_tui.watching import watching_text
from cnn_tui.watching.script import Script

# A viewer shows as many names, beside the training speed, and none that is longer.
MOST_NAMES, LONGEST_NAME = 63, 100


class ScalarNames:
    """The names that a script has given to its numbers.

    Some scripts make ever new ones. What is not shown is told to the viewer once.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._names: set[str] = set()
        self._told: set[str] = set()

    def shown(self, scalars: Mapping[str, object]) -> dict[str, object]:
        """Those of the numbers whose names are shown."""
        return {str(name): value for name, value in scalars.items() if self._admits(str(name))}

    def _admits(self, name: str) -> bool:
        if name in self._names:
            return True
        if not 0 < len(name) <= LONGEST_NAME:
            self._tell(watching_text.bad_name(name, LONGEST_NAME))
        elif len(self._names) == MOST_NAMES:
            self._tell(watching_text.more_scalars(MOST_NAMES))
        else:
            self._names.add(name)
        return name in self._names

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told and self._script.leads:
            self._told.add(sentence)
            alert = {"type": "Alert", "level": "info", "code": "scalars", "text": sentence}
            self._script.send({**alert, "step": self._script.step})
