"""The recorder of somebody's own script: a real process, to which the tests write its lines."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.protocol import commands, events
from engine.protocol.commands import Inspect, Pause
from engine.protocol.script_lines import Recording, Refused
from engine.recipes import watched_recipe
from engine.run import lock_owner, replies, run_liveness, spool
from engine.run.journal_tail import JournalTail
from engine.run.run_paths import RunDir
from engine.start import engine_death
from tests import processes, recorders
from tests.processes import LiveJournal, events_of, wait_for
from tests.recorders import FakeScript
from tui.cli.command_line import main

# For a fault of the machine that a test plays, before the recorder starts.
RECORD = "from engine.recording.recorder import record; raise SystemExit(record())"


def recorded(name: str = "mine", **fields: object) -> FakeScript:
    script = FakeScript()
    assert isinstance(script.hello(name, **fields), Recording)
    return script


def kinds(run: RunDir) -> list[str]:
    """The types of the events of a run, without what the machine says."""
    machine = (events.Hardware, events.Heartbeat)
    return [type(event).__name__ for event in events_of(run) if not isinstance(event, machine)]


def ending(run: RunDir) -> events.RunEnded:
    """The end of a run, which no other event may follow."""
    last = events_of(run)[-1]
    assert isinstance(last, events.RunEnded)
    return last


def test_a_run_is_kept_as_any_other(tmp_path: Path) -> None:
    script = FakeScript()
    answer = script.hello("mine", settings={"lr": 0.1, "batch": 64, "scheduler": None})
    run = script.run
    assert answer == Recording(str(tmp_path / "runs" / "1-mine"), "1-mine", "1")
    assert run_liveness.is_live(run)
    owner = lock_owner.read_owner(run)
    assert owner is not None
    assert owner.pid == script.recorder.pid
    script.send(recorders.started(), *recorders.epoch(1), *recorders.epoch(2))
    assert script.end() == 0
    assert run_liveness.liveness(run) == "gone"
    once = ["Steps", "Steps", "EpochEnded"]
    assert kinds(run) == ["Phase", "RunStarted", *once, *once, "RunEnded"]
    told = next(event for event in events_of(run) if isinstance(event, events.RunStarted))
    assert (told.attempt, told.host) == (owner.attempt, owner.host)
    assert ending(run).reason == "done"
    assert 0 < ending(run).seconds < processes.TIMEOUT
    assert ending(run).step == 20
    assert run.log.read_text() == ""


def test_a_shell_asks_and_waits_for_it_as_for_any_run() -> None:
    script = recorded()
    script.send(recorders.started(), *recorders.epoch(1))
    journal = LiveJournal(script.run.journal)
    wait_for(lambda: journal.count(events.EpochEnded) == 1)
    told = CliRunner().invoke(main, ["status", "--json"])
    status = json.loads(told.output)
    assert (status["state"], status["step"], status["epochs"]) == ("live", 10, 10)
    waiting = processes.start_process(*processes.COMMAND, "wait", "1", stdout=subprocess.PIPE)
    assert script.end() == 0
    assert waiting.communicate()[0] == "1-mine: done at step 10\n"
    assert waiting.returncode == 0


def test_its_folder_may_be_below_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    script = recorded(runs_dir="~/kept")
    assert script.run.path == tmp_path / "home" / "kept" / "1-mine"
    script.end()


def test_its_recipe_names_the_program_and_its_settings() -> None:
    script = recorded(settings={"lr": 0.1, "batch": 64, "scheduler": None, "été": "a\nb"})
    assert watched_recipe.watched_program(script.run.recipe) == "train.py"
    assert script.run.recipe.read_text() == (
        '[watched]\nprogram = "train.py"\nframework = ""\n\n'
        '[watched.settings]\n"lr" = 0.1\n"batch" = 64\n"été" = "a\\nb"\n'
    )
    script.send(recorders.started())
    assert script.end() == 0
    assert 'framework = "PyTorch 2.14.1"' in script.run.recipe.read_text()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("mine", "1-mine"),
        ("a/b c", "1-a-b-c"),
        ("../../etc", "1-etc"),
        ("Größe", "1-Gr--e"),
        ("", "1-train"),
        ("実験", "1-train"),
        ("x" * 300, f"1-{'x' * 100}"),
    ],
)
def test_any_name_is_made_one_of_a_folder(name: str, label: str) -> None:
    script = recorded(name)
    assert script.run.label == label
    script.end()


def test_a_script_that_needs_no_run_leaves_none(tmp_path: Path) -> None:
    assert FakeScript().hang_up() == 0
    assert os.listdir(tmp_path) == []


# Refusals


def test_a_folder_that_cannot_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    script = FakeScript()
    for_runs = str(tmp_path / "file" / "runs")
    assert script.hello(runs_dir=for_runs) == Refused(
        f"The run cannot be recorded, since {for_runs} cannot be written: Not a directory; check "
        "the path, or name another folder with runs_dir=."
    )
    assert script.wait() == 1
    resumed = FakeScript().hello(runs_dir=str(tmp_path / "file"), resume=True)
    assert isinstance(resumed, Refused)
    assert "written: Not a directory;" in resumed.sentence


@pytest.mark.parametrize("line", ["nonsense", '{"type": "Steps", "epoch": 1}', '{"type": "Hello"}'])
def test_a_first_line_that_is_no_hello_is_refused(tmp_path: Path, line: str) -> None:
    script = FakeScript()
    script.send(line)
    answer = script.hear()
    assert isinstance(answer, Refused)
    assert "does not understand" in answer.sentence
    assert script.wait() == 1
    assert os.listdir(tmp_path) == []


def test_a_newer_script_is_told_to_update_the_recorder() -> None:
    answer = FakeScript().hello(version=99)
    assert isinstance(answer, Refused)
    assert "update cnn-tui there" in answer.sentence


# Ends


def test_the_end_of_the_pipe_without_a_word_is_a_failure() -> None:
    script = recorded()
    script.send(recorders.started(), *recorders.epoch(1))
    assert script.hang_up() == 0
    assert ending(script.run).reason == "failed"
    assert ending(script.run).error == (
        "train.py ended without a word: look at what it printed last, then start it again."
    )
    assert run_liveness.liveness(script.run) == "gone"


# A script that has forked a worker, which holds the pipe until its stdin ends.
FORKING = """
import json, os, subprocess, sys
recorder = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
say = lambda **line: os.write(recorder.stdin.fileno(), json.dumps(line).encode() + b"\\n")
say(type="Hello", version=1, name="forks", program="forking.py", pid=os.getpid())
print(json.loads(recorder.stdout.readline())["folder"], recorder.pid, flush=True)
if os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
say(type="Steps", epoch=1, step=5, loss=0.5)
sys.stdin.read()
"""


def test_a_killed_script_is_noticed_within_a_second_though_a_worker_holds_the_pipe() -> None:
    forking = (sys.executable, "-c", FORKING, *recorders.COMMAND)
    script = processes.start_process(*forking, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert script.stdout is not None
    folder, _, recorder = script.stdout.readline().rpartition(" ")
    run = RunDir(Path(folder))
    journal = LiveJournal(run.journal)
    wait_for(lambda: journal.count(events.Steps) == 1)
    script.kill()
    killed = time.time()
    wait_for(lambda: journal.count(events.RunEnded) == 1)
    wait_for(lambda: lock_owner.start_of(int(recorder)) is None)
    assert run_liveness.liveness(run) == "gone"
    assert ending(run).error.startswith("forking.py ended without a word: ")
    assert ending(run).time - killed < 1.0


def test_a_death_for_lack_of_memory_is_told(tmp_path: Path) -> None:
    counting = tmp_path / "memory.events"
    counting.write_text("oom_kill 2\n")
    fake = (
        "from pathlib import Path; from engine.machine import oom_kills; "
        f"oom_kills.counting_file = lambda: Path({str(counting)!r})"
    )
    script = FakeScript(sys.executable, "-c", f"{fake}; {RECORD}")
    script.hello()
    (script.run.checkpoints / "script.pt").touch()
    counting.write_text("oom_kill 3\n")
    script.hang_up()
    assert ending(script.run).error == (
        "train.py ended without a word, and the kernel ended a process for lack of memory: give "
        "it smaller batches or fewer workers, then start it again (`run.resume()` loads its "
        "checkpoint)."
    )


def test_the_signals_of_a_job_do_not_end_it() -> None:
    script = recorded()
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        script.recorder.send_signal(number)
    script.send(recorders.started(), *recorders.epoch(1))
    assert script.end("stopped") == 0
    assert ending(script.run).reason == "stopped"


def test_a_killed_recorder_is_gone_and_nobody_is_told_to_resume_it() -> None:
    script = recorded()
    script.send(recorders.started(), *recorders.epoch(1))
    journal = LiveJournal(script.run.journal)
    wait_for(lambda: journal.count(events.EpochEnded) == 1)
    script.recorder.kill()
    script.recorder.wait()
    assert run_liveness.liveness(script.run) == "gone"
    assert engine_death.sentence(script.run) == (
        "the recorder died; train.py may still be training, and is watched again once it is "
        "started anew."
    )


def test_where_the_disk_is_full_events_wait_for_it() -> None:
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (700, -1)); {RECORD}"
    script = FakeScript(sys.executable, "-c", full)
    script.hello()
    script.send(*recorders.epoch(1), *recorders.epoch(2), *recorders.epoch(3))
    script.send({"type": "Checkpointed", "file": "script.pt", "step": 30, "epoch": 3, "bytes": 1,
                 "seconds": 0.1, "reason": "command"})  # fmt: skip
    spool.send(script.run, Pause)
    assert isinstance(script.hear(), Pause)  # it has read all that was before
    assert len(kinds(script.run)) < 9
    freed = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(script.recorder.pid, resource.RLIMIT_FSIZE, freed)
    assert script.end() == 0
    assert kinds(script.run).count("EpochEnded") == 3
    assert ending(script.run).reason == "done"


# Commands and replies


def test_commands_reach_the_script_and_its_replies_the_viewer() -> None:
    script = recorded()
    pause = spool.send(script.run, Pause)
    said = script.hear()
    assert isinstance(said, Pause)
    assert said.id == pause
    asked = spool.send(script.run, Inspect, kind="kernels", layer="conv1")
    said = script.hear()
    assert isinstance(said, Inspect)
    assert (said.kind, said.layer, said.id) == ("kernels", "conv1", asked)
    reply = events.Kernels(layer="conv1", shape=(1, 1, 1, 1), largest=0.5, kernels=())
    line = {"type": "Reply", "id": asked, "event": events.encode(reply).decode()}
    script.send(f'{{"type":"Reply","id":"{asked}","event":{line["event"]}}}')
    wait_for(lambda: replies.read_reply(script.run, asked) is not None)
    assert replies.read_reply(script.run, asked) == reply
    assert script.end() == 0
    assert "Kernels" not in kinds(script.run)


@pytest.mark.parametrize("name", ["../recipe", "unasked"])
def test_a_reply_that_was_not_asked_for_is_no_file(name: str) -> None:
    script = recorded()
    alert = '{"type":"Alert","level":"info","code":"x","text":"y"}'
    script.send(f'{{"type":"Reply","id":"{name}","event":{alert}}}')
    assert script.end() == 0
    assert not script.run.replies.exists()
    assert watched_recipe.watched_program(script.run.recipe) == "train.py"


def test_commands_wait_for_a_script_that_reads_none_and_go_with_it() -> None:
    """More of them than a pipe holds; the recorder takes lines all the while."""
    script = recorded()
    for number in range(1500):
        command = commands.Steer(id=f"{number:060}", attempt=attempt_of(script.run))
        hidden = script.run.commands / f".{number:05}.json"
        hidden.write_bytes(commands.encode(command))
        hidden.rename(script.run.commands / f"{number:05}.json")
    journal = LiveJournal(script.run.journal)
    for number in range(1, 4):
        script.send(*recorders.epoch(number))
        wait_for(lambda number=number: journal.count(events.EpochEnded) == number)  # type: ignore[misc]
    assert os.listdir(script.run.commands)
    assert script.end() == 0
    assert os.listdir(script.run.commands) == []


def attempt_of(run: RunDir) -> str:
    owner = lock_owner.read_owner(run)
    assert owner is not None
    return owner.attempt


# Resuming


def paused_in_epoch_3(tmp_path: Path) -> RunDir:
    """A run that has saved after its second epoch, and died after its third."""
    script = recorded()
    script.send(recorders.started(), *recorders.epoch(1), *recorders.epoch(2))
    script.send(recorders.checkpoint(20, 2), *recorders.epoch(3))
    (script.run.checkpoints / "script.pt").touch()
    assert script.hang_up() == 0
    return script.run


def test_a_script_goes_on_from_its_checkpoint_in_the_same_run(tmp_path: Path) -> None:
    run = paused_in_epoch_3(tmp_path)
    script = FakeScript()
    checkpoint = str(run.checkpoints / "script.pt")
    assert script.hello(resume=True) == Recording(str(run.path), "1-mine", "1", checkpoint)
    script.send({"type": "GoesOn", "step": 20, "epoch": 3}, recorders.started())
    script.send(*recorders.epoch(3))
    assert script.end() == 0
    resumed = [event for event in events_of(run) if isinstance(event, events.Resumed)]
    saved = [event for event in events_of(run) if isinstance(event, events.Checkpointed)]
    assert [event.from_seq for event in resumed] == [saved[0].seq]
    assert resumed[0].attempt == attempt_of(run)
    steps = [event.step for event in events_of(run) if isinstance(event, events.Steps)]
    assert steps == [5, 10, 15, 20, 25, 30]
    assert kinds(run).count("RunEnded") == 1


@pytest.mark.parametrize("says", [True, False])
def test_a_script_that_cannot_load_its_checkpoint_leaves_the_run_as_it_was(
    tmp_path: Path, says: bool
) -> None:
    run = paused_in_epoch_3(tmp_path)
    before, status = run.journal.read_bytes(), run_liveness.liveness(run)
    script = FakeScript()
    script.hello(resume=True)
    assert (script.end("failed") if says else script.hang_up()) == 0
    assert run.journal.read_bytes() == before
    assert run_liveness.liveness(run) == status


def test_a_checkpoint_that_the_journal_does_not_know_goes_on_after_its_step(
    tmp_path: Path,
) -> None:
    run = paused_in_epoch_3(tmp_path)
    script = FakeScript()
    script.hello(resume=True)
    script.send({"type": "GoesOn", "step": 12, "epoch": 2}, recorders.started())
    assert script.end() == 0
    steps = [event.step for event in events_of(run) if isinstance(event, events.Steps)]
    assert steps == [5, 10]


def test_a_script_that_does_not_load_its_checkpoint_begins_anew(tmp_path: Path) -> None:
    run = paused_in_epoch_3(tmp_path)
    script = FakeScript()
    script.hello(resume=True)
    script.send(recorders.started(), *recorders.epoch(1))
    assert script.end() == 0
    steps = [event.step for event in events_of(run) if isinstance(event, events.Steps)]
    assert steps == [5, 10]


def test_only_a_run_of_this_name_that_is_saved_and_not_live_goes_on(tmp_path: Path) -> None:
    run = paused_in_epoch_3(tmp_path)
    other = recorded("other")
    assert recorded("other", resume=True).run.label == "3-other"  # nothing was saved
    (other.run.checkpoints / "script.pt").touch()
    assert recorded("other", resume=True).run.label == "4-other"  # it is live
    first = recorded(resume=True)
    assert first.run == run
    assert recorded(resume=True).run.label == "5-mine"


# What a script may write


def test_lines_that_cannot_be_read_are_counted_and_told_once() -> None:
    script = recorded()
    script.send(recorders.started(), "nonsense", "\x00\udcff".encode(errors="replace").decode())
    script.send('{"type": "Steps", "step": -1, "epoch": 1}', '{"type": "Unknown"}', "[" * 100_000)
    script.send('{"type": "Heartbeat"}', '{"type": "Hello", "version": 1}', "")
    script.send(*recorders.epoch(1))
    assert script.end() == 0
    alerts = [event for event in events_of(script.run) if isinstance(event, events.Alert)]
    assert [alert.code for alert in alerts] == ["line"]
    assert "Heartbeat" not in [type(event).__name__ for event in events_of(script.run)]
    assert kinds(script.run).count("EpochEnded") == 1
    assert "could not be read: 8." in script.run.log.read_text()


def test_a_line_without_an_end_takes_little_memory() -> None:
    script = recorded()
    assert script.recorder.stdin is not None
    for _ in range(100):
        script.recorder.stdin.write("x" * (1 << 20))
    script.send("", *recorders.epoch(1))
    wait_for(lambda: LiveJournal(script.run.journal).count(events.EpochEnded) == 1)
    status = Path(f"/proc/{script.recorder.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 80_000  # kB
    assert script.end() == 0


def test_a_hundred_thousand_lines_at_once_keep_the_journal_small() -> None:
    """The reports are merged: no step is lost from the means."""
    script = recorded()
    lines = [f'{{"type":"Steps","epoch":1,"step":{i},"loss":{i}}}\n' for i in range(1, 100_001)]
    assert script.recorder.stdin is not None
    script.recorder.stdin.write("".join(lines))
    script.send(events.EpochEnded(epoch=1, step=100_000, loss=1.0))
    assert script.end() == 0
    steps = [event for event in events_of(script.run) if isinstance(event, events.Steps)]
    assert script.run.journal.stat().st_size < 4_000_000
    assert steps[-1].step == 100_000
    before = [0, *(event.step for event in steps[:-1])]
    total = sum((s.step - b) * s.loss for s, b in zip(steps, before, strict=True) if s.loss)
    assert total == pytest.approx(sum(range(1, 100_001)), rel=1e-5)


def test_two_scripts_at_once_have_two_runs() -> None:
    first, second = recorded(), recorded()
    first.send(recorders.started(), *recorders.epoch(1))
    second.send(recorders.started(), *recorders.epoch(1))
    assert [first.run.label, second.run.label] == ["1-mine", "2-mine"]
    assert (first.end(), second.end()) == (0, 0)
    assert ending(first.run).reason == ending(second.run).reason == "done"


def test_hardware_is_that_of_the_script_and_beats_while_it_is_silent() -> None:
    script = recorded()
    tail = JournalTail(script.run.journal)
    seen: list[events.Hardware] = []

    def sampled() -> bool:
        seen.extend(event for event in tail.read() if isinstance(event, events.Hardware))
        return len(seen) > 1

    wait_for(sampled)
    status = Path(f"/proc/{os.getpid()}/statm").read_text().split()
    ours = int(status[1]) * resource.getpagesize()
    assert seen[0].engine_memory == pytest.approx(ours, rel=0.2)
    assert script.end() == 0
