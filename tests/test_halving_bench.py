"""The benchmark of halving plays a race from what was recorded of its grid."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.halving import Cost, Recorded, judged, played, whole_seeds
from engine.comparison.seed_groups import settings_key
from engine.racing.race_results import read_results
from tests.races import EPOCHS, new_race, trained


def test_halving_is_played_from_a_recorded_grid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    race = new_race(tmp_path, 9, seeds=3)
    for run in race.runs[:-1]:
        place = 0.3 + float(str(run.settings["lr"])) + run.seed / 1000
        trained(tmp_path, run.run, place, EPOCHS)
    through = whole_seeds(tmp_path, race)
    assert {run.seed for run in through.runs} == {0, 1}
    results = read_results(tmp_path, through)
    # An epoch takes 2 s, and a start 1 s.
    pace = dict.fromkeys(results, 2.0)
    whole = Recorded(results, dict.fromkeys(results, 2.0 * EPOCHS + 1), pace)
    grid, halved = (played(through, whole, 0, halving=halving) for halving in (False, True))
    assert grid.first == halved.first == settings_key({"lr": 0.09})
    assert grid.cost == Cost(9, 2.0 * 9 * EPOCHS)
    assert halved.cost == Cost(9 + 3 + 1, 2.0 * (6 * 1 + 2 * 3 + 1 * EPOCHS))
    assert judged(through, whole) == 2
    assert "seed 1: halving finds it" in capsys.readouterr().out
