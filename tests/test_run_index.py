"""The index of runs is never wrong, reads only what has changed, and may be lost at any time."""

from __future__ import annotations

import os
import random
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from engine.protocol import events
from engine.queueing import queue_file
from engine.run import run_liveness, run_lock, run_notes, run_search
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.lock_owner import Owner, owner_here
from engine.run.run_creation import create
from engine.run.run_liveness import Liveness
from engine.run.run_lock import Claim
from engine.run.run_notes import RunNotes
from engine.run.run_paths import RunDir
from tests import scripted
from tui.viewer import index_file, run_index, run_summary
from tui.viewer.file_stamps import RACY_NS
from tui.viewer.run_index import RunIndex
from tui.viewer.run_summary import RunSummary, summarize

DONE = [*scripted.half_a_run(epochs=2)[:-6], events.RunEnded("done", best_epoch=2)]


def long_ago() -> int:
    """A clock for which no file has changed lately."""
    return time.time_ns() + 2 * RACY_NS


def read_from_folders(runs_dir: Path) -> list[RunSummary]:
    known = [(run, run_liveness.liveness(run)) for run in run_search.list_runs(runs_dir)]
    known.sort(key=lambda pair: pair[1] != "live")
    return [summarize(run, liveness) for run, liveness in known]


def fields(run: RunSummary) -> dict[str, object]:
    return msgspec.structs.asdict(run)


class Runs:
    """A runs folder to which things happen, each drawn by chance."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance, self.ticks = folder, random.Random(seed), 0
        self.held: dict[str, int] = {}
        for _ in range(4):
            self.new()

    def any(self) -> RunDir | None:
        known = run_search.list_runs(self.folder)
        return self.chance.choice(known) if known else None

    def happen(self) -> str:
        """Let one thing happen, and say which one."""
        run = self.any()
        if run is None:
            self.new()
            return "new"
        does: Callable[[RunDir], None] = self.chance.choice(
            (
                *(self.append, self.end, self.hold, self.let_go, self.kill, self.from_elsewhere),
                *(self.delete, self.rename, self.note, self.edit_note, self.replace_journal),
                *(self.cut_journal, self.edit_recipe, self.log, self.save, self.set_back),
                *(self.lose_recipe, self.empty_lock, lambda run: self.new()),
            )
        )
        does(run)
        return getattr(does, "__name__", "new")

    def new(self) -> None:
        claim = create(self.folder, f"run{self.chance.randrange(5)}", self.recipe())
        self.held[claim.run.label] = claim.lock
        if self.chance.random() < 0.7:
            scripted.write(claim.run, scripted.half_a_run())
        if self.chance.random() < 0.5:
            self.let_go(claim.run)

    def recipe(self) -> str:
        return f'epochs = {self.chance.randrange(1, 9)}\ndata = "digits"\narch = "lenet5"\n'

    def append(self, run: RunDir) -> None:
        step = self.chance.randrange(1, 30)
        scripted.write(run, [scripted.steps(step), scripted.ended_epoch(3, self.chance.random())])

    def end(self, run: RunDir) -> None:
        ends: tuple[events.RunEnded, ...] = (
            events.RunEnded("done", 2, 0.9, test_top1=0.8),
            events.RunEnded("stopped"),
            events.RunEnded("failed", error="it broke."),
        )
        scripted.write(run, [self.chance.choice(ends)])
        self.let_go(run)

    def hold(self, run: RunDir) -> None:
        """An engine resumes the run; it may have said nothing yet."""
        if run.label not in self.held and run_liveness.liveness(run) == "gone":
            self.held[run.label] = run_lock.acquire(run)
            if self.chance.random() < 0.5:
                scripted.write(run, [events.Phase("training", step=25)])

    def let_go(self, run: RunDir) -> None:
        """The engine is gone."""
        if (lock := self.held.pop(run.label, None)) is not None:
            os.close(lock)

    def kill(self, run: RunDir) -> None:
        """The engine of another process died without a word."""
        self.let_go(run)
        owner = owner_here("a9", pid=0)
        self.sign(run, msgspec.structs.replace(owner, pid=2**22 + 1, started=7))

    def from_elsewhere(self, run: RunDir) -> None:
        """The last engine ran on another machine, before or after the last event."""
        self.let_go(run)
        moment = self.chance.choice((scripted.START - 100, scripted.START + 1e6))
        self.sign(run, Owner("far", "other boot", 77, "a8", moment))

    def sign(self, run: RunDir, owner: Owner) -> None:
        run.lock.write_bytes(msgspec.json.encode(owner))
        self.tick(run.lock)

    def empty_lock(self, run: RunDir) -> None:
        if (lock := self.held.pop(run.label, None)) is not None:
            run_lock.release(Claim(run, lock))

    def delete(self, run: RunDir) -> None:
        self.let_go(run)
        shutil.rmtree(run.path)

    def rename(self, run: RunDir) -> None:
        self.let_go(run)
        other = run.path.with_name(f"{run.number}-other{self.chance.randrange(1000)}")
        run.path.rename(other)

    def note(self, run: RunDir) -> None:
        tags = tuple(self.chance.sample(("night", "day", "keep"), self.chance.randrange(3)))
        run_notes.write(run, RunNotes(tags, f"note {self.chance.randrange(10)}"))

    def edit_note(self, run: RunDir) -> None:
        """An editor writes into the file, with as many bytes as before."""
        run.notes.write_text(f'tags = ["{self.chance.choice("abcdef")}"]\n')
        self.tick(run.notes)

    def replace_journal(self, run: RunDir) -> None:
        """By one of equal size, as a restored backup may be, with an older time."""
        before = run.journal.read_bytes() if run.journal.exists() else b""
        other = run.journal.with_name("other")
        digit = str(self.chance.randrange(10)).encode()
        other.write_bytes(
            before.replace(b'"best":true', b'"best":null').replace(b"0.9", b"0." + digit)
        )
        os.utime(other, (1, 1))
        other.rename(run.journal)

    def cut_journal(self, run: RunDir) -> None:
        if run.journal.exists() and run.label not in self.held:
            os.truncate(run.journal, run.journal.stat().st_size // 2)

    def edit_recipe(self, run: RunDir) -> None:
        run.recipe.write_text(self.recipe())
        self.tick(run.recipe)

    def lose_recipe(self, run: RunDir) -> None:
        if self.chance.random() < 0.3:
            run.recipe.unlink()

    def log(self, run: RunDir) -> None:
        run.log.write_text(f"cnn-tui: died of {self.chance.random()}\n")

    def save(self, run: RunDir) -> None:
        (run.checkpoints / "last.pt").touch()

    def set_back(self, run: RunDir) -> None:
        """The clock of the machine was wrong, or is now."""
        self.ticks -= 1_000_000
        for file in (run.journal, run.notes, run.lock):
            if file.exists():
                self.tick(file)

    def tick(self, file: Path) -> None:
        """Files are changed faster here than the clock of the file system ticks."""
        self.ticks += 1
        os.utime(file, ns=(10**18 + self.ticks, 10**18 + self.ticks))

    def close(self) -> None:
        for lock in self.held.values():
            os.close(lock)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.mark.parametrize("seed", range(10))
def test_the_index_says_what_the_folders_say(tmp_path: Path, cache: Path, seed: int) -> None:
    runs = Runs(tmp_path / "runs", seed)
    asked_again = RunIndex(runs.folder, cache, long_ago)
    happened = []
    try:
        for _ in range(40):
            happened += [runs.happen() for _ in range(runs.chance.randrange(1, 4))]
            expected = read_from_folders(runs.folder)
            for index in (
                asked_again,
                RunIndex(runs.folder, cache, long_ago),
                RunIndex(runs.folder, cache),
            ):
                assert [*map(fields, index.rows())] == [*map(fields, expected)], happened
    finally:
        runs.close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs that are read."""
    names: list[str] = []
    summary_of = run_summary.summary_of

    def counted(run: RunDir, history: History, liveness: Liveness) -> RunSummary:
        names.append(run.name)
        return summary_of(run, history, liveness)

    monkeypatch.setattr(run_summary, "summary_of", counted)
    return names


def test_only_what_has_changed_is_read_again(tmp_path: Path, cache: Path, read: list[str]) -> None:
    runs = [scripted.run_dir(tmp_path / "runs", DONE, f"{i}-run{i}") for i in range(1, 5)]
    listed = RunIndex(tmp_path / "runs", cache, long_ago).rows()
    assert read == ["run4", "run3", "run2", "run1"]
    run_notes.write(runs[1], RunNotes(("night",)))
    again = RunIndex(tmp_path / "runs", cache, long_ago).rows()
    assert read[4:] == ["run2"]
    assert [run.tags for run in again] == [(), (), ("night",), ()]
    assert [run.name for run in again] == [run.name for run in listed]


def test_what_has_changed_just_now_may_change_again_without_a_trace(
    tmp_path: Path, cache: Path, read: list[str]
) -> None:
    scripted.run_dir(tmp_path / "runs", DONE)
    index = RunIndex(tmp_path / "runs", cache)
    assert index.rows() == index.rows()
    assert len(read) == 2


def test_the_queue_is_read_once_for_all_runs(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = [*DONE[:-1], events.RunEnded("stopped")]
    for number in range(1, 4):
        scripted.run_dir(tmp_path / "runs", stopped, f"{number}-run{number}")
    asked: list[Path] = []

    def queued(runs_dir: Path) -> frozenset[str]:
        asked.append(runs_dir)
        return frozenset(["2-run2"])

    monkeypatch.setattr(queue_file, "queued", queued)
    listed = RunIndex(tmp_path / "runs", cache).rows()
    assert [run.state for run in listed] == ["stopped", "queued", "stopped"]
    assert asked == [tmp_path / "runs"]


def test_of_a_live_run_only_new_events_are_read(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def counted(journal: Path) -> JournalReader:
        opened.append(journal)
        return JournalReader(journal)

    monkeypatch.setattr(run_index, "JournalReader", counted)
    claim = create(tmp_path / "runs", "live", "")
    index = RunIndex(tmp_path / "runs", cache, long_ago)
    seen = []
    for said in (scripted.half_a_run(), [scripted.ended_epoch(3, 0.95)], []):
        scripted.write(claim.run, said)
        seen += [(run.epoch, run.state) for run in index.rows()]
    os.close(claim.lock)
    assert seen == [(2, "live"), (3, "live"), (3, "live")]
    assert len(opened) == 1


def test_an_index_without_worth_is_thrown_away(
    tmp_path: Path, cache: Path, read: list[str]
) -> None:
    scripted.run_dir(tmp_path / "runs", DONE)
    expected = RunIndex(tmp_path / "runs", cache, long_ago).rows()
    (file,) = (cache / "runs").iterdir()
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for damaged in (b"", whole[:3], whole[:-1], bytes(flipped), bytes(len(whole)), b"\xff" * 99):
        file.write_bytes(damaged)
        assert RunIndex(tmp_path / "runs", cache, long_ago).rows() == expected
        assert file.read_bytes() == whole
    assert len(read) == 7


def test_other_code_makes_another_index(
    tmp_path: Path, cache: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.run_dir(tmp_path / "runs", DONE)
    RunIndex(tmp_path / "runs", cache, long_ago).rows()
    monkeypatch.setattr(index_file, "_MAKERS", (pytest,))
    RunIndex(tmp_path / "runs", cache, long_ago).rows()
    assert len(read) == 2


def test_the_index_belongs_to_the_user_alone(tmp_path: Path, cache: Path) -> None:
    scripted.run_dir(tmp_path / "runs", DONE)
    RunIndex(tmp_path / "runs", cache, long_ago).rows()
    (file,) = (cache / "runs").iterdir()
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_cache_that_cannot_be_written_is_not_missed(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs", DONE)
    (tmp_path / "file").touch()
    assert len(RunIndex(tmp_path / "runs", tmp_path / "file", long_ago).rows()) == 1


def test_the_same_runs_have_one_index_under_every_path(
    tmp_path: Path, cache: Path, read: list[str]
) -> None:
    scripted.run_dir(tmp_path / "runs", DONE)
    (absolute,) = RunIndex(tmp_path / "runs", cache, long_ago).rows()
    (relative,) = RunIndex(Path("runs"), cache, long_ago).rows()
    assert len(read) == 1
    assert (absolute.path, relative.path) == (
        str(tmp_path / "runs/1-lenet5-digits"),
        "runs/1-lenet5-digits",
    )


def test_what_was_read_is_kept_if_the_reader_leaves(
    tmp_path: Path, cache: Path, read: list[str]
) -> None:
    for i in range(1, 5):
        scripted.run_dir(tmp_path / "runs", DONE, f"{i}-run{i}")
    stream = RunIndex(tmp_path / "runs", cache, long_ago).stream()
    next(stream), next(stream)
    stream.close()
    RunIndex(tmp_path / "runs", cache, long_ago).rows()
    assert sorted(read) == ["run1", "run2", "run3", "run4"]
