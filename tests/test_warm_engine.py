"""An engine that is started before its run: it trains like any other, and leaves no trace."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import psutil
import pytest
from msgspec.structs import replace

from engine.checkpoints import checkpoint
from engine.errors import RunError
from engine.machine import memory
from engine.machine.cgroups import computing_cores
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run import engine_log, lock_owner, run_liveness, run_lock
from engine.run.lock_owner import start_of
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import device_request, launch, warm_engine
from engine.start.import_progress import is_ahead
from engine.start.warm_engine import WarmEngine, has_memory
from tests.processes import LiveJournal, Terminal, events_of, start_process, wait_for
from tui.screens.launcher.engine_starter import EngineStarter

RUNS = Path("runs")
Start: TypeAlias = Callable[..., WarmEngine]
# From linux/prctl.h and linux/capability.h.
PR_CAPBSET_DROP, CAP_SYS_NICE = 24, 23


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts one.

    To be called in the test: pytest changes the environment between the fixtures and the test.
    """
    with contextlib.ExitStack() as ends:

        def started(recipe: Recipe | None = None) -> WarmEngine:
            made = WarmEngine(recipe or build_recipe())
            ends.callback(made.close)
            return made

        yield started


def priorities(pid: int) -> dict[str, int]:
    """The nice value of each thread of a process."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            stat = (task / "stat").read_text()
            found[task.name] = int(stat.rpartition(")")[2].split()[16])
    return found


def imports(pid: int) -> bool:
    """Whether the importing thread, which is nicer than the others, is there."""
    return len({*priorities(pid).values()}) > 1


def is_gone(pid: int) -> bool:
    return start_of(pid) is None


def recipe_of(**fields: object) -> Recipe:
    return build_recipe(settings={"epochs": 1, **fields})


def claimed(recipe: Recipe) -> Claim:
    return launch.create(recipe, RUNS)


def trained(run: RunDir) -> list[Event]:
    """The events of a run, once it has ended well."""
    journal = LiveJournal(run.journal)
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.RunEnded)))
    wait_for(lambda: not run_liveness.is_live(run))
    assert isinstance(ended := events_of(run)[-1], events.RunEnded)
    assert ended.reason == "done", ended.error
    return events_of(run)


def said(run: RunDir) -> list[Event]:
    """The events of a run that do not depend on the time."""
    kinds = (events.Phase, events.Alert, events.Confusion)
    told = [event for event in events_of(run) if isinstance(event, kinds)]
    return [replace(event, seq=0, time=0.0) for event in told if event is not start_cost(told)]


def start_cost(told: Sequence[Event]) -> events.Alert:
    """The alert that tells what a start cost."""
    alerts = (event for event in told if isinstance(event, events.Alert))
    return next(alert for alert in alerts if alert.code == events.START_COST)


def takes(warm: WarmEngine, claim: Claim, recipe: Recipe) -> bool:
    """Hand a run over, as the launcher does."""
    return warm.hand_over(claim, recipe, wait=launch.wait, died=lambda: run_lock.release(claim))


def files(run: RunDir) -> dict[str, int]:
    """Each file of a run, with its mode."""
    found = run.path.rglob("*")
    return {str(file.relative_to(run.path)): file.stat().st_mode for file in found}


def test_a_warm_run_is_like_a_cold_one_bit_for_bit(start: Start) -> None:
    # Only the first run of a machine would measure these two.
    recipe = recipe_of(precision="float32", memory_format="channels-last")
    warm = start()
    other = claimed(recipe)
    launch.spawn(other, recipe)
    trained(other.run)
    claim, asked = claimed(recipe), time.monotonic()
    assert takes(warm, claim, recipe)
    cost = start_cost(trained(claim.run)).values
    assert sum(part for part in cost.values() if isinstance(part, float)) < time.monotonic() - asked
    assert files(claim.run) == files(other.run)
    assert claim.run.recipe.read_bytes() == other.run.recipe.read_bytes()
    assert claim.run.log.read_bytes() == other.run.log.read_bytes()
    assert said(claim.run) == said(other.run)
    ours, theirs = (
        checkpoint.load(run.checkpoints / "last.pt").training.weights
        for run in (claim.run, other.run)
    )
    assert ours.keys() == theirs.keys()
    assert all(ours[key].equal(theirs[key]) for key in ours)


def test_no_thread_of_its_training_has_a_low_priority(start: Start) -> None:
    """Not even where nobody may raise a priority, as no ordinary user may."""
    made: list[WarmEngine] = []
    thread = threading.Thread(target=lambda: made.append(without_priority(start)))
    thread.start()
    thread.join()
    (one,) = made
    wait_for(lambda: imports(one.process.pid))
    capabilities = (
        Path(f"/proc/{one.process.pid}/status").read_text().partition("CapEff:")[2].split()[0]
    )
    assert not int(capabilities, 16) >> CAP_SYS_NICE & 1
    recipe = recipe_of(epochs=5_000)
    claim = claimed(recipe)
    assert takes(one, claim, recipe)
    journal = LiveJournal(claim.run.journal)
    wait_for(lambda: journal.count(events.EpochEnded) > 0)
    found = priorities(one.process.pid)
    assert len(found) > 2
    assert {*found.values()} == {os.getpriority(os.PRIO_PROCESS, 0)}
    os.kill(one.process.pid, signal.SIGKILL)
    wait_for(lambda: engine_log.last_line(claim.run) != "")
    assert engine_log.last_line(claim.run) == "cnn-tui: killed by signal 9 (SIGKILL)"


def without_priority(start: Start) -> WarmEngine:
    """One that may not raise priorities; nor may the calling thread's later processes."""
    if os.geteuid() == 0:
        assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_NICE, 0, 0, 0) == 0
    return start()


@pytest.mark.parametrize("imported", [False, True])
def test_it_ends_when_it_is_closed(start: Start, imported: bool) -> None:
    warm = start()
    if imported:
        wait_for(lambda: imports(warm.process.pid))
        wait_for(lambda: not imports(warm.process.pid))
    warm.close()
    wait_for(lambda: is_gone(warm.process.pid))


def test_one_that_has_ended_is_handed_no_run(start: Start) -> None:
    warm = start()
    os.kill(warm.process.pid, signal.SIGKILL)
    wait_for(lambda: is_gone(warm.process.pid))
    claim = claimed(recipe_of())
    assert not takes(warm, claim, recipe_of())
    os.fstat(claim.lock)
    assert run_liveness.is_live(claim.run)


@pytest.fixture
def launcher_starter(monkeypatch: pytest.MonkeyPatch) -> EngineStarter:
    """What a launcher starts engines with, where memory is free."""
    monkeypatch.setattr(warm_engine, "has_memory", lambda: True)
    monkeypatch.setattr(warm_engine, "is_ahead", lambda tasks: True)
    return EngineStarter(RUNS)


def dies_before_it_takes_a_run(starter: EngineStarter) -> Claim:
    """The claim of a run that is handed to an engine which then dies; the caller's still."""
    before = {child.pid for child in psutil.Process().children()}  # of a test before, closed
    starter.prepare()
    (engine,) = (child for child in psutil.Process().children() if child.pid not in before)
    engine.suspend()
    claim = claimed(recipe_of())
    starter.start(claim, recipe_of())
    engine.kill()
    return claim


def test_if_it_ends_before_it_has_taken_a_run_another_engine_is_started(
    launcher_starter: EngineStarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Claim] = []
    monkeypatch.setattr(launch, "spawn", lambda claim, recipe: started.append(claim))
    claim = dies_before_it_takes_a_run(launcher_starter)
    wait_for(lambda: started != [])
    assert started == [claim]
    assert run_liveness.is_live(claim.run)


def test_why_no_other_engine_could_be_started_is_in_the_log(
    launcher_starter: EngineStarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(claim: Claim, recipe: Recipe) -> None:
        raise RunError("no more processes.")

    monkeypatch.setattr(launch, "spawn", refuse)
    claim = dies_before_it_takes_a_run(launcher_starter)
    wait_for(lambda: engine_log.last_line(claim.run) != "")
    assert engine_log.last_line(claim.run) == "cnn-tui: no more processes."


@pytest.mark.parametrize(
    ("fields", "variables"),
    [
        ({"threads": computing_cores() + 1}, {}),
        ({"gpus": 2, "device": "cpu"}, {}),
        ({}, {"MALLOC_ARENA_MAX": "2"}),
    ],
)
def test_a_run_that_it_does_not_suit_starts_cold(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, object],
    variables: dict[str, str],
) -> None:
    monkeypatch.setattr(device_request, "usable_cores", lambda: 2)
    warm = start()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    recipe = recipe_of(**fields)
    assert not takes(warm, claimed(recipe), recipe)
    wait_for(lambda: is_gone(warm.process.pid))


@pytest.mark.parametrize(
    ("nice", "schedule", "ahead"),
    [
        (5, "1000000 9000000 7", True),
        (15, "900000000 100000000 7", True),
        (15, "900000000 1000000000 7", False),
        (15, "300000000 0 7", False),
        (15, "", True),
    ],
)
def test_an_import_that_has_just_begun_or_gets_no_core_is_not_ahead_of_a_new_one(
    tmp_path: Path, nice: int, schedule: str, ahead: bool
) -> None:
    for thread, value, times in (("17", 5, "1 9 1"), ("18", nice, schedule)):
        task = tmp_path / thread
        task.mkdir()
        fields = ["S", *["0"] * 15, str(value), "0"]
        (task / "stat").write_text(f"{thread} (a) b) {' '.join(fields)}")
        (task / "schedstat").write_text(times)
    assert is_ahead(tmp_path) is ahead


def test_the_import_of_a_run_that_comes_at_once_has_the_usual_priority(start: Start) -> None:
    warm, recipe = start(), recipe_of(epochs=5_000)
    os.kill(warm.process.pid, signal.SIGSTOP)
    claim = claimed(recipe)
    assert takes(warm, claim, recipe)
    os.kill(warm.process.pid, signal.SIGCONT)
    journal = LiveJournal(claim.run.journal)
    while not journal.count(events.Steps):
        assert not imports(warm.process.pid)


def test_it_is_started_only_with_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 2 << 30)
    assert has_memory()
    monkeypatch.setattr(memory, "free_bytes", lambda: (2 << 30) - 1)
    assert not has_memory()


IMPORTED = """
import socket, threading
from engine.process import warm_start
importer = threading.Thread(target=warm_start._import, args=socket.socketpair()[:1])
importer.start()
importer.join()
import sys, torch
assert not torch.cuda.is_initialized()
assert "engine.process.trainer_setup" in sys.modules
"""


def test_its_import_opens_no_gpu() -> None:
    assert start_process(sys.executable, "-c", IMPORTED).wait() == 0


def engine_of(launcher: Terminal) -> psutil.Process:
    """The process that the launcher has prepared, once it has imported PyTorch."""
    parent = psutil.Process(launcher.pid)
    launcher.wait_until(lambda: parent.children() != [], "a warm engine")
    (child,) = parent.children()
    launcher.wait_until(lambda: imports(child.pid), "the import")
    launcher.wait_until(lambda: not imports(child.pid), "the end of the import")
    return child


def test_enter_in_the_launcher_uses_it_and_the_training_outlives_the_launcher() -> None:
    launcher = Terminal(columns=120, rows=40)
    launcher.wait_for("new run lenet5-digits")
    engine = engine_of(launcher)
    launcher.type("\r")
    launcher.wait_for("img/s")
    run = RunDir(RUNS / "1-lenet5-digits")
    owner = lock_owner.read_owner(run)
    assert owner is not None
    assert owner.pid == engine.pid
    launcher.kill()
    journal = LiveJournal(run.journal)
    before = journal.count(events.EpochEnded)
    wait_for(lambda: journal.count(events.EpochEnded) > before)


def test_it_ends_with_a_launcher_that_is_killed() -> None:
    launcher = Terminal()
    parent = psutil.Process(launcher.pid)
    launcher.wait_until(lambda: parent.children() != [], "a warm engine")
    (child,) = parent.children()
    launcher.kill()
    wait_for(lambda: is_gone(child.pid))
