"""Follows one event file: its rows, each the numbers that were measured at one step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from engine import text
from engine.logs import event_file_text as words
from engine.logs.event_records import PART_BYTES, Damage, EventRecords, Part
from engine.logs.row_block import RowBlock, row_blocks
from engine.logs.scalar_decoding import Points, ScalarDecoding
from engine.logs.superseded_points import FileSteps
from engine.protocol.events import Alert
from engine.recipes.watched_recipe import Setting

# The steps that a curve can show.
LARGEST_STEP = 10**12
# The last row is whole once its file has not grown for so long.
REST_SECONDS = 1.0
# So many damaged records of a file are told.
MOST_ALERTS = 5


class FollowedFile:
    """One file of a log. `rows` are those that were read, and not yet taken."""

    def __init__(self, path: Path, rename: Callable[[str], str]) -> None:
        self.path = path
        self.steps = FileSteps()
        self.settings: dict[str, Setting] = {}
        self.records = EventRecords(path)
        self.rows: deque[RowBlock] = deque()
        self.alerts: deque[Alert] = deque()
        # Whether a row has been taken, and the files of the folder that had ended before it.
        self.has_begun = False
        self.older: set[FollowedFile] = set()
        # Those that grew on after it.
        self.beside: set[FollowedFile] = set()
        self._decoding = ScalarDecoding()
        self._rename = rename
        self._names: list[str] = []
        # The last row, which the next part may go on with.
        self._open: RowBlock | None = None
        self._told: set[str] = set()
        self._alerted = 0

    def begin_again(self) -> None:
        """Read from the start again; what is known of the steps stays known."""
        self.records = EventRecords(self.path)
        self.rows.clear()
        self.alerts.clear()
        self.has_begun, self._open, self._alerted = False, None, 0
        self._told.clear()

    @property
    def ended(self) -> bool:
        """Whether all that can be read was read."""
        return self.records.ended

    @property
    def tells_no_step(self) -> bool:
        """Whether its numbers are results of a whole training, as `add_hparams` writes them.

        They stand beside the settings, at step 0, wherever the training is.
        """
        return bool(self.settings) and all(tag.top == 0 for tag in self.steps.tags.values())

    def read(self, now: float, most: int = PART_BYTES) -> bool:
        """Read the next part; whether points of before have turned out to be void.

        Raises FileReplacedError.
        """
        try:
            part = self.records.read(most)
        except OSError as error:
            self.records.ended = True
            if not isinstance(error, FileNotFoundError):  # what was read of it stays
                sentence = words.unreadable_file(self.path.name, text.reason(error))
                self._tell_once(sentence, "unreadable", "error")
            return False
        self._told.discard("unreadable")
        if part is not None:
            return self._take(part)
        if self._open is not None and now - self.records.written_at > REST_SECONDS:
            self.rows.append(self._open)
            self._open = None
        return False

    def _take(self, part: Part) -> bool:
        decoded = self._decoding.decoded(part)
        self._names += map(self._rename, [*self._decoding.tags][len(self._names) :])
        for damage in part.damages:
            self._tell_damage(damage)
        for offset in decoded.foreign:
            self._tell_once(words.foreign_record(self.path.name, offset), "foreign")
        self.settings.update(decoded.settings)
        points = self._possible(decoded.points)
        begins = self.steps.add(points, self._names, decoded.restarts)
        self.steps.read_to = max(self.steps.read_to, self.records.offset)
        for block in row_blocks(self.steps.kept(points, self._names), self._names):
            self._append(block)
        return begins

    def _append(self, block: RowBlock) -> None:
        """Add rows; the last one is kept back."""
        if self._open is not None:
            first, rest = block.split(1)
            whole = self._open.with_numbers(first)
            if whole is None:
                self.rows.append(self._open)
            elif rest.size:
                self.rows.append(whole)
                block = rest
            else:
                self._open = whole
                return
        before, self._open = block.split(block.size - 1)
        if before.size:
            self.rows.append(before)

    def _possible(self, points: Points) -> Points:
        possible = (points.steps >= 0) & (points.steps <= LARGEST_STEP)
        if possible.all():
            return points
        self._tell_once(words.impossible_steps(self.path.name), "steps")
        return points.taken(possible)

    def _tell_damage(self, damage: Damage) -> None:
        self._alerted += 1
        if damage.what == "length":
            self._tell("error", words.damaged_length(self.path.name, damage.offset), damage.offset)
        elif self._alerted <= MOST_ALERTS:
            self._tell("error", words.damaged_record(self.path.name, damage.offset), damage.offset)

    def _tell_once(
        self, sentence: str, code: str, level: Literal["warning", "error"] = "warning"
    ) -> None:
        if code not in self._told:
            self._told.add(code)
            self._tell(level, sentence)

    def _tell(
        self, level: Literal["warning", "error"], sentence: str, offset: int | None = None
    ) -> None:
        values: dict[str, float | str | None] = {"file": self.path.name}
        if offset is not None:
            values["offset"] = offset
        time = self.records.written_at
        self.alerts.append(Alert(level, "log", sentence, values, time=time))
