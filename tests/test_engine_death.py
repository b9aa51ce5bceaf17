"""Why an engine died, as far as its parent, its log and the kernel tell."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from engine.machine import oom_kills
from engine.protocol.events import RunEnded
from engine.recipes.recipe_building import build_recipe
from engine.run import engine_log, lock_owner, run_lock
from engine.run.run_paths import RunDir
from engine.start import engine_death, launch
from tests import scripted
from tests.processes import wait_for
from tui.cli.command_line import main
from tui.viewer import run_summary
from tui.viewer.run_index import RunIndex


@pytest.fixture
def dead(tmp_path: Path) -> RunDir:
    """A run whose engine died after its second epoch."""
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    os.close(run_lock.acquire(run))
    (run.checkpoints / "last.pt").touch()
    return run


def test_a_run_whose_maker_was_killed_never_had_an_engine(tmp_path: Path) -> None:
    """Its lock names an owner, since nobody has released it."""
    claim = launch.create(build_recipe(), tmp_path / "runs", "x")
    os.close(claim.lock)
    assert not engine_death.had_engine(claim.run, wrote=False)
    claim.run.log.touch()  # of an engine that died before it signed the lock
    assert engine_death.had_engine(claim.run, wrote=False)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (9, "killed by signal 9 (SIGKILL)"),
        (11, "crashed in native code (signal 11, SIGSEGV), see engine.log"),
        (6, "crashed in native code (signal 6, SIGABRT), see engine.log"),
    ],
)
def test_the_parent_notes_the_signal_that_ended_its_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    start = launch.ProcessStart(["/bin/sleep", "600"], {})
    monkeypatch.setattr(launch, "engine_start", lambda *_: start)
    recipe = build_recipe()
    claim = launch.create(recipe, tmp_path / "runs", "x")
    engine = launch.spawn(claim, recipe)
    engine.send_signal(number)
    wait_for(lambda: engine_log.last_line(claim.run) != "")
    assert engine_log.last_line(claim.run) == f"cnn-tui: {words}"
    told = f"{words}; `cnn-tui resume 1` starts it again."
    assert engine_death.sentence(claim.run) == told


def test_the_kernels_count_of_processes_without_memory_is_told_if_it_rose(
    dead: RunDir, tmp_path: Path
) -> None:
    counting = tmp_path / "memory.events"
    counting.write_text("low 0\noom 3\noom_kill 2\n")
    owner = lock_owner.read_owner(dead)
    assert owner is not None
    owner = replace(owner, oom_file=str(counting), oom_kills=2)
    dead.lock.write_bytes(msgspec.json.encode(owner))
    then = "`cnn-tui resume 1` goes on from its last checkpoint."
    assert engine_death.sentence(dead) == f"the engine died; {then}"
    counting.write_text("low 0\noom 4\noom_kill 3\n")
    memory = "and the kernel ended a process for lack of memory"
    assert engine_death.sentence(dead) == f"the engine died, {memory}; {then}"
    engine_log.add_signal(dead, 9)
    assert engine_death.sentence(dead) == f"killed by signal 9 (SIGKILL), {memory}; {then}"
    counting.unlink()
    assert memory not in engine_death.sentence(dead)


@pytest.mark.parametrize(
    ("membership", "files", "counting"),
    [
        ("0::/job/step\n", {"job/memory.events": "oom_kill 1\n"}, "job/memory.events"),
        (
            "4:memory:/a\n",
            {"memory/memory.oom_control": "oom_kill 1\n"},
            "memory/memory.oom_control",
        ),
        ("4:memory:/a\n", {"memory/memory.oom_control": "under_oom 0\n"}, "/proc/vmstat"),
        ("", {}, "/proc/vmstat"),
    ],
)
def test_the_smallest_group_that_counts_is_asked(
    tmp_path: Path, membership: str, files: dict[str, str], counting: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "membership").write_text(membership)
    found = oom_kills.counting_file(tmp_path, tmp_path / "membership")
    assert found == tmp_path / counting


def test_the_list_of_runs_says_why_each_failed_and_how_to_go_on(dead: RunDir) -> None:
    engine_log.add_signal(dead, 9)
    folder = dead.path.parent
    scripted.run_dir(folder, [RunEnded("failed", error="no data: \x1b[31m")], "2-x")
    os.close(launch.create(build_recipe(), folder, "new").lock)
    listed = CliRunner().invoke(main, ["runs"], env={"COLUMNS": "100"})
    assert "1-lenet5-digits: killed by signal 9 (SIGKILL); `cnn-tui resume 1` goes on" in (
        listed.output
    )
    assert "2-x: no data: \\x1b[31m" in listed.output
    as_json = CliRunner().invoke(main, ["runs", "--json"])
    assert '"error": "killed by signal 9' in as_json.output


@pytest.mark.parametrize("content", [b"no json\n", b"\0" * 9000, b"{}\n{}\n"])
def test_a_run_whose_journal_is_damaged_says_so(tmp_path: Path, content: bytes) -> None:
    run = scripted.run_dir(tmp_path / "runs", [], "1-x")
    run.journal.write_bytes(content)
    for found in (run_summary.summarize(run, "gone"), RunIndex(tmp_path / "runs").rows()[0]):
        assert found.state == "failed"
        assert found.error.startswith("the journal of 1-x is damaged, and no line of it can be")


@pytest.mark.parametrize("content", [b"", b'{"type":"Phase","seq'])
def test_a_journal_whose_first_line_was_cut_off_is_none_yet(tmp_path: Path, content: bytes) -> None:
    run = scripted.run_dir(tmp_path / "runs", [], "1-x")
    run.journal.write_bytes(content)
    assert run_summary.summarize(run, "gone").state == "starting"
