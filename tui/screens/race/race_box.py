"""The leader board of a race, in which a recipe is chosen, and one of its runs."""

from __future__ import annotations

from textual.reactive import var

from engine.racing.leader_board import Row, Standing
from tui.drawing import race_rows, race_rows_text
from tui.viewer.race_reading import RaceReading
from tui.widgets.chooser import Chooser


class RaceBox(Chooser):
    """A row for each recipe, best first; below them, the runs of the chosen one."""

    seed: var[int | None] = var(None)
    """Which run of the chosen recipe is chosen; None for the one that trains, or is best."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, heading=True)
        self._standings: dict[str, Standing] = {}

    def show(self, reading: RaceReading) -> None:
        """Show the board; the chosen recipe stays chosen wherever it is now."""
        board = reading.board
        keys = [str(recipe) for recipe in reading.recipes]
        self._standings = dict(zip(keys, board.standings, strict=True))
        columns = race_rows.board_columns(board, reading.recipes, self.size.width)
        self.fill(keys, columns, facts=race_rows_text.left(board))
        self.note(race_rows_text.used(board))
        self.tell_runs()

    @property
    def standing(self) -> Standing | None:
        """The chosen recipe; None where the race has none yet."""
        return self._standings.get(self.chosen)

    @property
    def run(self) -> Row | None:
        """The chosen run of the chosen recipe."""
        return self.standing.rows[self._run_at] if self.standing is not None else None

    @property
    def _run_at(self) -> int:
        assert self.standing is not None
        rows = self.standing.rows
        if self.seed is not None and self.seed < len(rows):
            return self.seed
        return max(
            range(len(rows)), key=lambda at: (rows[at].state == "training", rows[at].top1 or 0.0)
        )

    def next_run(self, runs: int) -> None:
        """Choose another run of the chosen recipe."""
        if self.standing is not None:
            self.seed = (self._run_at + runs) % len(self.standing.rows)

    def tell_runs(self) -> None:
        """Write the runs of the chosen recipe below the list, where there is room."""
        if self.standing is not None:
            self.tell(race_rows.seeds_row(self.standing, self._run_at, self.size.width - 2))

    def watch_chosen(self) -> None:
        self.seed = None
        self.tell_runs()

    def watch_seed(self) -> None:
        self.tell_runs()
