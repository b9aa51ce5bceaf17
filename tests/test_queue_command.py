"""`cnn-tui queue`: what is said, what is refused, and what other commands say of a queued run."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from engine.errors import RunError, UsageError
from engine.protocol import events
from engine.queueing import queue_edits, queue_file, queue_journal, queued_runs, runner_start
from engine.queueing.queue_dir import QueueDir
from engine.queueing.queue_journal import Ended
from engine.queueing.task import Begun, Task
from engine.racing import next_tasks, race_file
from engine.run import durable_files, run_liveness, run_lock, run_search, run_trash
from engine.run.run_paths import RunDir
from tests import scripted
from tests.queues import FakeEngine, FakeQueue
from tests.races import new_race, stopped, trained
from tui.cli.command_line import main
from tui.drawing.status_rows import state
from tui.screens.verdicts import verdicts
from tui.viewer import run_summary
from tui.viewer.run_follower import RunFollower
from tui.viewer.run_index import RunIndex

DIGITS = ("-m", "lenet5", "-d", "digits", "--device", "cpu")
runners: list[Path] = []


@pytest.fixture(autouse=True)
def no_runner(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is trained; where a runner would start is noted."""
    monkeypatch.setattr(runner_start, "ensure_runner", runners.append)
    yield
    runners.clear()


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["queue", *arguments])


def said(*arguments: str) -> str:
    result = typed(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def refused(*arguments: str) -> str:
    result = typed(*arguments)
    assert result.exit_code, result.output
    return result.stderr.removeprefix("cnn-tui: ").strip()


def order() -> list[str]:
    return [task.run for task in queue_file.read(Path("runs")).tasks]


def test_a_run_is_created_and_queued_and_the_runner_started() -> None:
    assert said("add", *DIGITS) == "queued 1-lenet5-digits at place 1"
    assert said("add", *DIGITS, "--name", "mine", "--set", "lr=0.2") == "queued 2-mine at place 2"
    assert order() == ["1-lenet5-digits", "2-mine"]
    assert runners == [Path("runs")] * 2
    run = RunDir(Path("runs/2-mine"))
    assert "lr = 0.2" in run.recipe.read_text()
    os.close(run_lock.acquire(run))  # free for its engine


def test_what_is_wrong_is_refused_before_a_run_is_made() -> None:
    assert "did you mean lenet5?" in refused("add", "-m", "lenet6")
    assert "there is no data set and no folder" in refused("add", "-d", "nothing-here")
    assert "no usable GPU" in refused("add", "--device", "cuda")
    assert refused("add", "lenet5", "digits") == "type `--arch lenet5 --data digits` instead."
    assert not Path("runs").exists()


def test_a_queue_that_is_paused_says_so_and_starts_nothing() -> None:
    assert said("pause") == "the queue is paused"
    told = said("add", *DIGITS)
    assert told.endswith("; the queue is paused by hand: `cnn-tui queue continue` goes on.")
    assert runners == []
    assert said("continue") == "the queue goes on, with 1 run"
    assert runners == [Path("runs")]


def test_an_existing_run_is_queued_to_be_resumed_if_it_can_be() -> None:
    stopped = [*scripted.half_a_run(), events.RunEnded("stopped")]
    recipe = 'arch = "lenet5"\ndata = "digits"\ndevice = "cpu"\n'
    for label, last in (("1-stopped", stopped), ("2-done", [events.RunEnded("done")])):
        run = scripted.run_dir(Path("runs"), last, label)
        run.recipe.write_text(recipe)
    assert said("add", "--run", "1") == "queued 1-stopped at place 1"
    assert refused("add", "--run", "1").startswith("1-stopped is in the queue already, at place 1")
    assert refused("add", "--run", "2").startswith("2-done is done: train it further with")
    assert refused("add", "--run", "1", "--epochs", "3").startswith("--run takes an existing run")
    assert order() == ["1-stopped"]


@pytest.mark.parametrize(
    ("where", "moved"),
    [
        ("up", "bacd"),
        ("down", "acbd"),
        ("first", "bacd"),
        ("last", "acdb"),
        ("3", "acbd"),
        ("99", "acdb"),
        ("0", "bacd"),
    ],
)
def test_a_run_is_moved(where: str, moved: str) -> None:
    queue = FakeQueue(Path("runs"))
    for name in "abcd":
        queue.add(name)
    assert "at place" in said("move", "b", where)
    assert "".join(label[-1] for label in order()) == moved


def test_a_place_or_a_run_that_is_not_there_is_refused() -> None:
    queue = FakeQueue(Path("runs"))
    queue.add("a")
    queue.take_out(queue.add("b"))
    assert refused("move", "a", "middle").startswith("'middle' is no place in the queue")
    assert refused("move", "b", "up").startswith("2-b is not in the queue")
    elsewhere = FakeQueue(Path("others")).add("c")
    assert "is in another folder of runs" in refused("remove", f"others/{elsewhere}")


def test_a_run_that_never_trained_goes_to_the_trash_and_others_stay() -> None:
    queue = FakeQueue(Path("runs"))
    new, known = queue.add("new"), queue.add("known")
    FakeEngine(RunDir(queue.runs_dir / known), Task(known), {}).ends("stopped")
    assert said("remove", "new").endswith("it never trained, and is in runs/.trash/1-new now")
    assert said("remove", "known") == "2-known is out of the queue"
    assert order() == []
    assert [run.label for run in run_trash.trashed(queue.runs_dir)] == [new]
    assert RunDir(queue.runs_dir / known).recipe.exists()


def test_a_race_queues_no_run_again_that_was_removed() -> None:
    queue = FakeQueue(Path("runs"))
    race = new_race(queue.runs_dir, 3, halving=True)
    first, second, third = (run.run for run in race.runs)
    trained(queue.runs_dir, first, 0.5, 1)
    trained(queue.runs_dir, second, 0.4, 1)
    queue.put(Task(third, 1, race.label))
    scripted.write(RunDir(queue.runs_dir / third), [events.Phase("starting")])
    assert said("remove", "3") == f"{third} is out of the queue"
    assert order() == [first]  # and not the removed one
    assert race_file.find(queue.runs_dir).dropped == (third,)


def test_a_run_is_removed_whose_race_is_gone() -> None:
    queue = FakeQueue(Path("runs"))
    label = queue.add("a", race="7-gone")
    assert said("remove", "a").startswith(f"{label} is out of the queue")
    assert order() == []


def test_the_queue_goes_on_with_a_race_whose_start_was_killed() -> None:
    race = new_race(Path("runs"), 3)
    race_file.write(Path("runs"), replace(race, made=1))
    shutil.rmtree(Path("runs") / race.runs[2].run)
    assert said("continue") == "the queue goes on, with 3 runs"
    assert order() == [run.run for run in race.runs]


def test_a_run_that_trains_is_not_removed_renamed_or_deleted() -> None:
    queue = FakeQueue(Path("runs"))
    run = queue.add("a")
    queue.runner.step()
    assert refused("remove", "a").startswith("1-a is training: stop it with `cnn-tui stop 1`")
    folder = RunDir(queue.runs_dir / run)
    with pytest.raises(RunError, match="1-a is running: stop it first"):
        queued_runs.rename(folder, "b")
    with pytest.raises(RunError, match="1-a is running: stop it first"):
        queued_runs.delete(folder)
    assert said("pause", "--now") == "the queue is paused; 1-a was told to stop"
    queue.engines[run].dies()


def test_a_run_that_waits_keeps_its_place_under_another_name_and_leaves_with_its_folder() -> None:
    queue = FakeQueue(Path("runs"))
    first, second = queue.add("a"), queue.add("b")
    assert queued_runs.rename(RunDir(queue.runs_dir / first), "c").label == "1-c"
    assert order() == ["1-c", second]
    with pytest.raises(UsageError):
        queued_runs.rename(RunDir(queue.runs_dir / "1-c"), "../d")
    queued_runs.delete(RunDir(queue.runs_dir / "1-c"))
    assert order() == [second]


@pytest.mark.parametrize(
    "edit",
    [
        lambda run: queued_runs.rename(run, "b"),
        queued_runs.delete,
        lambda run: queued_runs.remove(run.path.parent, run.label, lambda: None),
    ],
    ids=["rename", "delete", "remove"],
)
def test_on_a_full_disk_neither_the_queue_nor_its_run_changes(
    monkeypatch: pytest.MonkeyPatch, edit: Callable[[RunDir], object]
) -> None:
    queue = FakeQueue(Path("runs"))
    run = RunDir(queue.runs_dir / queue.add("a"))

    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(RunError, match=r"queue\.json cannot be written: No space left on device"):
        edit(run)
    assert order() == [run.label]
    assert run.recipe.exists()


def cli(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_commands_for_runs_keep_the_queue_right() -> None:
    """They knew nothing of it, unlike the screen: the task was lost."""
    queue = FakeQueue(Path("runs"))
    queue.add("a")
    queue.add("b")
    cli("rename", "a", "c")
    assert order() == ["1-c", "2-b"]
    cli("delete", "2", "--yes")
    assert order() == ["1-c"]


def test_a_run_whose_engine_was_killed_with_the_runner_is_no_longer_training() -> None:
    """After a restart of the machine, `remove` said to stop it, and `stop` that it does not run."""
    queue = FakeQueue(Path("runs"))
    labels = [queue.add(name) for name in "abc"]
    for label in labels:
        engine = FakeEngine(RunDir(queue.runs_dir / label), Task(label), {})
        engine.says(scripted.started(epochs=9))
        engine.dies()
    begun = Begun(("cpu",), seq=0, saved=0)
    with queue_file.changed(queue.runs_dir) as content:
        content.tasks = [replace(task, begun=begun) for task in content.tasks]
    assert said("pause") == "the queue is paused"
    cli("rename", "a", "d")
    assert order() == ["1-d", "2-b", "3-c"]
    assert said("remove", "b") == "2-b is out of the queue"
    cli("delete", "c", "--yes")
    assert order() == ["1-d"]


def test_a_rename_that_was_killed_halfway_is_mended() -> None:
    queue = FakeQueue(Path("runs"))
    queue.add("a")
    queue.add("b")
    os.rename("runs/1-a", "runs/1-c")
    assert said("move", "c", "last") == "1-c is at place 2 now"
    assert order() == ["2-b", "1-c"]
    os.rename("runs/1-c", "runs/1-e")
    cli("delete", "1", "--yes")
    assert order() == ["2-b"]


def test_a_run_that_cannot_be_queued_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable_files, "write_durably", full)
    assert "No space left" in refused("add", *DIGITS)
    assert run_search.labels(Path("runs")) == []


def test_a_run_that_is_queued_stays_if_no_runner_can_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(runs_dir: Path) -> None:
        raise RunError("no runner.")

    monkeypatch.setattr(runner_start, "ensure_runner", fail)
    assert refused("add", *DIGITS) == "no runner."
    assert order() == run_search.labels(Path("runs")) == ["1-lenet5-digits"]


def test_a_new_run_is_free_before_a_runner_can_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner took it for one that somebody else trains."""
    live: list[bool] = []

    def look(runs_dir: Path) -> None:
        live.extend(run_liveness.is_live(RunDir(runs_dir / label)) for label in order())

    monkeypatch.setattr(runner_start, "ensure_runner", look)
    said("add", *DIGITS)
    assert live == [False]


def test_the_list_shows_what_trains_what_waits_and_what_has_ended() -> None:
    queue = FakeQueue(Path("runs"))
    trains, waits, gone = (queue.add(name) for name in ("trains", "waits", "gone"))
    (queue.runs_dir / gone / "recipe.toml").unlink()
    queue.runner.step()
    queue_journal.append(QueueDir(queue.runs_dir), Ended(run="0-old", state="failed", error="why."))
    lines = [line.split() for line in said("list").splitlines()]
    assert ["1", trains, "●", "training", "1/9", "cpu"] in lines
    assert ["2", waits, "queued"] in lines
    assert ["3", gone, "its", "folder", "is", "gone"] in lines
    assert any(line[-3:] == ["0-old", "failed", "why."] for line in lines)
    assert said() == said("list")
    assert "type `cnn-tui queue continue`." in said().splitlines()[-1]
    told = json.loads(said("--json"))
    assert [run["task"]["run"] for run in told["runs"]] == [trains, waits, gone]
    assert told["working"] is False
    queue.engines[trains].dies()


def test_every_command_has_json() -> None:
    for arguments in (
        ["pause"],
        ["add", *DIGITS],
        ["move", "1", "first"],
        ["pause", "--now"],
        ["list"],
        ["remove", "1"],
        ["continue"],
    ):
        assert json.loads(said(*arguments, "--json")), arguments


def test_a_damaged_queue_is_said_in_one_sentence() -> None:
    FakeQueue(Path("runs")).add("a")
    QueueDir(Path("runs")).tasks.write_text("{")
    for arguments in ((), ("pause",), ("move", "1", "up"), ("add", *DIGITS)):
        assert "queue.json is damaged" in refused(*arguments)
    assert not Path("runs/2-lenet5-digits").exists()


def test_a_queued_run_is_queued_wherever_its_state_is_told() -> None:
    queue = FakeQueue(Path("runs"))
    index = RunIndex(queue.runs_dir)
    run = RunDir(queue.runs_dir / queue.add("a"))
    assert [row.state for row in index.rows()] == ["queued"]
    assert run_summary.state_now(run) == "queued"
    result = CliRunner().invoke(main, ["status", "a"])
    assert result.stdout.startswith("1-a   queued")
    queue.take_out(run.label)
    assert [row.state for row in index.rows()] == ["starting"]
    assert run_summary.state_now(run) == "starting"


def rested(queue: FakeQueue, label: str) -> RunDir:
    """A run that has come to the end of its second epoch, and was stopped there."""
    engine = FakeEngine(RunDir(queue.runs_dir / label), Task(label), {})
    engine.says(*scripted.half_a_run())
    engine.ends("stopped")
    return engine.run


def verdict_words(watched: RunFollower) -> str:
    return next((verdict.text for verdict in verdicts(watched.history)), "")


def test_a_run_that_has_come_to_a_rung_waits_for_its_race() -> None:
    queue = FakeQueue(Path("runs"))
    race = new_race(queue.runs_dir, halving=True)
    for task in next_tasks.follow_up(queue.runs_dir, race.label):
        queue.put(task)
    first, second = race.runs[0].run, race.runs[1].run
    for run in (first, second):
        queue.take_out(run)
    trained(queue.runs_dir, first, 0.9, epochs=1)
    stopped(queue.runs_dir, second)
    shown = []
    for run in (first, second):
        watched = RunFollower(RunDir(queue.runs_dir / run))
        watched.update()
        shown.append((state(watched.history).word, verdict_words(watched)))
    assert shown[0] == ("queued", f"waits for the other runs of its race {race.label}")
    assert shown[1][0] == "stopped", "a person did that"


def test_a_run_that_rests_waits_in_the_queue_and_has_not_ended() -> None:
    """It was called stopped, to be resumed by hand."""
    queue = FakeQueue(Path("runs"))
    queue.add("a")
    index, run = RunIndex(queue.runs_dir), rested(queue, queue.add("b"))
    watched = RunFollower(run)

    def shown() -> tuple[str, str]:
        watched.update()
        label = state(watched.history)
        return f"{label.sign} {label.word}", verdict_words(watched)

    assert shown() == ("○ queued", "the run waits for 1 run before it")
    assert watched.update().kinds == frozenset(), "nothing new is drawn"
    assert {row.name: row.state for row in index.rows()} == {"a": "queued", "b": "queued"}
    assert run_summary.state_now(run) == "queued"
    queue_edits.move(queue.runs_dir, run.label, "first")
    assert shown() == ("○ queued", "the run is the next one to start")
    queue.take_out(run.label)
    assert shown()[0] == "· stopped"
    assert {row.name: row.state for row in index.rows()} == {"a": "queued", "b": "stopped"}
    queue.put(Task(run.label))
    assert shown()[0] == "○ queued"
    engine = FakeEngine(run, Task(run.label), {})
    engine.says(events.Phase("starting"))
    assert shown()[0] == "● starting"
    engine.dies()
    watched.update()
    assert watched.died, "the engine that went on with it"


def test_the_dashboard_says_what_a_queued_run_waits_for() -> None:
    queue = FakeQueue(Path("runs"))
    first, second, third = (queue.add(name) for name in "abc")
    watched = RunFollower(RunDir(queue.runs_dir / third))

    def shown() -> tuple[str, list[str]]:
        watched.update()
        label = state(watched.history)
        return f"{label.sign} {label.word}", [verdict.text for verdict in verdicts(watched.history)]

    assert shown() == ("○ queued", ["the run waits for 2 runs before it"])
    assert watched.update().kinds == frozenset(), "nothing new is drawn"
    queue.take_out(first)
    assert shown() == ("○ queued", ["the run waits for 1 run before it"])
    queue_edits.move(queue.runs_dir, third, "first")
    assert shown() == ("○ queued", ["the run is the next one to start"])
    queue_edits.pause(queue.runs_dir)
    assert shown() == ("○ queued", ["the queue is paused"])
    queue.take_out(third)
    assert shown()[0] == "● starting"
    assert second in order()
