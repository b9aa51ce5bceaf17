"""Tags and notes of a run, another name for it, and the trash."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from engine.errors import RunError, UsageError
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe, read_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import (
    durable_files,
    replies,
    run_creation,
    run_liveness,
    run_lock,
    run_notes,
    run_renaming,
    run_search,
    run_trash,
)
from engine.run.run_creation import state_link
from engine.run.run_notes import RunNotes
from engine.run.run_paths import RunDir
from tests import scripted


def new(runs_dir: Path, name: str = "old", toml: str = "", *, linked: bool = True) -> RunDir:
    """A run whose engine has ended."""
    claim = run_creation.create(runs_dir, name, toml)
    os.close(claim.lock)
    if linked:
        run_creation.link_into_state(claim.run)
    return claim.run


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return new(tmp_path / "runs")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    claim = run_creation.create(tmp_path / "runs", "live", "")
    yield claim.run
    os.close(claim.lock)


def starting_from(weights: RunDir) -> RunDir:
    """Another run, which has yet to read the weights of this one."""
    recipe = build_recipe(flags={"init_from": str(weights.checkpoints.resolve() / "best.pt")})
    return new(weights.path.parent, "user", to_toml(recipe))


# Notes


@pytest.mark.parametrize(
    "notes",
    [
        RunNotes(),
        RunNotes(("night", "größe", "race:3-digits"), "the one for the talk"),
        RunNotes((), 'two\nlines, "quotes", \\ and \x7f\x1b'),
    ],
)
def test_notes_are_read_as_they_were_written(run: RunDir, notes: RunNotes) -> None:
    run_notes.write(run, notes)
    assert run_notes.read(run) == notes
    assert stat.S_IMODE(run.notes.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ('tags = ["a", 3, "a"]\nnote = 7\nother = 1\n', RunNotes(("a",))),
        ('tags = "night"\nnote = "kept"\n', RunNotes((), "kept")),
        ("tags = [", RunNotes()),
        ("\x00\xff", RunNotes()),
    ],
)
def test_of_an_edited_file_what_can_be_understood_counts(
    run: RunDir, written: str, understood: RunNotes
) -> None:
    run.notes.write_text(written)
    assert run_notes.read(run) == understood


@pytest.mark.parametrize("written", ["note = 'three weeks' oops", "\x00\xff"])
def test_a_file_that_is_no_toml_is_not_replaced(run: RunDir, written: str) -> None:
    run.notes.write_text(written)
    with pytest.raises(RunError, match=r"notes\.toml cannot be understood .*: mend it or move it"):
        run_notes.change(run, lambda now: run_notes.with_tags(now, ["new"]))
    assert run.notes.read_text() == written


def test_a_run_without_notes_has_none(run: RunDir) -> None:
    assert run_notes.read(run) == RunNotes()


def test_tags_are_added_once_and_removed() -> None:
    of_race = RunNotes(("race:1-digits", "a"))
    assert run_notes.with_tags(of_race, [], of_race.tags).tags == ("race:1-digits",)
    notes = run_notes.with_tags(RunNotes(("a", "b"), "note"), ["c", "a", "c"], ["b", "none"])
    assert notes == RunNotes(("a", "c"), "note")


@pytest.mark.parametrize("tag", ["", "two words", "+a", "-a", "_a", "a=b", "a" * 121, "a\x1b[31m"])
def test_a_tag_is_one_word(tag: str) -> None:
    with pytest.raises(UsageError, match="cannot be a tag: use one word of at most 120 letters"):
        run_notes.with_tags(RunNotes(), [tag])


def test_the_tag_of_a_race_with_the_longest_name_is_one() -> None:
    tag = f"race:{123456789}-{'n' * 100}"
    assert run_notes.with_tags(RunNotes(), [tag]).tags == (tag,)


def test_of_changes_at_once_none_is_lost(run: RunDir) -> None:
    """Each was read, changed and written, and the last one written won."""
    threads = [
        threading.Thread(
            target=run_notes.change,
            args=(run, partial(run_notes.with_tags, add=[f"tag{number}"])),
        )
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {*run_notes.read(run).tags} == {f"tag{number}" for number in range(20)}


def test_a_note_has_an_end() -> None:
    assert run_notes.with_note(RunNotes(("a",)), " short \n") == RunNotes(("a",), "short")
    with pytest.raises(UsageError, match="at most 2,000 characters, not 2,001: write a shorter"):
        run_notes.with_note(RunNotes(), "x" * 2001)


# Renaming


def test_a_renamed_run_keeps_its_number_and_is_found(run: RunDir, tmp_path: Path) -> None:
    before = state_link(run)
    renamed = run_renaming.rename(run, "new")
    assert (renamed.label, run.path.exists()) == ("1-new", False)
    assert run_search.find(tmp_path / "runs", "1") == renamed
    assert not os.path.lexists(before)
    assert run_search.find(tmp_path / "elsewhere", "new") == renamed


def test_runs_that_start_from_its_weights_find_them_again(run: RunDir) -> None:
    user, other = starting_from(run), new(run.path.parent, "other", "lr = 0.1\n")
    renamed = run_renaming.rename(run, "new")
    assert read_recipe(user.recipe).init_from == str(renamed.checkpoints / "best.pt")
    assert other.recipe.read_text() == "lr = 0.1\n"


def test_a_rename_that_fails_changes_nothing(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    user, link = starting_from(run), state_link(run)
    before, rename = user.recipe.read_bytes(), os.rename

    def refuse(source: Path, target: Path) -> None:
        if source == run.path:
            raise PermissionError(13, "Permission denied")
        rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", refuse)
        with pytest.raises(RunError, match="cannot be written: Permission denied"):
            run_renaming.rename(run, "new")
    assert user.recipe.read_bytes() == before
    assert link.is_symlink()
    assert run.path.exists()


def test_a_rename_on_a_full_disk_says_so_and_goes_on_later(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was to put everything back ended it with a traceback."""
    user, rename, write = starting_from(run), os.rename, durable_files.write_durably
    written: list[Path] = []

    def refuse(source: Path, target: Path) -> None:
        if source == run.path:
            raise OSError(28, "No space left on device")
        rename(source, target)

    def write_once(path: Path, content: bytes) -> None:
        if written:
            raise OSError(28, "No space left on device")
        write(path, content)
        written.append(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", refuse)
        patched.setattr(run_renaming, "write_durably", write_once)
        with pytest.raises(RunError, match="cannot be written: No space left"):
            run_renaming.rename(run, "new")
    assert run.path.exists()
    renamed = run_renaming.rename(run, "new")
    assert read_recipe(user.recipe).init_from == str(renamed.checkpoints / "best.pt")


def test_the_last_engine_of_a_renamed_run_is_not_forgotten(run: RunDir) -> None:
    before = run.lock.read_bytes()
    assert run_renaming.rename(run, "new").lock.read_bytes() == before != b""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a/b", "'a/b' cannot name a run: use at most 100 letters"),
        (".hidden", "cannot name a run"),
        ("old", "there is 1-old already: choose another name."),
    ],
)
def test_a_name_that_cannot_be(run: RunDir, name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        run_renaming.rename(run, name)
    assert run.path.exists()


def test_a_name_that_a_folder_has_is_taken(run: RunDir) -> None:
    run.path.with_name("1-new").mkdir()
    with pytest.raises(UsageError, match="there is 1-new already"):
        run_renaming.rename(run, "new")


def test_weights_that_are_being_read_stay_where_they_are(run: RunDir) -> None:
    user = starting_from(run)
    lock = run_lock.acquire(user)
    with pytest.raises(RunError, match="2-user is starting from the weights of 1-old: wait until"):
        run_renaming.rename(run, "new")
    (user.checkpoints / "last.pt").touch()
    renamed = run_renaming.rename(run, "new")
    os.close(lock)
    assert read_recipe(user.recipe).init_from == str(renamed.checkpoints / "best.pt")


# The trash


def test_a_deleted_run_is_in_the_trash_alone(run: RunDir, tmp_path: Path) -> None:
    link = state_link(run)
    deleted = run_trash.delete(run)
    assert deleted.path == tmp_path / "runs/.trash/1-old"
    assert stat.S_IMODE(deleted.path.parent.stat().st_mode) == 0o700
    assert run_search.list_runs(tmp_path / "runs") == []
    assert not os.path.lexists(link)
    assert run_trash.trashed(tmp_path / "runs") == [deleted]


def test_the_number_of_a_deleted_run_is_never_used_again(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "runs/.numbers/1").unlink()
    deleted = run_trash.delete(run)
    (tmp_path / "runs/.numbers/1").unlink()
    assert new(tmp_path / "runs").number == 2  # it counts in the trash
    run_trash.delete(RunDir(tmp_path / "runs/2-old"))
    for path in (deleted.path.parent / "1-old", deleted.path.parent / "2-old"):
        path.rename(tmp_path / path.name)  # the trash is emptied
    assert new(tmp_path / "runs").number == 3


def test_a_deleted_run_comes_back(run: RunDir, tmp_path: Path) -> None:
    scripted.write(run, scripted.half_a_run())
    before = run.journal.read_bytes()
    run_trash.delete(run)
    restored = run_trash.restore(tmp_path / "runs", "1")
    assert restored == run
    assert run.journal.read_bytes() == before
    assert run_search.find(tmp_path / "elsewhere", "old") == run


@pytest.mark.parametrize("relative", [True, False])
def test_a_run_that_a_link_leads_to_comes_back(
    run: RunDir, tmp_path: Path, *, relative: bool
) -> None:
    there = run.path.rename(tmp_path / "elsewhere")
    run.path.symlink_to(Path("../elsewhere") if relative else there)
    deleted = run_trash.delete(run)
    assert run_trash.trashed(run.path.parent) == [deleted]
    assert run_trash.restore(run.path.parent, "1") == run
    assert run.path.is_symlink()
    assert run.path.readlink().is_absolute() != relative
    assert run.path.resolve() == there


def test_the_trash_takes_two_of_a_name(run: RunDir, tmp_path: Path) -> None:
    run_trash.delete(run)
    run.path.mkdir()
    run.recipe.write_text("")
    assert run_trash.delete(run).label == "1-old.2"
    with pytest.raises(RunError, match=r"matches several runs \(1-old.2, 1-old\)"):
        run_trash.restore(tmp_path / "runs", "1")
    assert run_trash.restore(tmp_path / "runs", "1-old.2").label == "1-old.2"


def test_what_is_not_in_the_trash(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no run '7' in .*\.trash: `cnn-tui runs --trash` lists"):
        run_trash.restore(tmp_path, "7")


def test_weights_that_are_still_needed_are_not_deleted(run: RunDir) -> None:
    user = starting_from(run)
    with pytest.raises(RunError, match="2-user has yet to start from the weights of 1-old: delete"):
        run_trash.delete(run)
    (user.checkpoints / "last.pt").touch()
    run_trash.delete(run)


# Both


def rename(run: RunDir) -> RunDir:
    return run_renaming.rename(run, "new")


@pytest.mark.parametrize("edit", [run_trash.delete, rename])
def test_a_live_run_stays(live: RunDir, edit: Callable[[RunDir], RunDir]) -> None:
    with pytest.raises(RunError, match="1-live is running: stop it first with `cnn-tui stop 1`"):
        edit(live)
    assert live.path.exists()
    assert run_liveness.is_live(live)


def test_a_run_that_may_live_on_another_machine_stays(run: RunDir) -> None:
    run.lock.write_text('{"host": "far", "boot": "b", "pid": 7, "attempt": "a", "time": 1.0}')
    scripted.write(run, [events.Phase("training")])
    os.utime(run.journal, (1, 1))
    with pytest.raises(RunError, match=r"has been silent for .*, and only far can tell"):
        run_trash.delete(run)


def test_no_engine_starts_on_a_run_that_is_moved(run: RunDir) -> None:
    with run_lock.held(run), pytest.raises(RunError, match="is already running"):
        run_lock.acquire(run)
    os.close(run_lock.acquire(run))


def test_a_run_that_never_had_an_engine_can_be_moved(tmp_path: Path) -> None:
    claim = run_creation.create(tmp_path / "runs", "queued", "")
    run_lock.release(claim)
    assert run_renaming.rename(claim.run, "new").label == "1-new"
    (tmp_path / "runs/1-new/engine.lock").unlink()
    assert run_trash.delete(RunDir(tmp_path / "runs/1-new")).label == "1-new"


def test_who_looks_into_a_run_that_has_gone_makes_no_new_folder(run: RunDir) -> None:
    run_trash.delete(run)
    with pytest.raises(FileNotFoundError):
        replies.write_reply(run, "a1", events.Phase("training"))
    assert not run.path.exists()
