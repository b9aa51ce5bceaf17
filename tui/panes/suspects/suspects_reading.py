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
    """The decisions of a file, or the sentence why they are not known.

    Of a file that is `gone`, they are those that the run has kept of it.
    """

    file: Path | None
    decisions: Decisions
    problem: str = ""
    gone: bool = False


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

    def taken_back(self, image: str) -> Decision | None:
        """What an image is left with when its decision is taken back: the label of the run."""
        return self.relabelled.get(image)

    def of(self, split: ImageSplit) -> SplitList:
        return self.training if split == "training" else self.validation


class LastRead:
    """The decisions of a file, which is read again where it has changed."""

    def __init__(self) -> None:
        self._stamp, self._decisions = ABSENT, Decisions()

    def again(self, file: Path) -> Decisions | None:
        """The decisions now; None where there is no file. Raises UsageError."""
        stamp = stamp_of(str(file))
        if not stamp or stamp != self._stamp or is_racy(stamp, time.time_ns()):
            found = label_decisions.read_if_there(file)
            if found is None:
                return None
            self._stamp, self._decisions = stamp, found.decisions
        return self._decisions


class SuspectsReader:
    """Reads the folder of one run in one thread, and decides in another, which never waits long."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        # The lists by their splits, with the stamps of the files that they were read from.
        self._lists: dict[ImageSplit, tuple[tuple[bytes, ...], SplitList]] = {}
        # Where decisions are written. It stays, so that those of one person are in one file; before
        # it was there, somebody else may make it for other data.
        self._file: Path | None = None
        self._file_was_there = False
        # What was in that file, and in the copy of the decisions that the run began with.
        self._decisions, self._kept = LastRead(), LastRead()
        # For whichever of the two threads looks for the file or reads decisions.
        self._alone = threading.Lock()

    def read(self) -> SuspectsReading:
        """All that is known now."""
        return SuspectsReading(
            self._list("training"), self._list("validation"), self._decided(), self._relabelled()
        )

    def decide(self, image: str, decision: Decision | None, deadline: float) -> Decided:
        """Write a decision on an image, or none; return what is decided now.

        Until the `deadline` of `time.monotonic` it waits for others that decide. Raises
        EngineError.
        """
        from engine.recipes.recipe_building import read_recipe

        data = read_recipe(self._run.recipe).data
        with self._alone:
            file = self._place()
        patience = deadline - time.monotonic()
        copy = self._run.decisions
        label_decisions.change(file, image, decision, data=data, copy=copy, patience=patience)
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

        if self._file is None or not self._file_was_there or not stamp_of(str(self._file)):
            self._file = decisions_file(self._run)
            self._file_was_there = bool(stamp_of(str(self._file)))
        return self._file

    def _decided(self) -> Decided:
        with self._alone:
            try:
                file = self._place()
                decisions = self._decisions.again(file)
                if decisions is None:
                    kept = self._kept.again(self._run.decisions)
                    return Decided(file, kept or {}, gone=kept is not None)
            except EngineError as error:
                return Decided(self._file, {}, str(error))
            return Decided(file, decisions)

    def _relabelled(self) -> Decisions:
        with self._alone:
            try:
                kept = self._kept.again(self._run.decisions) or {}
            except EngineError:
                return {}
        return {image: choice for image, choice in kept.items() if isinstance(choice, Relabel)}
