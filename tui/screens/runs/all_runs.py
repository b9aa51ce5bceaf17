"""The table of all runs, with marks."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path

from textual.message import Message

from engine.run.run_paths import RunDir
from tui.drawing.cells import Row, Span, centred
from tui.drawing.table import Column
from tui.screens.runs import runs_screen_text
from tui.viewer.run_summary import RunSummary
from tui.viewer.shown_runs import ShownRuns
from tui.widgets.long_list import LongList

# Not ✓, which says that a run is done.
MARK = "■"


class AllRuns(LongList):
    """Shows runs in columns; its rows are known by the paths of the runs."""

    class Vanished(Message):
        """Marked runs are not there any more, and so are not marked."""

        def __init__(self, labels: Sequence[str]) -> None:
            super().__init__()
            self.labels = labels

    def __init__(
        self,
        empty: tuple[str, str],
        *,
        id: str,  # noqa: A002 (Textual's name)
    ) -> None:
        """`empty` says why there are no runs, in a long form and a short one."""
        super().__init__(id=id, heading=True)
        self._empty = empty
        self._shown: ShownRuns | None = None
        self._marked: dict[str, None] = {}
        # The path at which a run was, and the one at which it is now.
        self._renamed = "", ""
        self.fill([], [self._marks([])])

    @property
    def run(self) -> RunSummary | None:
        """The chosen run; None where none is shown."""
        if self._shown is None or not self._shown.runs:
            return None
        return self._shown.runs[self._at]

    @property
    def marked(self) -> list[RunDir]:
        """The marked runs, in the order of their marks; the filter may hide some."""
        return [RunDir(Path(path)) for path in self._marked]

    def wait(self, sentence: str) -> None:
        """Say in the middle why there are no rows yet."""
        self.tell(*self._said(sentence))

    def _said(self, *forms: str) -> list[Row]:
        return [(Span(" "),), centred(max(1, self.size.width - 2), *forms)]

    def show(self, shown: ShownRuns) -> None:
        """Show these rows; the chosen run stays chosen, else the one that took its place."""
        at, self._shown = self._at, shown
        paths = [run.path for run in shown.runs]
        before, after = self._renamed
        wanted = after if self.chosen == before and after in paths else self.chosen
        if paths and wanted not in paths:
            wanted = paths[min(at, len(paths) - 1)]
        facts = runs_screen_text.counted(len(paths), shown.total, len(self._marked))
        empty = runs_screen_text.NONE_MEETS if shown.total else self._empty
        self._about = () if paths else self._said(*empty)
        self.fill(paths, [self._marks(paths), *shown.columns], chosen=wanted, facts=facts)

    def follow(self, before: RunDir, after: RunDir | None) -> None:
        """A run is elsewhere now: it stays marked, and is chosen when it is shown there.

        Where it is nowhere, its mark goes without a word.
        """
        old, new = str(before.path), str(after.path) if after is not None else ""
        marked = (new if path == old else path for path in self._marked)
        self._marked = dict.fromkeys(filter(None, marked))
        self._renamed = old, new

    def unmark_missing(self, present: Container[str]) -> None:
        """Drop the marks of runs whose paths are not present, and say which."""
        gone = [path for path in self._marked if path not in present]
        if gone:
            self._marked = {path: None for path in self._marked if path in present}
            self._mark_anew()
            self.post_message(self.Vanished([RunDir(Path(path)).label for path in gone]))

    def toggle_mark(self) -> None:
        """Mark the chosen run, or do so no more, and choose the next one."""
        if self.chosen in self._marked:
            del self._marked[self.chosen]
        elif self.chosen:
            self._marked[self.chosen] = None
        self._mark_anew()
        self.action_move(1)

    def unmark_all(self) -> None:
        self._marked.clear()
        self._mark_anew()

    def _mark_anew(self) -> None:
        if self._shown is not None:
            self.show(self._shown)

    def _marks(self, paths: Sequence[str]) -> Column:
        texts = [MARK if path in self._marked else "" for path in paths]
        return Column("", texts, ink="key", least=1)
