"""What the folder of a run says of its images, read again where its files have changed.

What reads arrays is imported in the thread that reads: the dashboard starts without numpy.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import NamedTuple

from engine.errors import EngineError
from engine.protocol.commands import ImageSplit
from engine.run import label_decisions
from engine.run.label_decisions import Decision, Decisions, Relabel
from engine.run.run_paths import RunDir
from tui.panes.suspects.listed_suspects import SplitList
from tui.viewer.file_stamps import ABSENT, is_racy, stamp_of


class Decided(NamedTuple):
    """The decisions of a file, or the sentence why they are not known."""

    file: Path | None
    decisions: Decisions
    problem: str = ""


class SuspectsReading(NamedTuple):
    """The lists of both splits, and what was decided.

    `relabelled` are the labels that images have in this run by the decisions that it began with.
    """

    training: SplitList
    validation: SplitList
    decided: Decided
    relabelled: Decisions

    def meant(self, image: str, label: str, choice: Decision) -> Decision:
        """The decision on an image with this label in the run, as the file of decisions has it.

        The file speaks of labels in the data, and the run may have begun with another one.
        """
        if choice not in ("keep", Relabel(label)):
            return choice
        return Relabel(label) if image in self.relabelled else "keep"

    def of(self, split: ImageSplit) -> SplitList:
        return self.training if split == "training" else self.validation


class SuspectsReader:
    """Reads the folder of one run in one thread, and decides in another, which never waits long."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        # The lists by their splits, with the stamps of the files that they were read from.
        self._lists: dict[ImageSplit, tuple[tuple[bytes, ...], SplitList]] = {}
        # Where decisions are written: it stays, so that those of one person are in one file.
        self._file: Path | None = None
        self._placing = threading.Lock()
        # The stamp of that file, and what was in it.
        self._decisions: tuple[bytes, Decisions] = ABSENT, {}

    def read(self) -> SuspectsReading:
        """All that is known now."""
        return SuspectsReading(
            self._list("training"), self._list("validation"), self._decided(), self._relabelled()
        )

    def decide(self, image: str, choice: Decision, deadline: float) -> Decided:
        """Decide on an image, or take this decision back; what is decided then.

        Until the `deadline` of `time.monotonic` it waits for others that decide. Raises
        EngineError.
        """
        file = self._place()
        before = label_decisions.read(file) if file.exists() else {}
        wanted = None if before.get(image) == choice else choice
        label_decisions.change(file, image, wanted, deadline - time.monotonic())
        return self._decided()

    def _list(self, split: ImageSplit) -> SplitList:
        from tui.panes.suspects import suspects_lists

        stamps = tuple(stamp_of(str(file)) for file in suspects_lists.files(self._run, split))
        before, listed = self._lists.get(split, ((b"",), None))
        same = listed is not None and before[0] == stamps[0] != b""
        if listed is not None and same and before == stamps:
            return listed
        known = listed.found if listed is not None and same else None
        read = suspects_lists.split_list(self._run, split, known)
        self._lists[split] = stamps, read
        return read

    def _place(self) -> Path:
        from engine.suspicion.decisions_place import decisions_file

        with self._placing:
            if self._file is None:
                self._file = decisions_file(self._run)
            return self._file

    def _decided(self) -> Decided:
        try:
            file = self._place()
            stamp = stamp_of(str(file))
            if stamp != self._decisions[0] or is_racy(stamp, time.time_ns()):
                self._decisions = stamp, label_decisions.read(file) if stamp else {}
        except EngineError as error:
            return Decided(self._file, {}, str(error))
        return Decided(file, self._decisions[1])

    def _relabelled(self) -> Decisions:
        try:
            kept = label_decisions.read(self._run.decisions)
        except EngineError:
            return {}
        return {image: choice for image, choice in kept.items() if isinstance(choice, Relabel)}
