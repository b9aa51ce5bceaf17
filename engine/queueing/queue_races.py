"""What the runner of a queue asks the races of its runs folder."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from engine import text
from engine.errors import EngineError, RunError
from engine.queueing import queue_text
from engine.queueing.task import Task

Answer = TypeVar("Answer")


class Races(NamedTuple):
    """What the races of a runs folder say, each by its label.

    `follow_up` gives the tasks that come next, when the last one of a race has ended. `may_start`
    says whether a task of a race may still start.
    """

    follow_up: Callable[[Path, str], Sequence[Task]]
    may_start: Callable[[Path, str], bool]


def asked(question: Callable[[Path, str], Answer], runs_dir: Path, race: str) -> Answer:
    """What a race says. Raises RunError, with a reason to pause the queue, if it cannot say it."""
    try:
        return question(runs_dir, race)
    except EngineError as error:
        raise RunError(queue_text.race_stuck(race, str(error))) from error
    except Exception as error:
        with contextlib.suppress(OSError):  # the log may be on a disk that is full
            traceback.print_exc()
        raise RunError(queue_text.race_stuck(race, text.error_summary(error))) from error
