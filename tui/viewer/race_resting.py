"""Whether a run rests until the other runs of its race have come as far."""

from __future__ import annotations

from engine.errors import EngineError
from engine.racing import next_tasks, race_file
from engine.racing.race_results import read_results
from engine.run.run_paths import RunDir


def waits(run: RunDir, label: str) -> bool:
    """Whether the race with this label may go on with the run, which nobody has stopped within."""
    runs_dir = run.path.parent
    try:
        race = race_file.read(runs_dir, label)
        results = read_results(runs_dir, race)
        racing = next_tasks.course(race, results).racing
    except EngineError:  # `cnn-tui race` says what is wrong with it
        return False
    planned = [each.run for recipe in racing for each in race.recipes[recipe]]
    found = (results[each] for each in planned)
    return any(each.run == run.label and each.between and not each.dropped for each in found)
