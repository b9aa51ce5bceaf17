"""The user's command for the end of a run: when it runs, what it is told, and what it cannot do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.catalog.user_folders import state_folder
from engine.errors import UsageError
from engine.process import at_end
from engine.protocol import events
from engine.queueing import kept_command, runner_command, runner_lock, runner_start
from engine.queueing.queue_dir import QueueDir
from engine.queueing.task import Begun, Task
from engine.recipes.recipe_building import build_recipe
from engine.run import engine_log, lock_owner, on_end, run_lock, run_text
from engine.run.journal import Journal
from engine.run.run_paths import RunDir
from engine.start import engine_environment, launch
from engine.start.launch import ProcessStart
from tests.processes import TIMEOUT, LiveJournal, headless, start_process, wait_for
from tests.queues import FakeQueue
from tests.test_user_config import written

DONE = events.RunEnded("done", best_top1=0.9)
RUN = RunDir(Path("runs/1-lenet5-digits"))
# It writes down what it is told, and whether the lock is free.
WITNESS = """
import fcntl, json, os, sys
told = {name: value for name, value in os.environ.items() if name.startswith("CNN_TUI_")}
with open(os.environ["CNN_TUI_RUN"] + "/engine.lock") as lock:
    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
told["arguments"] = open(f"/proc/{os.getppid()}/cmdline").read()
with open("told.tmp", "w") as file:
    json.dump(told, file)
os.rename("told.tmp", "told.json")
print("said", "so")
sys.exit(3)
"""


def witness() -> str:
    Path("witness.py").write_text(WITNESS)
    return f"{sys.executable} witness.py"


def told() -> dict[str, str]:
    found: dict[str, str] = json.loads(Path("told.json").read_text())
    return found


def start(*options: str, epochs: int = 1) -> tuple[str, ...]:
    recipe = ("--arch", "lenet5", "--data", "digits", "--device", "cpu", "--set", "threads=1")
    return ("--no-ui", *recipe, "--epochs", str(epochs), *options)


def last_line() -> str:
    return RUN.log.read_text().splitlines()[-1]


# Where it comes from


def test_the_variable_takes_precedence_even_if_it_is_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert on_end.command() == ""
    written('on_end = "of-file"')
    assert on_end.command() == "of-file"
    monkeypatch.setenv("CNN_TUI_ON_END", "of-variable")
    assert on_end.command() == "of-variable"
    monkeypatch.setenv("CNN_TUI_ON_END", "")
    assert on_end.command() == ""


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("true 'x", "is unclear (No closing quotation): put words with spaces in quotes"),
        ("  ", run_text.ON_END_BLANK),
        ("nonesuch-program x", "there is no program 'nonesuch-program'"),
        ("./nonesuch", "there is no program './nonesuch'"),
    ],
)
def test_what_cannot_run_is_refused(command: str, sentence: str) -> None:
    on_end.check("true x 'y z'")
    on_end.check("")
    with pytest.raises(UsageError) as refused:
        on_end.check(command)
    assert sentence in str(refused.value)


def test_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tell.sh"
    file.write_text("#!/bin/sh\n")
    with pytest.raises(UsageError, match=r"may not be run .* `chmod \+x "):
        on_end.check(str(file))


# What it is told


def test_the_command_gets_what_the_user_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine's own variables would change what a script imports, and how it allocates."""
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    of_engine = engine_environment.environment(build_recipe())
    assert of_engine["PYTHONSAFEPATH"] == "1"
    monkeypatch.setattr(os, "environ", {**of_engine, "CNN_TUI_ON_END": "x"})
    variables = at_end.environment(RUN, DONE)
    left = {"PYTHONSAFEPATH", "MALLOC_TOP_PAD_", "OMP_NUM_THREADS", "CNN_TUI_ON_END"}
    assert not left & variables.keys()
    assert variables["MALLOC_ARENA_MAX"] == "2"
    assert variables["CNN_TUI_STATE"] == "done"
    assert json.loads(variables["CNN_TUI_RESULT"])["best_top1"] == 0.9


# How it goes


def ran(command: str, seconds: float = 60.0) -> str:
    before: Mapping[int, object] = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        return at_end.ran(command, os.environ, seconds)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


def shell(script: str) -> str:
    Path("script.sh").write_text(script)
    return "sh script.sh"


def test_its_exit_code_and_last_line_are_told() -> None:
    assert ran("true").startswith("exited with 0 after 0.")
    assert ran(shell("echo one; echo two >&2; exit 3")).endswith(", and said: two")
    assert ran(shell("kill -9 $$")).startswith("was ended by signal 9 after")
    assert ran(shell("printf 'a\\033]0;b\\007'")).endswith(", and said: a\\x1b]0;b\\x07")
    assert ran("./nonesuch") == "could not be started: No such file or directory"
    assert ran("true '") == "could not be started: No closing quotation"


def test_what_runs_without_a_shell_expands_nothing() -> None:
    assert ran("echo $HOME *").endswith("and said: $HOME *")


def test_endless_output_fills_nothing() -> None:
    assert ran("yes", seconds=0.3) == "took longer than 0.3 s and was ended"


def test_one_that_hangs_is_ended_with_its_children() -> None:
    hangs = shell("sleep 1000 & echo $! > child; sleep 1000")
    assert ran(hangs, seconds=0.5) == "took longer than 0.5 s and was ended"
    child = Path("/proc") / Path("child").read_text().strip() / "stat"
    wait_for(lambda: not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_child_in_the_background_keeps_nobody_waiting() -> None:
    began = time.monotonic()
    assert ran(shell("sleep 1000 & echo started")).endswith("and said: started")
    assert time.monotonic() - began < 500


# When it runs


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that the engine would become."""
    found: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: found.append(arguments))
    return found


def test_it_runs_at_every_end_except_by_sigterm(
    handed_over: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = launch.create(build_recipe(), Path("runs"))
    run_lock.release(claim)
    at_end.hand_over(claim.run, 0)
    assert handed_over == []
    monkeypatch.setenv("CNN_TUI_ON_END", "true")
    for code in (0, 1, 130, 143):
        at_end.hand_over(claim.run, code)
    assert [arguments[-1] for arguments in handed_over] == ["0", "1", "130"]


def test_the_end_of_an_earlier_attempt_is_not_that_of_this_one() -> None:
    claim = launch.create(build_recipe(), Path("runs"))
    run_lock.release(claim)
    Journal(claim.run.journal).append(events.RunEnded("stopped"))
    assert at_end._ended(claim.run, 1).reason == "failed"
    assert at_end._ended(claim.run, 130).reason == "stopped"


def test_only_the_epoch_that_was_asked_for_is_a_rest() -> None:
    """A person who stops a run within a rung is told of its end."""
    claim = launch.create(build_recipe(), Path("runs"))
    run_lock.release(claim)
    journal = Journal(claim.run.journal)
    (claim.run.checkpoints / "last.pt").touch()
    journal.append(events.Checkpointed("last.pt", 2, 1, 0.1, "epoch", step=20))
    journal.append(events.RunEnded("stopped"))
    assert at_end.only_rests(claim.run, 0, until=2)
    assert not at_end.only_rests(claim.run, 0, until=3)


def test_the_death_of_an_engine_is_no_end_that_it_has_said() -> None:
    claim = launch.create(build_recipe(), Path("runs"))
    journal = Journal(claim.run.journal)
    assert not at_end.has_said_its_end(claim.run)
    journal.append(events.RunEnded("failed"))
    assert at_end.has_said_its_end(claim.run)
    os.close(claim.lock)
    later = run_lock.acquire(claim.run)
    journal.append(events.Phase("starting"))
    assert not at_end.has_said_its_end(claim.run)
    os.close(later)


def test_what_came_after_the_end_does_not_explain_a_death() -> None:
    claim = launch.create(build_recipe(), Path("runs"))
    run_lock.release(claim)
    engine_log.add(claim.run, "RuntimeError: why it died")
    engine_log.add(claim.run, run_text.at_end("exited with 0 after 0.1 s"))
    assert engine_log.last_words(claim.run, 0) == "RuntimeError: why it died"


def test_it_runs_when_the_lock_is_free_and_the_exit_code_stays() -> None:
    process = headless(*start("--on-end", witness()))
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0
    said = told()
    assert said["CNN_TUI_RUN"] == str(RUN.path.absolute())
    assert said["CNN_TUI_STATE"] == "done"
    assert json.loads(said["CNN_TUI_RESULT"])["best_top1"] > 0.2
    assert "witness" not in said["arguments"]
    assert "CNN_TUI_ON_END" not in said
    assert "on_end" not in RUN.recipe.read_text()
    assert last_line().startswith("cnn-tui: the command at the end exited with 3 after")
    assert last_line().endswith("and said: said so")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_sigterm_stops_goes_on_elsewhere(number: int, code: int) -> None:
    process = headless(*start("--on-end", witness(), epochs=1000))
    journal = LiveJournal(RUN.journal)
    wait_for(lambda: bool(journal.count(events.Steps)), process)
    process.send_signal(number)
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == code
    assert Path("told.json").exists() == (code == 130)
    if code == 130:
        assert told()["CNN_TUI_STATE"] == "stopped"


def test_an_engine_that_a_signal_ends_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_TUI_ON_END", witness())
    recipe = build_recipe(flags={"arch": "lenet5", "data": "digits", "device": "cpu"})
    engine = launch.spawn(launch.create(recipe, Path("runs")), recipe)
    engine.kill()
    wait_for(Path("told.json").exists)
    assert told()["CNN_TUI_STATE"] == "failed"


def test_several_ranks_run_it_once() -> None:
    process = headless(*start("--gpus", "2", "--on-end", witness()))
    _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    assert told()["CNN_TUI_STATE"] == "done"
    assert RUN.log.read_text().count(run_text.AT_END) == 1


def test_a_rehearsal_has_no_end() -> None:
    process = headless(*start("--dry-run", "--on-end", witness()))
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0
    assert not Path("told.json").exists()


def test_a_runner_that_is_starting_has_its_command_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who added a run with another command just after the first one was not told."""
    runs_dir = Path("runs")
    monkeypatch.setattr(launch, "COMMAND", [sys.executable, "-c", "import signal; signal.pause()"])
    monkeypatch.setenv("CNN_TUI_ON_END", "of-runner")
    runner_start.ensure_runner(runs_dir)
    monkeypatch.setenv("CNN_TUI_ON_END", "another")
    assert "has the command 'of-runner'" in runner_command.difference(runs_dir)
    owner = lock_owner.owner_in(QueueDir(runs_dir).runner_lock)
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)


def test_a_runner_that_has_no_environment_yet_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So it is for a moment, while the kernel starts its program."""
    found = [b"", b"", b"A=1\0CNN_TUI_ON_END=of-runner\0"]
    read = Path.read_bytes

    def answer(file: Path) -> bytes:
        return found.pop(0) if file.name == "environ" else read(file)

    monkeypatch.setattr(Path, "read_bytes", answer)
    lock = runner_lock.acquire(Path("runs"))
    lock_owner.write_owner(lock, lock_owner.owner_here("", os.getpid()))
    monkeypatch.setenv("CNN_TUI_ON_END", "another")
    assert "has the command 'of-runner'" in runner_command.difference(Path("runs"))
    assert found == []
    os.close(lock)


def test_a_runner_at_work_keeps_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    runs_dir = Path("runs")
    monkeypatch.setenv("CNN_TUI_ON_END", "of-runner")
    runner = start_process(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    wait_for(lambda: b"of-runner" in Path(f"/proc/{runner.pid}/environ").read_bytes(), runner)
    assert runner_command.difference(runs_dir) == ""
    lock = runner_lock.acquire(runs_dir)
    lock_owner.write_owner(lock, lock_owner.owner_here("", runner.pid))
    assert runner_command.difference(runs_dir) == ""
    monkeypatch.setenv("CNN_TUI_ON_END", "another")
    assert "has the command 'of-runner'" in runner_command.difference(runs_dir)
    monkeypatch.delenv("CNN_TUI_ON_END")
    assert runner_command.difference(runs_dir) == ""
    os.close(lock)


def test_the_runner_after_a_killed_one_has_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, other = FakeQueue(Path("runs")), FakeQueue(Path("others"))
    queue.add("a")
    other.put(Task("1-b", begun=Begun(("cpu",), 0, 0)))
    monkeypatch.setenv(on_end.VARIABLE, "tell")
    assert kept_command.variables(queue.runs_dir) == {on_end.VARIABLE: "tell"}
    monkeypatch.delenv(on_end.VARIABLE)
    queue.runner.step()  # an engine is started; then the runner is killed
    assert kept_command.variables(other.runs_dir) == {}
    for _ in range(2):
        assert kept_command.variables(queue.runs_dir) == {on_end.VARIABLE: "tell"}
    (file,) = (state_folder() / "on-end").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o620)
    assert kept_command.variables(queue.runs_dir) == {}, "others could have changed it"


def test_the_runner_after_one_that_has_ended_does_not_have_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = FakeQueue(Path("runs"))
    queue.add("a")
    monkeypatch.setenv(on_end.VARIABLE, "tell")
    kept_command.variables(queue.runs_dir)
    monkeypatch.delenv(on_end.VARIABLE)
    assert kept_command.variables(queue.runs_dir) == {}
    assert [*(state_folder() / "on-end").iterdir()] == []


def test_a_runner_is_started_with_the_command_that_was_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue, started = FakeQueue(Path("runs")), list[ProcessStart]()

    def detached(start: ProcessStart, output: object, lock: int) -> subprocess.Popen[str]:
        started.append(start)
        return start_process("true")

    monkeypatch.setattr(launch, "detached", detached)
    queue.put(Task("1-a", begun=Begun(("cpu",), 0, 0)))
    monkeypatch.setenv(on_end.VARIABLE, "tell")
    kept_command.variables(queue.runs_dir)
    monkeypatch.delenv(on_end.VARIABLE)
    runner_start.ensure_runner(queue.runs_dir)
    assert [start.variables[on_end.VARIABLE] for start in started] == ["tell"]
