"""The runner of a queue decides right, whatever becomes of its engines and of itself."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.errors import RunError
from engine.machine import memory
from engine.protocol import events
from engine.queueing import (
    device_shares,
    engine_starts,
    queue_edits,
    queue_file,
    queue_journal,
    run_outcome,
)
from engine.queueing.other_runs import OtherRuns
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_races import Races
from engine.queueing.task import Begun, Task
from engine.queueing.task_ends import MOST_STARTS, TaskEnds
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe, read_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import durable_files
from engine.run.journal_search import last_event
from engine.run.run_paths import RunDir
from engine.start import warm_engine
from engine.start.warm_engine import has_memory
from tests import scripted
from tests.queues import FakeEngine, FakeQueue, always, nothing_follows

# The runner is the one that a test holds.
pytestmark = pytest.mark.usefixtures("no_runner")


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[FakeQueue]:
    made = FakeQueue(tmp_path / "runs")
    yield made
    for engine in made.engines.values():
        if engine.code is None:
            engine.dies()


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_runs_train_one_after_the_other_and_a_failed_one_stops_nothing(queue: FakeQueue) -> None:
    first, second, third = (queue.add(name) for name in "abc")
    assert queue.runner.step()
    assert (queue.training, queue.waiting) == ([first], [second, third])
    queue.engines[first].ends("failed", "the loss is nan.")
    queue.runner.step()
    assert queue.training == [second]
    queue.engines[second].ends("done")
    queue.runner.step()
    queue.engines[third].ends("done")
    assert not queue.runner.step()
    assert queue.ended == [(first, "failed"), (second, "done"), (third, "done")]
    assert queue.starts == [first, second, third]


def test_a_recipe_that_waits_is_read_again_once_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading those of fifty runs took a third of a core, beside the run that trained."""
    read: list[str] = []

    def counting(file: Path) -> Recipe:
        read.append(file.parent.name)
        return read_recipe(file)

    monkeypatch.setattr(device_shares, "read_recipe", counting)
    queue = FakeQueue(tmp_path / "runs", gpus=("0",))
    first, second = queue.add(device="cuda:0"), queue.add(device="cuda:0")
    for _ in range(3):
        queue.runner.step()
    assert (queue.training, read) == ([first], [first, second])
    recipe = build_recipe(flags={"device": "cpu"})
    durable_files.save(RunDir(queue.runs_dir / second).recipe, to_toml(recipe).encode())
    queue.runner.step()
    assert (queue.training, read) == ([first, second], [first, second, second])


def test_a_runner_that_comes_later_awaits_what_goes_on(queue: FakeQueue) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    later = queue.new_runner()
    later.step()
    assert queue.starts == [first]
    queue.engines[first].ends("done")
    later.step()
    assert queue.starts == [first, second]
    assert queue.ended == [(first, "done")]


def test_it_learns_of_an_end_that_nobody_saw(queue: FakeQueue) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    queue.engines[first].ends("done")
    queue.new_runner().step()
    assert queue.ended == [(first, "done")]
    assert queue.training == [second]


def test_a_runner_killed_before_its_engine_began_starts_it(queue: FakeQueue) -> None:
    """Its note says that the run has begun; the end in the journal is that of an attempt before."""
    run = queue.add()
    before = FakeEngine(RunDir(queue.runs_dir / run), Task(run), {})
    before.ends("stopped")
    with queue_file.changed(queue.runs_dir) as content:
        content.tasks = [replace(content.tasks[0], begun=Begun(("cpu",), seq=1, saved=0))]
    queue.runner.step()
    assert queue.starts == [run]


def test_an_engine_that_was_killed_is_started_again_a_few_times(queue: FakeQueue) -> None:
    run = queue.add()
    for _ in range(MOST_STARTS):
        queue.runner.step()
        queue.engines[run].dies()
    queue.runner.step()
    assert queue.starts == [run] * MOST_STARTS
    assert queue.ended == [(run, "failed")]
    last = last_event(queue.engines[run].run.journal)
    assert isinstance(last, events.RunEnded)
    assert last.error.startswith("the engine died")


def test_one_that_has_saved_more_meanwhile_is_started_again_and_again(queue: FakeQueue) -> None:
    run = queue.add()
    for epoch in range(1, 3 * MOST_STARTS):
        queue.runner.step()
        queue.engines[run].ends_epoch(epoch)
        queue.engines[run].dies()
    queue.runner.step()
    assert queue.starts == [run] * (3 * MOST_STARTS)
    assert queue.ended == []


def test_a_stopped_run_leaves_the_queue(queue: FakeQueue) -> None:
    run = queue.add()
    queue.runner.step()
    queue.engines[run].ends("stopped")
    assert not queue.runner.step()
    assert queue.ended == [(run, "stopped")]


def test_a_pause_lets_the_run_go_on_and_starts_none(queue: FakeQueue) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    assert queue_edits.pause(queue.runs_dir) == [first]
    assert queue.runner.step()
    queue.engines[first].ends("done")
    assert not queue.runner.step()
    assert queue.waiting == [second]
    assert "cnn-tui queue continue" in queue.now.paused
    assert queue_edits.go_on(queue.runs_dir) == 1
    queue.new_runner().step()
    assert queue.starts == [first, second]


def test_a_pause_now_stops_the_run_and_keeps_its_place(queue: FakeQueue) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    assert queue_edits.pause_now(queue.runs_dir) == [first]
    assert len(os.listdir(RunDir(queue.runs_dir / first).commands)) == 1
    queue.engines[first].ends("stopped")
    assert not queue.runner.step()
    assert queue.waiting == [first, second]
    queue_edits.go_on(queue.runs_dir)
    queue.new_runner().step()
    assert queue.starts == [first, first]


def test_a_signal_that_ends_all_processes_keeps_the_run_in_the_queue(queue: FakeQueue) -> None:
    run = queue.add()
    queue.runner.step()
    queue.runner.is_ending = True
    queue.runner.run()
    queue.engines[run].ends("stopped")
    queue.new_runner().step()
    assert queue.starts == [run, run]
    assert queue.ended == []


def test_a_run_rests_at_its_epoch_and_a_person_stops_it_before(queue: FakeQueue) -> None:
    rests, stops, beyond = (queue.add(until=3) for _ in range(3))
    queue.runner.step()
    assert queue.engines[rests].until == 3
    queue.engines[rests].ends_epoch(3)
    queue.engines[rests].ends("stopped")
    queue.runner.step()
    queue.engines[stops].ends_epoch(2)
    queue.engines[stops].ends("stopped")
    before = FakeEngine(RunDir(queue.runs_dir / beyond), Task(beyond), {})
    before.ends_epoch(4)
    before.ends("stopped")
    assert not queue.runner.step()
    assert queue.ended == [(rests, "rested"), (stops, "stopped"), (beyond, "rested")]


def test_a_run_whose_folder_is_gone_is_dropped(queue: FakeQueue) -> None:
    trains, waits = queue.add(), queue.add()
    queue.runner.step()
    queue.engines[trains].dies()
    for run in (trains, waits):
        shutil.rmtree(queue.runs_dir / run)
    assert not queue.runner.step()
    assert queue.ended == [(trains, "gone"), (waits, "gone")]


@pytest.mark.parametrize("said", ["last.pt was not saved: No space left on device; free", ""])
def test_a_full_disk_pauses_the_queue(
    queue: FakeQueue, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    with monkeypatch.context() as patch:
        if said:
            queue.engines[first].ends("failed", said)
        else:  # not even its last event was written
            queue.engines[first].dies()
        patch.setattr(os, "posix_fallocate", full_disk)
        assert not queue.runner.step()
    assert queue.waiting == [first, second]
    assert queue.now.paused.startswith(f"the disk was full when {first} ended: free some space")
    queue_edits.go_on(queue.runs_dir)
    queue.new_runner().step()
    assert queue.starts == [first, first]


def test_a_queue_that_cannot_be_written_waits_for_better_times(
    queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    queue.engines[first].ends("done")
    with monkeypatch.context() as patch:
        patch.setattr(durable_files, "write_durably", full_disk)
        with pytest.raises(RunError, match="No space left"):
            queue.runner.step()
    queue.runner.step()
    assert queue.training == [second]


def test_a_runner_whose_log_is_full_goes_on(
    queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended where it should have said that the queue cannot be written."""
    run = queue.add()
    queue.runner.step()
    queue.engines[run].ends("done")

    def makes_room(seconds: float) -> None:
        patch.undo()

    with monkeypatch.context() as patch:
        patch.setattr(durable_files, "write_durably", full_disk)
        patch.setattr("sys.stderr.write", full_disk)
        patch.setattr("engine.queueing.runner.time.sleep", makes_room)
        queue.runner.run()
    assert queue.ended == [(run, "done")]


def test_a_run_that_cannot_start_says_why_and_the_next_one_does(queue: FakeQueue) -> None:
    first, second = queue.add(), queue.add()

    def fails() -> None:
        queue.meanwhile = lambda: None
        raise RunError("the data is gone.")

    queue.meanwhile = fails
    queue.runner.step()
    queue.runner.step()
    assert queue.ended == [(first, "failed")]
    assert queue.training == [second]
    entry, _ = queue_journal.read(QueueDir(queue.runs_dir))
    assert isinstance(entry, queue_journal.Ended)
    assert entry.error == "the data is gone."


def test_a_run_that_somebody_else_trains_holds_the_device(queue: FakeQueue) -> None:
    other, waits = queue.add("other"), queue.add("waits")
    queue.take_out(other)
    engine = FakeEngine(RunDir(queue.runs_dir / other), Task(other), {})
    assert queue.runner.step()
    assert queue.starts == []
    engine.ends("done")
    queue.runner.step()
    assert queue.starts == [waits]


def test_a_run_that_was_seen_gone_is_seen_when_somebody_trains_it(queue: FakeQueue) -> None:
    run = queue.add("other")
    others = OtherRuns(queue.runs_dir, ())
    assert others.look() == {}
    for _ in range(2):
        engine = FakeEngine(RunDir(queue.runs_dir / run), Task(run), {})
        assert others.look() == {run: ("cpu",)}
        engine.dies()
        assert others.look() == {}


def test_a_queued_run_that_somebody_starts_is_awaited(queue: FakeQueue) -> None:
    first, second = queue.add(), queue.add()
    engine = FakeEngine(RunDir(queue.runs_dir / first), Task(first), {})
    queue.runner.step()
    assert (queue.training, queue.starts) == ([first], [])
    engine.ends("done")
    queue.runner.step()
    assert queue.ended == [(first, "done")]
    assert queue.training == [second]


def test_each_gpu_trains_one_run_and_the_cpu_another(tmp_path: Path) -> None:
    queue = FakeQueue(tmp_path / "runs", gpus=("0", "1"))
    runs = [queue.add(device=device) for device in ("auto", "cuda", "cuda:0", "cpu", "cpu")]
    queue.runner.step()
    assert queue.starts == [runs[0], runs[1], runs[3]]
    assert queue.engines[runs[0]].variables == {}
    assert queue.engines[runs[1]].variables == {"CUDA_VISIBLE_DEVICES": "1"}
    queue.new_runner().step()  # it knows from the queue who has which
    assert len(queue.starts) == 3
    queue.engines[runs[1]].ends("done")
    queue.runner.step()
    assert len(queue.starts) == 3, "cuda:0 is still busy"
    queue.engines[runs[0]].ends("done")
    queue.runner.step()
    assert queue.starts[3:] == [runs[2]]
    for engine in queue.engines.values():
        if engine.code is None:
            engine.dies()


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many bytes of memory are free: at first, many."""

    def free(count: int) -> None:
        monkeypatch.setattr(memory, "free_bytes", lambda: count)

    monkeypatch.setattr(warm_engine, "has_memory", has_memory)
    free(1 << 40)
    return free


def test_an_engine_is_prepared_for_what_comes_next_once_the_one_that_trains_has_stepped(
    queue: FakeQueue, room: Callable[[int], None]
) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    queue.runner.step()
    assert queue.prepared == [], "the import would slow the start of the first"
    queue.engines[first].says(scripted.steps(1))
    queue.runner.step()
    assert queue.prepared == [(second, {})]
    queue.engines[first].dies()
    queue.runner.step()
    assert queue.prepared == []
    queue.runner.step()
    assert queue.prepared == [], "its steps are those of the engine before"
    queue.engines[first].says(scripted.steps(2))
    queue.runner.step()
    assert queue.prepared == [(second, {})]


@pytest.mark.parametrize("cause", ["paused", "emptied", "memory"])
def test_an_engine_that_is_not_needed_is_closed(
    queue: FakeQueue, room: Callable[[int], None], cause: str
) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    queue.engines[first].says(scripted.steps(1))
    queue.runner.step()
    assert queue.prepared != []
    room(1 << 30)
    queue.runner.step()
    assert queue.prepared != [], "that much is left beside one"
    match cause:
        case "paused":
            queue_edits.pause(queue.runs_dir)
        case "emptied":
            queue.take_out(second)
        case "memory":
            room((1 << 30) - 1)
    queue.runner.step()
    assert queue.prepared == []
    room((2 << 30) - 1)
    queue.runner.step()
    assert queue.prepared == []


def test_a_runner_that_ends_leaves_no_engine_behind(
    queue: FakeQueue, room: Callable[[int], None]
) -> None:
    first, _ = queue.add(), queue.add()
    queue.runner.step()
    queue.engines[first].says(scripted.steps(1))
    queue.runner.step()
    assert queue.prepared != []
    queue.runner.is_ending = True
    queue.runner.run()
    assert queue.prepared == []


def test_an_engine_is_prepared_for_the_devices_that_come_free(
    tmp_path: Path, room: Callable[[int], None]
) -> None:
    queue = FakeQueue(tmp_path / "runs", gpus=("0", "1"))
    gpu0, gpu1, cpu = (queue.add(device=device) for device in ("cuda", "cuda", "cpu"))
    queue.runner.step()
    on_gpu, on_cpu = queue.add(device="cuda"), queue.add(device="cpu")
    for engine in queue.engines.values():
        engine.says(scripted.steps(1))
    for first, comes, variables in (
        (cpu, on_cpu, {}),
        (gpu1, on_gpu, {"CUDA_VISIBLE_DEVICES": "1"}),
        (gpu0, on_gpu, {}),
    ):
        queue.close()
        queue.put_first(first)
        queue.runner.step()
        assert queue.prepared == [(comes, variables)]
    for engine in queue.engines.values():
        engine.dies()


def test_no_engine_is_prepared_while_one_of_two_starts(
    tmp_path: Path, room: Callable[[int], None]
) -> None:
    queue = FakeQueue(tmp_path / "runs", gpus=("0", "1"))
    steps, starts, waits = (queue.add(device="cuda") for _ in range(3))
    queue.runner.step()
    queue.engines[steps].says(scripted.steps(1))
    queue.runner.step()
    assert queue.prepared == []
    queue.engines[starts].says(scripted.steps(1))
    queue.runner.step()
    assert queue.prepared == [(waits, {})]
    for engine in queue.engines.values():
        engine.dies()


def test_the_last_run_of_a_race_is_followed_in_its_place(tmp_path: Path) -> None:
    asked: list[str] = []

    def follow_up(runs_dir: Path, race: str) -> list[Task]:
        asked.append(race)
        return [Task(first, 9, race)] if len(asked) == 1 else []

    queue = FakeQueue(tmp_path / "runs", races=Races(follow_up, always))
    first, second = (queue.add(until=3, race="1-nets") for _ in range(2))
    after = queue.add("after")
    for run in (first, second):
        queue.runner.step()
        queue.engines[run].ends_epoch(3)
        queue.engines[run].ends("stopped")
    queue.runner.step()
    assert asked == ["1-nets"]
    assert [(task.run, task.until) for task in queue.now.tasks] == [(first, 9), (after, 0)]
    queue.engines[first].ends("done")
    queue.runner.step()
    assert asked == ["1-nets"] * 2
    assert queue.training == [after]
    queue.engines[after].dies()


def test_a_race_whose_budget_is_used_up_leaves_the_queue(tmp_path: Path) -> None:
    queue = FakeQueue(tmp_path / "runs", races=Races(nothing_follows, lambda *_: False))
    for _ in range(2):
        queue.add(race="1-nets")
    after = queue.add("after")
    queue.runner.step()
    assert queue.starts == []
    assert len(queue.ended) == 2
    queue.runner.step()
    assert queue.training == [after]
    queue.engines[after].dies()


STUCK = "the race 1-nets cannot go on ({}): mend that, and type `cnn-tui queue continue`."


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RunError("race.toml is gone."), "race.toml is gone"),
        (OSError(errno.ENOSPC, "No space left"), "OSError: [Errno 28] No space left"),
    ],
)
@pytest.mark.parametrize("reason", ["done", "stopped", "failed"])
def test_a_race_that_cannot_say_what_follows_pauses_the_queue_and_is_asked_again(
    tmp_path: Path, error: Exception, why: str, reason: str
) -> None:
    """It stalled unsaid: the last task left the queue without what follows it."""
    answers: list[Exception | list[Task]] = [error, []]

    def follow_up(*_: object) -> list[Task]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    queue = FakeQueue(tmp_path / "runs", races=Races(follow_up, always))
    first, after = queue.add(race="1-nets"), queue.add("after")
    queue.runner.step()
    queue.engines[first].ends(reason)
    assert not queue.runner.step(), "nothing trains, and the queue is paused"
    assert queue.now.paused == STUCK.format(why)
    assert (queue.training, queue.waiting, queue.ended) == ([], [first, after], [])
    queue_edits.go_on(queue.runs_dir)
    queue.new_runner().step()
    assert queue.ended == [(first, reason)]
    queue.runner.step()
    assert queue.training == [after]


@pytest.mark.parametrize("error", [RunError("race.toml is torn."), ValueError("bad")])
def test_a_race_that_cannot_say_whether_it_goes_on_loses_no_task(
    tmp_path: Path, error: Exception
) -> None:
    """An error counted as no: all tasks of the race were dropped."""
    answers: list[Exception | bool] = [error, True, True]

    def may_start(*_: object) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    queue = FakeQueue(tmp_path / "runs", races=Races(nothing_follows, may_start))
    runs = [queue.add(race="1-nets") for _ in range(2)]
    assert not queue.runner.step()
    assert queue.now.paused.startswith("the race 1-nets cannot go on (")
    assert queue.waiting == runs
    queue_edits.go_on(queue.runs_dir)
    queue.new_runner().step()
    assert queue.training == runs[:1]
    queue.engines[runs[0]].dies()


def test_a_race_that_is_stopped_while_its_run_starts_does_not_train(tmp_path: Path) -> None:
    """`race stop` finds no live run then, to which it could say so."""
    is_stopped: list[bool] = []
    queue = FakeQueue(tmp_path / "runs", races=Races(nothing_follows, lambda *_: not is_stopped))
    run = queue.add(race="1-nets")
    queue.meanwhile = lambda: is_stopped.append(True)
    queue.runner.step()
    assert (queue.starts, queue.waiting) == ([], [run])
    queue.runner.step()
    assert queue.ended == [(run, "over")]


def test_a_run_that_is_taken_out_while_it_starts_does_not_train(queue: FakeQueue) -> None:
    run = queue.add()
    queue.meanwhile = lambda: queue.take_out(run)
    assert not queue.runner.step()
    assert (queue.starts, queue.now.tasks) == ([], [])


def test_a_queue_that_is_paused_while_a_run_starts_trains_nothing(queue: FakeQueue) -> None:
    run = queue.add()
    queue.meanwhile = lambda: queue_edits.pause_now(queue.runs_dir)
    assert not queue.runner.step()
    assert (queue.starts, queue.waiting) == ([], [run])
    assert queue.now.tasks[0].begun is None


def test_a_queue_that_is_paused_before_a_run_starts_trains_nothing(
    queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was read before the other runs were looked at, which takes its time."""
    run = queue.add()
    needs_no_engine = TaskEnds.needs_no_engine

    def paused_after(ends: TaskEnds, task: Task) -> bool:
        found = needs_no_engine(ends, task)
        queue_edits.pause(queue.runs_dir)
        return found

    monkeypatch.setattr(TaskEnds, "needs_no_engine", paused_after)
    queue.meanwhile = lambda: pytest.fail("its engine starts")
    assert not queue.runner.step()
    assert (queue.starts, queue.waiting) == ([], [run])


def test_what_a_person_changes_while_a_task_is_judged_stays(
    queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner wrote back the task as it was before `queue pause --now`."""
    run = queue.add()
    queue.runner.step()
    queue.engines[run].ends("stopped")
    judge = TaskEnds.judge

    def judge_late(ends: TaskEnds, task: Task) -> None:
        with queue_file.changed(queue.runs_dir) as content:
            content.tasks = [each.stopping() for each in content.tasks]
        judge(ends, task)

    monkeypatch.setattr(TaskEnds, "judge", judge_late)
    queue.runner.step()
    assert queue.ended == []


def test_a_runner_that_adopts_a_run_lets_a_person_stop_it(queue: FakeQueue) -> None:
    """The signal that ended the runner before was not meant for its engine."""
    run = queue.add()
    queue.runner.step()
    queue.runner.is_ending = True
    queue.runner.run()
    queue.new_runner().step()
    queue.engines[run].ends("stopped")
    assert not queue.runner.step()
    assert queue.ended == [(run, "stopped")]


def test_a_runner_that_adopts_a_run_which_the_queue_stops_keeps_it(queue: FakeQueue) -> None:
    run = queue.add()
    queue.runner.step()
    queue_edits.pause_now(queue.runs_dir)
    queue_edits.go_on(queue.runs_dir)
    queue.new_runner().step()
    queue.engines[run].ends("stopped")
    queue.runner.step()
    assert queue.starts == [run, run]


def test_no_run_starts_while_the_one_before_frees_the_memory_of_its_device(
    queue: FakeQueue,
) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    queue.engines[first].frees_memory = True
    queue.engines[first].ends("done")
    queue.runner.step()
    assert queue.starts == [first]
    queue.engines[first].frees_memory = False
    queue.runner.step()
    assert queue.starts == [first, second]


def test_a_runner_that_is_told_to_end_does_so_on_a_full_disk(
    queue: FakeQueue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queue.add()
    queue.runner.step()
    queue.runner.is_ending = True
    monkeypatch.setattr(durable_files, "write_durably", full_disk)
    queue.runner.run()
    assert "No space left" in capsys.readouterr().err
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(queue.runner._lock)


def test_a_run_whose_journal_cannot_be_read_stops_none_of_the_others(
    queue: FakeQueue,
) -> None:
    """The error ended the runner."""
    first, second = queue.add(), queue.add()
    (queue.runs_dir / first / "journal.jsonl").mkdir()
    queue.runner.step()
    queue.runner.step()
    assert queue.ended == [(first, "failed")]
    assert queue.training == [second]


def test_a_disk_that_is_not_that_of_the_run_pauses_nothing(queue: FakeQueue) -> None:
    first, second = queue.add(), queue.add()
    queue.runner.step()
    queue.engines[first].ends("failed", "/dev/shm: No space left on device")
    queue.runner.step()
    assert queue.ended == [(first, "failed")]
    assert queue.training == [second]


def test_a_run_that_was_renamed_by_a_process_that_died_then_is_found(queue: FakeQueue) -> None:
    run = queue.add()
    os.rename(queue.runs_dir / run, queue.runs_dir / "1-other")
    queue.runner.step()
    assert (queue.starts, queue.training) == (["1-other"], ["1-other"])


def test_the_users_command_is_told_of_a_failure_only_once_and_at_the_end(
    queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each death of an engine was told, though it was started again."""
    told: list[str] = []
    monkeypatch.setattr(engine_starts, "tell_failure", lambda run: told.append(run.label))
    run = queue.add()
    for _ in range(MOST_STARTS):
        queue.runner.step()
        queue.engines[run].dies()
        assert told == []
    queue.runner.step()
    assert told == [run]


def test_nothing_is_lost_between_an_empty_queue_and_the_end_of_the_runner(
    queue: FakeQueue,
) -> None:
    assert not queue.runner.step()
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(queue.runner._lock)  # given back


def test_the_newest_end_counts(queue: FakeQueue) -> None:
    """A run that was resumed by hand after it had ended, and then died."""
    run = queue.add()
    queue.runner.step()
    engine = queue.engines[run]
    engine.ends("stopped")
    again = FakeEngine(RunDir(queue.runs_dir / run), Task(run), {})
    again.says(events.Phase("starting"))
    again.dies()
    assert run_outcome.outcome(again.run, queue.now.tasks[0]).state == "died"
