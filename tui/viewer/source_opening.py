"""Opens what a selector means, to be compared: a run, a log of another program, or several logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.errors import UsageError
from engine.logs import log_opening, log_search
from engine.run import run_search
from engine.run.run_at_path import path_typed
from tui.viewer import viewer_text
from tui.viewer.event_source import EventSource
from tui.viewer.log_follower import LogFollower
from tui.viewer.log_or_run import may_be_log
from tui.viewer.run_follower import RunFollower
from tui.viewer.traced_history import TracedHistory
from tui.viewer.traced_journal import TracedJournal

# So many curves can be told apart, each by a letter.
MOST = 20


def open_all(runs_dir: Path, selectors: Iterable[str]) -> list[EventSource]:
    """A source for each run and each log, in this order; one that is named twice is there once.

    A folder of logs means all of them, and `race:LABEL` all runs of a race. Raises RunError if
    there is none, UsageError unless there are 2 to `MOST`.
    """
    found = [source for selector in selectors for source in _open(runs_dir, selector)]
    sources = [*{source.selector: source for source in found}.values()]
    if len(sources) == 1 and len(found) > 1:
        raise UsageError(viewer_text.named_twice(sources[0].label))
    if not 2 <= len(sources) <= MOST:
        raise UsageError(viewer_text.cannot_compare(len(sources), MOST))
    return sources


def _open(runs_dir: Path, selector: str) -> Iterator[EventSource]:
    if runs := run_search.of_race(runs_dir, selector):
        yield from (RunFollower(run, folding=TracedJournal) for run in runs)
        return
    run = run_search.look_for(runs_dir, selector)
    if run is None and may_be_log(selector):
        for log in log_search.find(path_typed(selector)).logs:
            yield LogFollower(log_opening.reader_of(log, {}), log.path, kind=TracedHistory)
        return
    yield RunFollower(run or run_search.find(runs_dir, selector), folding=TracedJournal)


def again(source: EventSource) -> EventSource:
    """The same run or log, to be read for a dashboard."""
    if source.run is not None:
        return RunFollower(source.run)
    log = log_search.find(Path(source.selector)).logs[0]
    return LogFollower(log_opening.reader_of(log, {}), log.path)
