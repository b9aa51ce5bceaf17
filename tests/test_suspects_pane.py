"""The suspects pane driven by keys: what it lists, what it asks for, and what is decided."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.protocol import events
from engine.protocol.commands import ImageSplit, InspectionRequest
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import to_toml
from engine.run import file_lock, label_decisions, run_lock, sightings_file
from engine.run.image_names import ImageNames
from engine.run.journal import Journal
from engine.run.label_decisions import Decision, Relabel
from engine.run.run_paths import RunDir
from engine.suspicion import run_suspects
from engine.suspicion.repeated_images import Repeated, RepeatedImage, RepeatedImages
from engine.suspicion.run_suspects import RunSuspects
from tests import scripted, suspected_runs, watched_runs
from tests.idle import settle as settle_workers
from tests.kept_repetitions import keep_found
from tests.kept_sightings import contradicted, sighted, with_margins
from tests.scripted import Clock
from tests.suspected_runs import CLASSES
from tests.test_dashboard import app_of, notes, pane, screen, settle
from tests.test_keys import keys_of
from tui.app import CnnTui
from tui.panes.suspects import suspects_lists, suspects_pane_text
from tui.panes.suspects.listed_suspects import SplitList
from tui.panes.suspects.suspect_dialog import SuspectDialog
from tui.panes.suspects.suspects_pane import SuspectsPane
from tui.screens.dashboard import Dashboard
from tui.viewer import file_stamps
from tui.viewer.inspection_requests import InspectionRequests
from tui.viewer.recording_follower import RecordingFollower

SIZE = (120, 40)
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[RunDir]:
    """A run with eight wrong labels, its lock held as an engine would."""
    run = suspected_runs.write_run(tmp_path / "runs")
    lock = run_lock.acquire(run)
    yield run
    os.close(lock)


async def opened(pilot: Pilot[str], *keys: str) -> SuspectsPane:
    """The pane with what its folder says, after these keys."""
    await pilot.pause()
    shown = pane(pilot, SuspectsPane)
    await pressed(pilot, "8", *keys)
    return shown


async def pressed(pilot: Pilot[str], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle_workers(pilot)


def decided(run: RunDir) -> dict[str, Decision]:
    file = run.path.parent.parent / "labels.toml"
    return label_decisions.read(file) if file.exists() else {}


def chosen_row(pilot: Pilot[str]) -> str:
    return next(row for row in screen(pilot).splitlines() if "▸" in row)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[InspectionRequest]:
    """What is asked of the engine, which does not reply."""
    requests: list[InspectionRequest] = []
    monkeypatch.setattr(InspectionRequests, "ask", lambda self, request: requests.append(request))
    return requests


# The list


async def test_the_most_doubtful_image_comes_first_below_the_standing(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot)
        assert "Some stand out: 8 of 1,000 images" in screen(pilot)
        assert "this is no verdict" in screen(pilot)
        assert "▸  1 train/0000.png  hen    cat" in chosen_row(pilot)
        assert "from the start" in chosen_row(pilot)
        assert "training images, epochs 1 to 20" in screen(pilot)


async def test_arrows_and_pages_choose_an_image(live: RunDir) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await opened(pilot, "down", "down")
        assert "▸  3 " in chosen_row(pilot)
        await pressed(pilot, "end")
        assert "▸100 " in chosen_row(pilot)
        await pressed(pilot, "pageup")
        assert "▸ 92 " in chosen_row(pilot)
        await pressed(pilot, "home", "pagedown", "up")
        assert "▸  8 " in chosen_row(pilot)


async def test_v_changes_between_training_and_validation_images(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "down", "v")
        assert "▸ 1 val/0000.png  cat    dog         95.0 %" in chosen_row(pilot)
        assert "validation images, after epoch 20" in screen(pilot)
        assert "since when" not in screen(pilot)
        await pressed(pilot, "v")
        assert "▸  2 " in chosen_row(pilot), "each list keeps its chosen image"


async def test_the_chosen_image_stays_when_an_epoch_changes_the_list(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "down", "down")
        name = chosen_row(pilot).split()[2]
        suspected_runs.see(live, epoch=21)
        journal = Journal(live.journal, Clock())
        journal.append(scripted.ended_epoch(21))
        journal.append(events.Checkpointed("last.pt", 22, 1, 0.1, "epoch"))
        await settle(pilot)
        await settle_workers(pilot)
        assert "epochs 1 to 21" in screen(pilot)
        assert name in chosen_row(pilot)
        assert "▸  6 " in chosen_row(pilot)


def test_the_dashboard_starts_without_numpy() -> None:
    code = "import sys, tui.screens.dashboard; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


async def test_a_hidden_pane_reads_nothing(live: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    monkeypatch.setattr(sightings_file, "read", lambda *given: read.append(given))
    async with app_of(live).run_test(size=SIZE) as pilot:
        await settle(pilot)
        Journal(live.journal, Clock()).append(scripted.ended_epoch(21))
        await settle(pilot)
        await settle_workers(pilot)
        assert read == []
        await opened(pilot)
        assert len(read) == 1


@pytest.mark.parametrize(
    ("said", "flags", "sentence"),
    [
        ([scripted.started()], {}, "no epoch of 1-lenet5-digits has ended"),
        (scripted.half_a_run(), {"suspects": "off"}, "as suspects=off asks"),
        (scripted.half_a_run(), {}, "runs of older versions"),
    ],
)
async def test_where_nothing_is_listed_a_sentence_says_why(
    tmp_path: Path, said: list[events.Event], flags: dict[str, object], sentence: str
) -> None:
    run = scripted.run_dir(tmp_path / "runs", said)
    run.recipe.write_text(to_toml(build_recipe(flags=flags)))
    async with app_of(run).run_test(size=SIZE) as pilot:
        shown = await opened(pilot, "x", "r", "k", "down", "end")
        assert sentence in screen_words(pilot)
        assert sentence in [*shown.explain()][-1].replace("No epoch", "no epoch")
        assert decided(run) == {}


async def test_a_recording_says_that_it_has_no_folder(tmp_path: Path) -> None:
    run = suspected_runs.write_run(tmp_path / "runs")
    shown = partial(RecordingFollower, run, lambda: False)
    app = CnnTui(tmp_path / "runs", watch=shown, clock=Clock())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        assert suspects_pane_text.RECORDED in screen(pilot)


async def test_of_somebodys_own_program_the_pane_is_absent(tmp_path: Path) -> None:
    run = watched_runs.write_run(tmp_path / "runs", watched_runs.segmentation())
    async with app_of(run).run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("8")
        assert pilot.app.screen.focused is not pane(pilot, SuspectsPane)


def found_twice(run: RunDir) -> None:
    """What inspect-data keeps: one image in two classes, and one in two splits."""
    cat, dog, other = (
        RepeatedImage(f"train/{at:04}.png", CLASSES[at % 4], "train") for at in (40, 41, 44)
    )
    split = RepeatedImage("val/0008.png", "cat", "validation")
    groups = (
        Repeated(kind="two classes", images=(cat, dog), count=2),
        Repeated(kind="two splits", images=(other, split), count=2),
    )
    keep_found(run, RepeatedImages(repeated=groups, more=3))


async def test_suspects_are_ranked_once_for_each_file_of_sightings(
    live: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot)
        ranked: list[object] = []
        among = run_suspects.among

        def rank(run: RunDir, split: ImageSplit, names: ImageNames | None) -> RunSuspects:
            ranked.append(split)
            return among(run, split, names)

        monkeypatch.setattr(run_suspects, "among", rank)
        found_twice(live)
        await pressed(pilot, "v", "v", "home")
        assert "in two classes" in chosen_row(pilot)
        assert ranked == []
        suspected_runs.see(live, epoch=21)
        await pressed(pilot, "down")
        assert ranked == ["training"]


async def test_what_inspect_data_found_stands_on_top_and_can_be_decided(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot)
        assert "To see which images stand in two classes or in two splits: cnn-tui" in screen(pilot)
        found_twice(live)
        await pressed(pilot, "v", "v", "home")
        assert "▸  = train/0040.png  cat    dog                 in two classes" in chosen_row(pilot)
        assert "and 3 more: cnn-tui inspect-data" in screen(pilot)
        assert "have the same pixels as another one" in " ".join(shown.explain())
        await pressed(pilot, "down", "x", "down")
        assert decided(live) == {"train/0041.png": "drop"}
        assert "in two splits" in chosen_row(pilot)
        await pressed(pilot, "enter")
        assert "─ in two splits ─" in screen(pilot)
        assert "same pixels as val/0008.png (cat)" in screen(pilot)
        await pressed(pilot, "right")
        assert "1 of 100" in screen(pilot)
        await pressed(pilot, "left", "escape")
        await pressed(pilot, "down")
        assert "▸  1 train/0000.png" in chosen_row(pilot)
        await pressed(pilot, "v")
        assert "▸ = val/0008.png" in chosen_row(pilot)


# Decisions


async def test_x_and_k_decide_and_the_same_key_takes_it_back(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "x")
        assert decided(live) == {"train/0000.png": "drop"}
        assert "drop" in chosen_row(pilot)
        assert "labels.toml: 1 decided   next start: --labels " in screen(pilot)
        await pressed(pilot, "down", "k", "up", "x")
        assert decided(live) == {"train/0001.png": "keep"}
        assert "drop" not in chosen_row(pilot)
        await pressed(pilot, "k", "x")
        assert decided(live)["train/0000.png"] == "drop", "another key decides anew"


async def test_keys_that_come_together_decide_in_their_order(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot)
        await pilot.press("x", "k", "down", "x", "x", "k", "x", "down", "x", "x")
        await settle_workers(pilot)
        assert decided(live) == {"train/0000.png": "keep", "train/0001.png": "drop"}


async def test_r_offers_the_class_that_it_is_held_for_first(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "r")
        assert "▸ cat   held for this" in screen(pilot)
        assert "hen   its label: keep" in screen(pilot)
        await pressed(pilot, "enter")
        assert decided(live) == {"train/0000.png": Relabel("cat")}
        assert "→ cat" in chosen_row(pilot)
        await pressed(pilot, "r", "o", "down", "enter")
        assert decided(live) == {"train/0000.png": Relabel("cow")}
        await pressed(pilot, "r", *"nobody", "enter")
        assert suspects_pane_text.NO_CLASS in screen(pilot), "the dialog stays"
        await pressed(pilot, "escape", "r", *"HEN", "enter")
        assert decided(live) == {"train/0000.png": "keep"}, "it has this label"


def hold_weakly(run: RunDir) -> None:
    """Give the first image a class in front with less than half of the probability."""
    kept = sightings_file.read(run.sightings, len(CLASSES))
    assert kept is not None
    assert kept.logits is not None
    kept.logits[0] = [12, 12, 12, -30]
    sightings_file.write(run.sightings, kept)


def hold_by_margins(run: RunDir) -> None:
    kept = with_margins(contradicted(sighted(), 1), -0.9, 1)
    assert kept.held is not None
    kept.held[0] = CLASSES.index("dog")
    sightings_file.write(run.sightings, kept)


@pytest.mark.parametrize("hold", [hold_weakly, hold_by_margins])
@pytest.mark.parametrize(
    ("keys", "choice"),
    [
        ((), None),
        (("down",), Relabel("dog")),
        (("c", "backspace"), None),
        (("c",), Relabel("cat")),
        (("up", "down"), Relabel("cat")),
    ],
)
async def test_of_a_class_that_is_not_likely_enter_takes_nothing(
    live: RunDir, hold: Callable[[RunDir], None], keys: tuple[str, ...], choice: Decision | None
) -> None:
    hold(live)
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot)
        await pressed(pilot, *next_to(shown), "r")
        assert "dog   held for this" in screen(pilot)
        assert "▸ dog" not in screen(pilot)
        assert "↓ or typing chooses   Enter take it" in screen(pilot)
        await pressed(pilot, *keys, "enter")
        assert decided(live) == ({} if choice is None else {"train/0000.png": choice})
        assert isinstance(pilot.app.screen, Dashboard) == (choice is not None)


def next_to(shown: SuspectsPane) -> list[str]:
    """The keys that go from the first image to `train/0000.png`."""
    return ["down"] * [image.title for image in shown.view.images].index("train/0000.png")


async def test_the_label_that_an_image_has_by_a_decision_is_never_lost(live: RunDir) -> None:
    """Its row shows the label hen, which the run began with, and `→ hen`."""
    file = live.path.parent.parent / "labels.toml"
    for kept in (live.decisions, file):
        label_decisions.change(kept, "train/0000.png", Relabel("hen"))
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot)
        for keys in ("k", "k"), ("r", *"hen", "enter"), ("x", "x"), ("x", "k"):
            await pressed(pilot, *keys)
            assert decided(live) == {"train/0000.png": Relabel("hen")}, keys
        label_decisions.change(file, "train/0000.png", None)
        await pressed(pilot, "k")
        assert decided(live) == {"train/0000.png": Relabel("hen")}


async def test_choosing_a_class_again_takes_nothing_back(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        for keys, choice in (("enter",), Relabel("cat")), ((*"hen", "enter"), "keep"):
            await opened(pilot, "r", *keys, "r", *keys)
            assert decided(live) == {"train/0000.png": choice}


async def test_a_file_that_the_run_began_with_is_made_anew_from_its_copy(live: RunDir) -> None:
    file = live.path.parent.parent / "mine.toml"
    live.recipe.write_text(to_toml(build_recipe(flags={"decisions": str(file)})))
    live.decisions.write_text('[labels]\n"train/0001.png" = "drop"  # blurred\n')
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot)
        assert "mine.toml is gone: 1 decided in the run's copy" in screen(pilot)
        assert "mine.toml is gone. The next decision makes it anew" in " ".join(shown.explain())
        await pressed(pilot, "x")
        assert file.read_text() == live.decisions.read_text() + '"train/0000.png" = "drop"\n'
        assert "mine.toml: 2 decided" in screen(pilot)


async def test_data_that_is_decided_on_first_has_the_usual_file(live: RunDir) -> None:
    """Somebody decides on other data after the pane has looked for its file."""
    folder = live.path.parent.parent
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot)
        label_decisions.change(folder / "labels.toml", "train/0000.png", "drop", data="/other")
        await pressed(pilot, "k")
        assert decided(live) == {"train/0000.png": "drop"}
        assert label_decisions.read(folder / "labels-pets.toml") == {"train/0000.png": "keep"}
        assert f'data = "{folder}/runs/pets"' in (folder / "labels-pets.toml").read_text()


async def test_the_copy_of_a_run_is_read_once(
    live: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_decisions.change(live.decisions, "train/0000.png", Relabel("hen"))
    os.utime(live.decisions, (0, 0))
    monkeypatch.setattr(file_stamps, "RACY_NS", -(10**12))
    read: list[Path] = []
    real = label_decisions.read_if_there

    def counted(file: Path) -> label_decisions.DecisionsFile | None:
        read.append(file)
        return real(file)

    monkeypatch.setattr(label_decisions, "read_if_there", counted)
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "k", "down", "k", "up", "x")
    assert read.count(live.decisions) == 1


@pytest.mark.parametrize("key", ["x", "k", "r"])
async def test_without_names_nothing_can_be_decided(live: RunDir, key: str) -> None:
    live.image_names.unlink()
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, key)
        assert "▸  1 #0 " in chosen_row(pilot)
        assert notes(pilot) == [suspects_pane_text.NO_NAME]
        assert decided(live) == {}


async def test_what_somebody_else_decides_is_seen_at_the_next_key(live: RunDir) -> None:
    file = live.path.parent.parent / "labels.toml"
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "down")
        label_decisions.change(file, "train/0000.png", "drop")
        assert "1 decided" not in screen(pilot)
        await pressed(pilot, "up", "down")
        assert "1 decided" in screen(pilot)
        await pressed(pilot, "k")
        assert "2 decided" in screen(pilot)
        assert decided(live) == {"train/0000.png": "drop", "train/0001.png": "keep"}
        label_decisions.change(file, "train/0001.png", "drop")
        await pressed(pilot, "x")
        assert decided(live)["train/0001.png"] == "drop", "the row had another decision"
        await pressed(pilot, "x")
        assert decided(live) == {"train/0000.png": "drop"}


async def test_a_file_that_is_no_toml_is_told_and_stays(live: RunDir) -> None:
    file = live.path.parent.parent / "labels.toml"
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot)
        file.write_text("[labels")
        await pressed(pilot, "x")
        [said] = notes(pilot)
        assert "labels.toml" in said
        assert file.read_text() == "[labels"
        assert "labels.toml cannot be read: e says why" in screen(pilot).splitlines()[-3]
        assert "labels.toml cannot be read" in " ".join(shown.explain())


def test_every_key_of_the_pane_is_in_the_table_of_the_page() -> None:
    section = (ROOT / "docs/suspects.md").read_text().partition("## In the dashboard\n")[2]
    keys = re.findall(r"^\| (.*?) \|", section.partition("\n## ")[0], re.MULTILINE)
    told = {*" ".join(keys[1:]).replace("`", "").split()}
    assert told == keys_of(SuspectsPane)


# Pictures and neighbours


async def test_the_picture_of_the_chosen_image_is_asked_for_while_the_pane_has_the_focus(
    live: RunDir, asked: list[InspectionRequest]
) -> None:
    async with app_of(live).run_test(size=(99, 60)) as pilot:
        shown = await opened(pilot)
        [request] = asked
        assert (request.kind, request.images, request.split) == ("images", (0,), "training")
        assert suspects_pane_text.WAITING in screen(pilot)
        shown.receive(suspected_runs.examples(0))
        assert suspects_pane_text.WAITING not in screen(pilot)
        await pilot.press("1")
        suspected_runs.see(live, epoch=21)
        Journal(live.journal, Clock()).append(scripted.ended_epoch(21))
        await settle(pilot)
        await settle_workers(pilot)
        assert "train/0007.png" in chosen_row(pilot), "it is still seen"
        assert shown.chosen is not None
        assert shown.chosen.number != 0
        assert asked == [request]


async def test_a_narrow_pane_has_no_picture_and_asks_for_none(
    live: RunDir, asked: list[InspectionRequest]
) -> None:
    async with app_of(live).run_test(size=(80, 24)) as pilot:
        await opened(pilot, "down")
        assert asked == []


async def test_after_a_refusal_nothing_is_asked_at_each_key(
    live: RunDir, asked: list[InspectionRequest]
) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot)
        shown.receive(events.Alert("warning", "probe", "the data is gone"))
        await pressed(pilot, "down", "down")
        assert len(asked) == 1
        assert suspects_pane_text.NO_PICTURE in screen(pilot)
        await pressed(pilot, "enter")
        assert len(asked) == 2, "who wants to see it asks again"
        shown.receive(events.Alert("warning", "probe", "the data is gone"))
        assert "the data is gone" in screen(pilot)


async def test_enter_shows_the_image_beside_its_neighbours(
    live: RunDir, asked: list[InspectionRequest]
) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot, "down", "enter")
        request = asked[-1]
        assert (request.kind, request.images, request.split) == ("neighbours", (1,), "training")
        assert request.cell == (0, 1), "the label, and the class that it is held for"
        assert suspects_pane_text.ASKING_NEIGHBOURS in screen(pilot)
        shown.receive(suspected_runs.neighbours(1))
        assert "nearest of label cat" in screen(pilot)
        assert "train/0100.png" in screen(pilot)
        assert "nearest of label dog, which it is held for" in screen(pilot)
        assert "train/0307.png" in screen(pilot)
        assert "nearest for the network of epoch 20" in screen(pilot)


async def test_keys_of_the_dialog_decide_and_go_on(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "enter", "x", "right", "k", "down", "r", "enter", "left")
        assert decided(live) == {
            "train/0000.png": "drop",
            "train/0001.png": "keep",
            "train/0002.png": Relabel("cow"),
        }
        assert "2 of 100" in screen(pilot)
        assert "keep" in screen(pilot)
        await pressed(pilot, "escape")
        assert isinstance(pilot.app.screen, Dashboard)
        assert "▸  2 " in chosen_row(pilot)


@pytest.mark.parametrize("wrong", [suspected_runs.WRONG, 0])
async def test_the_dialog_decides_on_what_it_shows_though_the_list_has_changed(
    live: RunDir, wrong: int
) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot, "enter")
        suspected_runs.see(live, wrong=wrong, epoch=21)
        Journal(live.journal, Clock()).append(scripted.ended_epoch(21))
        await settle_dialog(pilot)
        assert isinstance(pilot.app.screen, SuspectDialog)
        listed = [image.title for image in shown.view.images]
        assert ("train/0000.png" in listed, listed[0] == "train/0000.png") == (wrong > 0, False)
        assert "train/0000.png" in screen(pilot)
        await pressed(pilot, "x")
        assert decided(live) == {"train/0000.png": "drop"}


@pytest.mark.parametrize("key", ["x", "k", "r"])
async def test_on_an_image_of_other_data_the_dialog_decides_nothing(live: RunDir, key: str) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "enter")
        suspected_runs.see_other_images(live)
        Journal(live.journal, Clock()).append(scripted.ended_epoch(21))
        await settle_dialog(pilot)
        assert "─ train/0000.png ─" in screen(pilot)
        assert suspects_pane_text.OTHER_IMAGES in screen_words(pilot)
        await pressed(pilot, key)
        assert decided(live) == {}
        await pressed(pilot, "escape", "enter", "x")
        assert [*decided(live)] == ["train/n0002.png"]


@pytest.mark.parametrize("keys", [("x",), ("k",), ("r",), ("right", "x"), ("left", "r")])
async def test_a_list_that_can_no_longer_be_read_leaves_a_sentence_in_the_dialog(
    live: RunDir, keys: tuple[str, ...]
) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot, "enter")
        os.truncate(live.sightings, 100)
        await pressed(pilot, "right", *keys)
        assert isinstance(pilot.app.screen, SuspectDialog)
        assert "sightings.npz" in screen_words(pilot)
        assert " of 0" not in screen(pilot)
        assert "nearest of" not in screen(pilot)
        await pressed(pilot, "enter")
        assert isinstance(pilot.app.screen, Dashboard)
        assert decided(live) == {}


async def test_of_a_run_that_was_renamed_the_last_list_stays_and_says_so(
    live: RunDir, asked: list[InspectionRequest]
) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot, "x")
        moved = live.path.rename(live.path.with_name("1-other"))
        await pressed(pilot, "down")
        assert "1-lenet5-pets is no longer there: the run was renamed" in screen_words(pilot)
        assert "▸  2 train/0001.png" in chosen_row(pilot)
        assert "drop" in screen(pilot)
        asked.clear()
        await pressed(pilot, "x", "enter", "k", "r")
        assert isinstance(pilot.app.screen, SuspectDialog)
        assert suspects_pane_text.ASKING_NEIGHBOURS not in screen(pilot)
        assert "1-lenet5-pets is no longer there" in notes(pilot)[-1]
        assert decided(live) == {"train/0000.png": "drop"}
        assert asked == []
        moved.rename(live.path)
        await pressed(pilot, "escape", "v", "v")
        assert shown.view.told.startswith("Some stand out")
        await pressed(pilot, "x")
        assert [*decided(live)] == ["train/0000.png", "train/0001.png"]


async def test_of_a_run_that_is_gone_before_it_is_read_only_that_is_said(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        await settle(pilot)
        shutil.rmtree(live.path)
        await opened(pilot, "x")
        assert "is no longer there" in screen_words(pilot)
        assert "no epoch of" not in screen(pilot)


async def test_a_class_chosen_after_the_list_has_gone_is_refused(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot, "r")
        live.sightings.write_bytes(b"damaged")
        shown._read_again()
        await settle_workers(pilot)
        await pressed(pilot, "enter")
        assert any("sightings.npz" in said for said in notes(pilot))
        assert decided(live) == {}


async def test_neighbours_are_asked_for_again_when_it_is_held_for_another_class(
    live: RunDir, asked: list[InspectionRequest]
) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot, "enter")
        shown.receive(suspected_runs.neighbours(0))
        kept = sightings_file.read(live.sightings, len(CLASSES))
        assert kept is not None
        assert kept.logits is not None
        kept.logits[0] = [0, 0, 30, 0]
        sightings_file.write(live.sightings, dataclasses.replace(kept, epoch=21))
        Journal(live.journal, Clock()).append(scripted.ended_epoch(21))
        await settle_dialog(pilot)
        assert asked[-1].cell == (3, 2)
        assert suspects_pane_text.ASKING_NEIGHBOURS in screen(pilot)
        shown.receive(events.Alert("warning", "probe", "the data is gone"))
        before = len(asked)
        await pressed(pilot, "x")
        assert "the data is gone" in screen(pilot)
        assert len(asked) == before, "a refusal stays"


async def test_a_decision_just_before_the_end_is_kept(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot)
        for row in range(5):
            shown.decide(shown.view.images[row], "drop")
        pilot.app.exit()
    shown._writer.shutdown()
    assert len(decided(live)) == 5


async def test_while_another_process_holds_the_lock_a_decision_says_so(
    live: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_decisions, "PATIENCE_SECONDS", 0.0)
    async with app_of(live).run_test(size=SIZE) as pilot:
        await opened(pilot)
        with file_lock.locked(live.path.parent.parent / ".labels.toml.lock"):
            await pressed(pilot, "x")
        [said] = notes(pilot)
        assert "another process holds the lock" in said
        assert decided(live) == {}
        monkeypatch.undo()
        await pressed(pilot, "x")
        assert decided(live) == {"train/0000.png": "drop"}


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let each list be read only once this is set, as it is at first."""
    may_read = threading.Event()
    may_read.set()
    read = suspects_lists.split_list

    def wait_and_read(run: RunDir, split: ImageSplit, known: RunSuspects | None) -> SplitList:
        may_read.wait()
        return read(run, split, known)

    monkeypatch.setattr(suspects_lists, "split_list", wait_and_read)
    yield may_read
    may_read.set()


async def test_a_decision_does_not_wait_for_a_long_reading(
    live: RunDir, slow: threading.Event
) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot)
        slow.clear()
        suspected_runs.see(live, epoch=21)
        await pilot.press("down", "up", "x")
        written = shown._writer.submit(lambda: None)
        await asyncio.wait_for(asyncio.wrap_future(written), 20)
        await pilot.pause()
        assert decided(live) == {"train/0000.png": "drop"}
        assert "drop" in chosen_row(pilot)
        slow.set()
        await settle_workers(pilot)
        assert "epochs 1 to 21" in screen(pilot)


async def test_the_end_of_the_program_does_not_wait_for_a_reading(
    live: RunDir, slow: threading.Event
) -> None:
    slow.clear()
    before = {*threading.enumerate()}
    async with app_of(live).run_test(size=SIZE) as pilot:
        await pilot.pause()
        for key in ("8", "v", "v", "v"):
            await pilot.press(key)
        [reading] = {*threading.enumerate()} - before
        assert reading.daemon, "one thread for all, which nobody joins"


def screen_words(pilot: Pilot[str]) -> str:
    """The text of the screen without borders and line ends."""
    return " ".join(screen(pilot).replace("│", " ").split())


async def settle_dialog(pilot: Pilot[str]) -> None:
    """Let the dashboard below the dialog read what was appended."""
    dashboard = pilot.app.screen_stack[-2]
    assert isinstance(dashboard, Dashboard)
    while dashboard.read():
        pass
    await settle_workers(pilot)


async def test_e_explains_the_list_and_gives_no_verdict(live: RunDir) -> None:
    async with app_of(live).run_test(size=SIZE) as pilot:
        shown = await opened(pilot)
        said = " ".join(shown.explain())
        assert said.startswith("These are the training images whose label the network contradicts")
        assert "stands out if another class fits far better (a score above 20)" in said
        await pressed(pilot, "v")
        said = " ".join(shown.explain())
        assert said.startswith("These are the validation images")
        assert "stands out" not in said
