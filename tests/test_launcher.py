"""The launcher: one Enter starts the defaults, and all can be chosen with the keyboard."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PIL import Image
from rich.color import Color
from rich.style import Style
from textual.pilot import Pilot
from textual.widgets import Input, Label

from engine.data.survey import survey
from engine.errors import DataError, RunError
from engine.machine import cgroups, nvml
from engine.protocol import answers, events
from engine.protocol.requests import InspectData
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run import run_lock, run_search
from engine.run.run_lock import Claim
from engine.start import data_requests, device_request, launch, warm_engine
from tests import processes, scripted
from tests.drawing.examples import FLOWERS
from tests.idle import wait_for_workers
from tests.test_dashboard import rows, send
from tui.app import CnnTui
from tui.drawing.architecture_list import CIFAR10
from tui.screens.dashboard import Dashboard
from tui.screens.launcher import box_layout, engine_starter, folder_dialog
from tui.screens.launcher.fields_dialog import FieldsDialog
from tui.screens.launcher.launcher_screen import Launcher
from tui.screens.launcher.new_run import ImageFolder, NewRun
from tui.screens.launcher.runs_box import RunsBox
from tui.terminal.plain_screen import screen_text
from tui.widgets.chooser import Chooser


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes of the engines that would have been started."""
    found: list[Recipe] = []
    monkeypatch.setattr(launch, "spawn", lambda claim, chosen: found.append(chosen))
    monkeypatch.setattr(nvml, "gpus", lambda: ())
    monkeypatch.setattr(cgroups, "usable_cores", lambda: 2)
    return found


def launcher(tmp_path: Path) -> CnnTui:
    return CnnTui(tmp_path / "runs")


async def settled(pilot: Pilot[Any]) -> str:
    await wait_for_workers(pilot.app)
    await pilot.pause()
    return screen_text(pilot.app)


def notes(pilot: Pilot[Any]) -> str:
    """What was said in passing."""
    return "\n".join(note.message for note in pilot.app._notifications)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Images of cats and dogs, told by their names alone."""
    (tmp_path / "pets").mkdir()
    for name in [f"{kind}.{i}.png" for kind in ("cat", "dog") for i in range(5)]:
        Image.new("RGB", (32, 32)).save(tmp_path / "pets" / name)
    return tmp_path / "pets"


def sorted_images(folder: Path, count: int, side: int = 32) -> None:
    """A folder with two classes of so many images each."""
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (side, side)).save(folder / name / f"{i}.png")


async def test_one_enter_starts_the_defaults(tmp_path: Path, spawned: list[Recipe]) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        assert "cnn-tui --arch lenet5 --data digits --recipe quick" in await settled(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Dashboard)
    assert [(c.arch, c.data, c.preset) for c in spawned] == [("lenet5", "digits", "quick")]


class Prepared:
    """Stands for a warm engine: it notes the runs that it is handed, or that it was closed."""

    made: ClassVar[list[Prepared]] = []

    def __init__(self, recipe: Recipe) -> None:
        self.made.append(self)
        self.taken: list[Recipe] = []
        self.is_ahead = True
        self.closed = False

    def hand_over(self, claim: Claim, chosen: Recipe, **what_follows: object) -> bool:
        self.taken.append(chosen)
        return chosen.threads == "auto"

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[Prepared]:
    """The warm engines that the launcher has started."""
    monkeypatch.setattr(Prepared, "made", [])
    monkeypatch.setattr(engine_starter, "WarmEngine", Prepared)
    monkeypatch.setattr(warm_engine, "has_memory", lambda: True)
    return Prepared.made


async def test_enter_uses_the_engine_that_was_prepared_and_the_next_run_gets_another(
    tmp_path: Path, spawned: list[Recipe], prepared: list[Prepared]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        assert len(prepared) == 1
        await pilot.press("enter")
        await settled(pilot)
        assert len(prepared) == 1
        assert [chosen.arch for chosen in prepared[0].taken] == ["lenet5"]
        assert not spawned
        run = run_search.list_runs(tmp_path / "runs")[0]
        run.recipe.unlink()  # as if it had ended: it is no run any more
        await pilot.press("escape")
        await settled(pilot)
        assert len(prepared) == 2
        assert not prepared[1].closed
    assert prepared[1].closed


async def test_a_run_that_the_prepared_engine_does_not_suit_gets_a_new_one(
    tmp_path: Path, spawned: list[Recipe], prepared: list[Prepared]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, Launcher)
        screen.new_run = replace(screen.new_run, fields={"threads": 1})
        await pilot.press("enter")
        await pilot.pause()
    assert len(prepared[0].taken) == 1
    assert [chosen.threads for chosen in spawned] == [1]


async def test_a_prepared_engine_that_is_not_ahead_of_a_new_one_is_ended(
    tmp_path: Path, spawned: list[Recipe], prepared: list[Prepared]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        prepared[0].is_ahead = False
        await pilot.press("enter")
        await pilot.pause()
    assert prepared[0].closed
    assert prepared[0].taken == []
    assert len(spawned) == 1


async def test_no_engine_is_prepared_while_the_runs_are_in_focus(
    tmp_path: Path, spawned: list[Recipe], prepared: list[Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    free: list[bool] = []
    monkeypatch.setattr(warm_engine, "has_memory", lambda: bool(free))
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("shift+tab")
        free.append(True)
        pilot.app.screen.query_one(RunsBox).read_runs()
        await settled(pilot)
        assert not prepared
        await pilot.press("tab")
        await settled(pilot)
        assert len(prepared) == 1


async def test_no_engine_is_prepared_until_the_last_live_run_has_ended(
    tmp_path: Path, prepared: list[Prepared]
) -> None:
    runs = [scripted.run_dir(tmp_path / "runs", name=f"{n}-lenet5-digits") for n in (1, 2)]
    locks = {run: run_lock.acquire(run) for run in runs}
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        for run in (runs[1], runs[0]):
            assert not prepared
            os.close(locks[run])
            pilot.app.screen.query_one(RunsBox).read_runs()
            await settled(pilot)
    assert len(prepared) == 1


async def test_an_engine_that_is_prepared_too_late_is_ended(
    tmp_path: Path, spawned: list[Recipe], prepared: list[Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = threading.Event()

    def made_late(recipe: Recipe) -> Prepared:
        late.wait(processes.TIMEOUT)
        return Prepared(recipe)

    monkeypatch.setattr(engine_starter, "WarmEngine", made_late)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        late.set()
        await wait_for_workers(pilot.app)
        assert len(spawned) == 1
        assert [each.closed for each in prepared] == [True]


async def test_the_arrows_choose_and_the_command_line_follows(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await pilot.press("down", "down")
        assert "--arch vgg11 --data digits" in await settled(pilot)
        await pilot.press("up")
        assert "--arch alexnet" in await settled(pilot)
        await pilot.press("tab", "tab", "tab", "down")
        assert "--device cpu" in await settled(pilot)
        await pilot.press("enter")
        await pilot.pause()
    assert [(c.arch, c.device) for c in spawned] == [("alexnet", "cpu")]


async def test_every_recipe_can_be_chosen_and_says_what_it_is(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "▸ auto " in await settled(pilot)
        await pilot.press("tab", "tab", *["down"] * 4)
        shown = await settled(pilot)
        assert "--arch lenet5 --data digits --recipe article\n" in re.sub(" +\n", "\n", shown)
        assert "▸ article " in shown
        assert "120 epochs   batch 64 " in shown
        assert "the Keras tutorial: Adam" in shown
        await pilot.press("enter")
        await pilot.pause()
    assert [chosen.preset for chosen in spawned] == ["article"]


@pytest.mark.parametrize(
    ("size", "said"), [((120, 40), True), ((200, 60), True), ((80, 24), False)]
)
async def test_the_list_says_what_its_error_and_accuracy_were_measured_on(
    tmp_path: Path, size: tuple[int, int], said: bool
) -> None:
    async with launcher(tmp_path).run_test(size=size) as pilot:
        shown = await settled(pilot)
        assert ("top-n: ImageNet, %" in shown) == ("top-5 err" in shown) == said
        assert "/ filter   o family" in shown


async def test_a_list_that_is_not_shown_whole_says_so(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(80, 24)) as pilot:
        assert re.search("1–1[0-9] of [0-9]+ ─╯", await settled(pilot))
        await pilot.press("end")
        assert re.search("1[0-9]–([0-9]+) of \\1 ─╯", await settled(pilot))


async def test_fields_are_checked_before_they_are_taken(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("f", "end", *["backspace"] * 5, "-", "1", "enter")
        assert "epochs = -1 is not possible" in await settled(pilot)
        await pilot.press("up", "backspace", "backspace", "7")
        assert "is not possible" not in await settled(pilot)
        await pilot.press("up", "enter")
        assert "--epochs 7" in await settled(pilot)
        await pilot.press("f", "escape", "enter")
        await pilot.pause()
    assert [c.epochs for c in spawned] == [7]


async def test_a_field_is_found_by_a_part_of_its_name_or_its_group(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("f", "up", "up", *"smooth")
        shown = await settled(pilot)
        assert "label_smoothing" in shown
        assert "epochs " not in shown.replace("20 epochs ", "")
        await pilot.press("enter", "end", *["backspace"] * 5, *"0.1", "down")
        await pilot.press(*["backspace"] * 6, *"augment")
        shown = await settled(pilot)
        assert "rotate" in shown
        assert "label_smoothing" not in shown
        await pilot.press("down", "enter")
        assert "label_smoothing=0.1" in await settled(pilot)


async def test_enter_in_a_field_goes_on_to_the_next_one(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("f", "end", *["backspace"] * 2, "7", "enter", "enter", "enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, FieldsDialog)
        await pilot.press("up", "up", "up", "up", "enter")
        assert "--epochs 7" in await settled(pilot)
    assert spawned == []


async def test_a_field_says_what_it_may_be_and_an_error_goes_with_its_cause(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("f")
        assert "epochs: a whole number from 1" in await settled(pilot)
        await pilot.press("x")
        assert "epochs = x" in await settled(pilot)
        await pilot.press("backspace", *"20", "down", "down", "down", *"xx")
        shown = await settled(pilot)
        assert "optimizer: sgd, adam, adamw or muon" in shown
        assert "optimizer = xx is not possible" in shown
        assert "epochs = " not in shown


async def test_weights_and_names_of_classes_are_found_as_for_a_command_line(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    earlier = launch.create(
        build_recipe(flags={"arch": "lenet5", "act": "gelu"}), tmp_path / "runs"
    )
    best = earlier.run.checkpoints / "best.pt"
    best.touch()
    (tmp_path / "names.csv").write_text("0,zero\n1,one\n")
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, Launcher)
        fields: dict[str, object] = {"class_names": str(tmp_path / "names.csv")}
        screen.new_run = replace(screen.new_run, fields=fields | {"init_from": "9"})
        await pilot.press("enter")
        await settled(pilot)
        assert "there is no run '9'" in notes(pilot)
        screen.new_run = replace(screen.new_run, fields=fields | {"init_from": "1"})
        await pilot.press("enter")
        await settled(pilot)
    os.close(earlier.lock)
    [chosen] = spawned
    assert (chosen.init_from, chosen.act) == (str(best), "gelu")
    assert chosen.class_names == (("0", "zero"), ("1", "one"))


async def test_data_that_is_not_on_disk_is_left_to_the_engine_to_download(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "down")
        assert "--data mnist" in await settled(pilot)
        await pilot.press("enter")
        await pilot.pause()
    assert [chosen.data for chosen in spawned] == ["mnist"]


async def test_a_folder_of_images_is_asked_for(tmp_path: Path, spawned: list[Recipe]) -> None:
    sorted_images(tmp_path / "pets", 5)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "enter", *"nowhere", "enter")
        await settled(pilot)
        # The box says what is wrong and keeps what was typed.
        wrong = str(pilot.app.screen.query_one(".wrong", Label).render())
        assert "nowhere does not exist" in wrong
        await pilot.press(*["backspace"] * len("nowhere"), *"pets", "enter")
        shown = await settled(pilot)
        assert "lenet5-pets" in shown
        assert re.search(r"▸ pets +10 +32×32 +2 classes", shown)
        # For 3×32×32 and two classes: eight outputs less than for CIFAR-10.
        assert "61.3k" in shown
        await pilot.press("enter")
        await pilot.pause()
    assert [c.data for c in spawned] == [str(tmp_path / "pets")]


async def test_a_folder_that_needs_a_setting_gets_the_one_that_is_chosen(
    tmp_path: Path, pets: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "enter", *"pets", "enter")
        shown = await settled(pilot)
        assert "labels=prefix (cat, dog)" in shown
        assert "Enter takes the setting" in shown
        # Another path has other settings.
        await pilot.press("tab", "backspace")
        assert "labels=prefix (cat, dog)" not in await settled(pilot)
        await pilot.press("s", "enter")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("y", "enter")
        assert pilot.app.clipboard.endswith("--set labels=prefix --set batch=16")
        await pilot.pause()
    assert [(c.data, c.labels) for c in spawned] == [(str(pets), "prefix")]


async def test_photographs_get_a_network_and_a_recipe_made_for_them(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    sorted_images(tmp_path / "beaches", 5, side=200)
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "enter", *"beaches", "enter")
        shown = await settled(pilot)
        assert "--arch resnet18" in shown
        assert "▸ auto " in shown
        assert "photo: photographs, median side 200 px" in shown
        assert "90 epochs   batch 16   size 128 to 224" in shown
        assert "crop_scale   flip   trivialaugment   erasing" in shown
        await pilot.press("enter")
        await pilot.pause()
    assert [(c.arch, c.preset, c.size) for c in spawned] == [("resnet18", "photo", 224)]


async def test_one_size_is_named_for_a_folder_that_of_the_run(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    sorted_images(tmp_path / "pets", 5, side=128)
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("/", *"resnet18", "enter", "tab", "end", "enter", *"pets", "enter")
        shown = await settled(pilot)
        assert "128×128  2 classes" in shown
        assert "batch 16   size 128 " in shown
        assert "Stages at 128×128 (≈)" in shown
        assert "64×32×32 " in shown
        assert "for images of 3×128×128" in shown
        assert "quick: median side 128 px, under 192" in shown
        assert "224×224" not in shown
        await pilot.press("tab")
        await settled(pilot)
        await pilot.press(*["down"] * 3)
        shown = await settled(pilot)
        assert "▸ photo" in shown
        assert "224×224  2 classes" in shown
        assert "batch 16   size 128 to 224" in shown
        assert "Stages at 224×224 ─" in shown
        assert "for images of 3×224×224" in shown
        assert "128×128" not in shown


async def test_what_the_recipe_of_a_folder_says_fits_into_a_small_terminal(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    sorted_images(tmp_path / "pets", 5, side=200)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "enter", *"pets", "enter")
        shown = await settled(pilot)
        assert "90 epochs   batch 16   size 128 to 224" in shown
        await pilot.press("shift+tab", "home")
        shown = await settled(pilot)
        assert "quick: not a network for photographs" in shown


async def test_another_folder_may_take_the_place_of_the_chosen_one(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    sorted_images(tmp_path / "pets", 5)
    sorted_images(tmp_path / "cars", 6)
    async with launcher(tmp_path).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "enter", *"pets", "enter")
        await settled(pilot)
        await pilot.press("end", "enter", *"cars", "enter")
        shown = await settled(pilot)
        assert re.search(r"▸ cars +12 +32×32 +2 classes", shown)
        assert re.search(r"pets +folder", shown)
        await pilot.press("enter")
        await pilot.pause()
    assert [c.data for c in spawned] == [str(tmp_path / "cars")]


async def test_live_runs_come_first_and_enter_attaches(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    first = scripted.run_dir(tmp_path / "runs", scripted.half_a_run(), "1-lenet5-digits")
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run(), "2-lenet5-digits")
    lock = run_lock.acquire(first)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        lines = (await settled(pilot)).splitlines()
        assert "● " in lines[2]
        assert "1 lenet5-digits" in lines[2]
        assert "✗ " in lines[3]
        await pilot.press("shift+tab", "enter")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, Dashboard)
        assert screen.source.run == first
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Launcher)
    assert spawned == []
    os.close(lock)


async def test_a_disk_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").write_text("in the way")

    def no_runs(folder: Path) -> list[Any]:
        return []

    monkeypatch.setattr(run_search, "list_runs", no_runs)
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert "cannot be written" in notes(pilot)


@pytest.mark.parametrize("size", [(200, 60), (80, 24), (60, 20), (59, 20), (40, 12), (20, 6)])
async def test_every_box_can_be_reached_at_any_size(
    tmp_path: Path, spawned: list[Recipe], size: tuple[int, int]
) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with launcher(tmp_path).run_test(size=size) as pilot:
        await settled(pilot)
        for name in ("arch", "data", "recipe", "device", "runs"):
            box = pilot.app.screen.query_one(f"#{name}", Chooser)
            await settled(pilot)
            assert pilot.app.focused is box
            inside = pilot.app.screen.region.contains_region(box.region)
            assert inside
            assert any("▸" in row.text for row in rows(box))
            await pilot.press("tab")
        await pilot.press("shift+tab")
        assert pilot.app.focused is box


async def test_a_box_that_stands_alone_says_which_others_there_are(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(50, 12)) as pilot:
        assert "[Arch]  Data   Recipe   Device" in await settled(pilot)
        await pilot.press("tab")
        assert "Arch  [Data]  Recipe   Device" in await settled(pilot)
        await pilot.resize_terminal(24, 12)
        assert "Data 2/4" in await settled(pilot)
        await pilot.resize_terminal(100, 30)
        assert "─ Architecture ─" in await settled(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "data"


async def test_a_long_command_is_cut_with_a_sign_and_copied_whole(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with launcher(tmp_path).run_test(size=(30, 12)) as pilot:
        assert "cnn-tui --arch lenet5 --data…" in await settled(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard == "cnn-tui --arch lenet5 --data digits --recipe quick"


async def test_a_filter_lists_while_it_is_typed_and_escape_brings_all_back(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("down", "slash", *"resnet5")
        shown = await settled(pilot)
        assert "▸ resnet50 " in shown
        assert "/resnet5   2 of 30" in shown
        await pilot.press("escape")
        shown = await settled(pilot)
        assert "▸ alexnet " in shown
        assert "/ filter" in shown
        await pilot.press("slash", *"resnet5", "enter")
        assert "--arch resnet50 --data digits" in await settled(pilot)


async def test_a_filter_that_nothing_fits_is_no_choice(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"zzz", "enter")
        assert "\n no architecture matches the filter: press / to change it." in await settled(
            pilot
        )
        await pilot.press("y", "enter")
        assert notes(pilot) == "no architecture matches the filter: press / to change it."
        assert pilot.app.clipboard == ""
    assert spawned == []


async def test_ascii_spells_the_keys_that_have_no_sign(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with CnnTui(tmp_path / "runs", ascii_only=True).run_test(size=(140, 30)) as pilot:
        shown = await settled(pilot)
    assert " Enter start   tab next box   arrows choose " in shown
    async with CnnTui(tmp_path / "runs", ascii_only=True).run_test(size=(60, 30)) as pilot:
        assert "...  q quit  ? help" in await settled(pilot)
    assert " Enter attach " in shown


class SlowPreview:
    """Replies when a test lets it, unless it is cancelled first."""

    made: ClassVar[list[SlowPreview]] = []

    def __init__(self, chosen: Recipe) -> None:
        self.made.append(self)
        self.chosen, self.goes_on, self.cancelled = chosen, threading.Event(), False

    def answer(self) -> events.Augmented:
        assert self.goes_on.wait(processes.TIMEOUT)
        if self.cancelled:
            raise RunError("the engine was ended.")
        return events.Augmented(7, (), 96)

    def cancel(self) -> None:
        self.cancelled = True
        self.goes_on.set()


async def test_images_come_into_the_dialog_that_asked_for_them(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_requests, "preview", SlowPreview)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("a")
        await pilot.pause()
        assert "loading some images" in screen_text(pilot.app)
        SlowPreview.made.pop().goes_on.set()
        assert "96×96   epoch 7" in await settled(pilot)
        assert notes(pilot) == ""


class SlowInspection:
    """Says what a data set holds in two steps, the second when a test lets it."""

    made: ClassVar[list[SlowInspection]] = []

    def __init__(self, wanted: InspectData) -> None:
        self.made.append(self)
        self.chosen, self.goes_on, self.cancelled = wanted.recipe, threading.Event(), False

    def answers(self) -> Iterator[survey.Message]:
        yield answers.Progress("reading", 0.25)
        yield FLOWERS
        assert self.goes_on.wait(processes.TIMEOUT)
        if self.cancelled:
            raise DataError("the process was ended.")
        yield survey.Findings(163, (), (), (), ())

    def cancel(self) -> None:
        self.cancelled = True
        self.goes_on.set()


async def test_the_data_is_inspected_in_a_dialog_that_fills(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_requests, "inspection", SlowInspection)
    async with launcher(tmp_path).run_test(size=(80, 18)) as pilot:
        await settled(pilot)
        await pilot.press("i")
        request = SlowInspection.made.pop()
        while "/data/flowers" not in (shown := screen_text(pilot.app)):
            await pilot.pause()
        assert request.chosen.data == "digits"
        assert "layout      train/CLASS" in shown
        request.goes_on.set()
        shown = await settled(pilot)
        assert "twice" not in shown
        assert "6 more rows" in shown
        await pilot.press("end")
        shown = await settled(pilot)
        assert "no image occurs twice" in shown
        assert "/data/flowers" not in shown
        await pilot.press("i")
        assert isinstance(pilot.app.screen, Launcher)


@pytest.mark.parametrize(
    ("key", "name", "request_class"),
    [("a", "preview", SlowPreview), ("i", "inspection", SlowInspection)],
)
@pytest.mark.usefixtures("spawned")
async def test_leaving_the_dialog_ends_the_process_that_works_for_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    name: str,
    request_class: type[SlowPreview] | type[SlowInspection],
) -> None:
    monkeypatch.setattr(data_requests, name, request_class)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press(key, "escape")
        await settled(pilot)
        assert request_class.made.pop().cancelled
        assert isinstance(pilot.app.screen, Launcher)
        assert notes(pilot) == ""


async def test_what_cannot_be_inspected_is_said_in_the_dialog(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fails(SlowInspection):
        def answers(self) -> Iterator[survey.Message]:
            raise DataError("MNIST is not on this disk.")

    monkeypatch.setattr(data_requests, "inspection", Fails)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("i")
        assert "MNIST is not on this disk." in await settled(pilot)


def test_a_preview_is_an_engine_that_can_be_ended() -> None:
    request = data_requests.preview(Recipe())
    request.cancel()
    with pytest.raises(RunError):
        request.answer()


async def test_before_a_folder_is_chosen_there_is_no_command(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "y")
        shown = await settled(pilot)
        assert "no folder of images is chosen yet" in shown
        assert "cnn-tui --arch" not in shown
        assert pilot.app.clipboard == ""
        # The counts are those of the images of the stages.
        assert "Stages at 32×32" in shown
        assert "62k parameters   652k MAC" in shown


@pytest.mark.usefixtures("pets", "spawned")
async def test_fields_can_be_changed_before_the_folder_is_chosen(tmp_path: Path) -> None:
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "f", "up", "up", *"labels", "enter", "end")
        await pilot.press(*["backspace"] * 4, *"prefix")
        assert str(pilot.app.screen.query_one(".wrong", Label).render()) == ""
        await pilot.press("enter", "enter")
        await settled(pilot)
        await pilot.press("enter", *"pets", "enter")
        await settled(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard.endswith(
            "/pets --recipe quick --set labels=prefix --set batch=16"
        )
        await pilot.press("home", "y")
        assert pilot.app.clipboard == "cnn-tui --arch lenet5 --data digits --recipe quick"


async def test_the_mark_stands_on_the_run_that_was_watched(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 40)) as pilot:
        for number in (1, 2):
            await settled(pilot)
            await pilot.press("enter")
            await settled(pilot)
            await pilot.press("escape")
            assert re.search(rf"▸.* {number} lenet5-digits", await settled(pilot))


async def test_a_gpu_that_is_not_there_is_refused_before_anything_is_made(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was there when the list was made."""
    found = (events.Gpu(0, "Titan", False, 0.0, 0, 10_000_000_000, cuda=0),)
    monkeypatch.setattr(nvml, "gpus", lambda: found)
    async with launcher(tmp_path).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        pilot.app.screen.query_one("#device", Chooser).focus()
        await pilot.press("down")
        monkeypatch.setattr(nvml, "gpus", lambda: ())
        monkeypatch.setattr(device_request, "GPU_SIGNS", ())
        await pilot.press("enter")
        await settled(pilot)
        assert "cuda:0" in notes(pilot)
        assert isinstance(pilot.app.screen, Launcher)
    assert spawned == []
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("size", [(200, 60), (80, 24), (40, 10), (20, 6), (1, 1)])
async def test_any_size_draws(tmp_path: Path, spawned: list[Recipe], size: tuple[int, int]) -> None:
    async with launcher(tmp_path).run_test(size=size) as pilot:
        await settled(pilot)


def frame_colour(box: Chooser) -> Color | None:
    """The colour of what a box draws first; none where it is not seen."""
    inked = [segment.style for row in rows(box) for segment in row]
    return inked[0].color if inked and inked[0] is not None else None


async def test_the_box_that_has_the_focus_is_the_marked_one(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        for _ in range(5):
            await settled(pilot)
            boxes = pilot.app.screen.query(Chooser)
            colour = pilot.app.theme_variables["ink-selected"]
            marked = [box.id for box in boxes if frame_colour(box) == Style(color=colour).color]
            assert pilot.app.focused is not None
            assert marked == [pilot.app.focused.id]
            await pilot.press("tab")


async def test_a_gpu_is_chosen_by_the_number_that_torch_gives_it(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under CUDA_VISIBLE_DEVICES=2,0, which hides the middle one."""
    found = (
        events.Gpu(0, "Titan", False, 0.0, 0, 10_000_000_000, cuda=1),
        events.Gpu(1, "Quadro", False, 0.0, 0, 20_000_000_000),
        events.Gpu(2, "Tesla", False, 0.0, 0, 30_000_000_000, cuda=0),
    )
    monkeypatch.setattr(nvml, "gpus", lambda: found)
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    async with launcher(tmp_path).run_test(size=(100, 40)) as pilot:
        shown = await settled(pilot)
        assert re.search(r"cuda:0 +Tesla   30 GB free", shown)
        assert re.search(r"cuda:1 +Titan   10 GB free", shown)
        assert "Quadro" not in shown
        pilot.app.screen.query_one("#device", Chooser).focus()
        await pilot.press("down", "enter")
    assert [chosen.device for chosen in spawned] == ["cuda:0"]


async def test_no_gpu_is_named_where_the_user_has_cuda_order_them(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (events.Gpu(0, "Titan", False, 0.0, 0, 10_000_000_000, cuda=0),)
    monkeypatch.setattr(nvml, "gpus", lambda: found)
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    async with launcher(tmp_path).run_test(size=(100, 40)) as pilot:
        shown = await settled(pilot)
    assert "cuda:0" in shown
    assert "Titan" not in shown


async def test_on_leaving_it_says_which_of_the_runs_started_here_go_on(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    app = launcher(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("enter", "escape")
        await settled(pilot)
        await pilot.press("q")
    assert app.return_value == (
        "1-lenet5-digits goes on training; come back with: cnn-tui attach 1"
    )


async def test_the_same_is_not_said_twice_at_once(tmp_path: Path, spawned: list[Recipe]) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        for _ in range(2):
            pilot.app.notify("saved")
            pilot.app.notify("not running", severity="warning")
            await pilot.pause()
        brief, lasting = pilot.app._notifications
        assert (brief.message, lasting.message) == ("saved", "not running")
        assert brief.timeout < lasting.timeout


async def test_a_list_that_takes_long_to_read_is_read_once_at_a_time(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    reads, goes_on = [], threading.Event()
    found = run_search.labels(tmp_path / "runs")

    def slowly(folder: Path) -> list[str]:
        reads.append(folder)
        assert goes_on.wait(processes.TIMEOUT)
        return found

    monkeypatch.setattr(run_search, "labels", slowly)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        box = pilot.app.screen.query_one(RunsBox)
        for _ in range(3):
            box.read_runs()
        goes_on.set()
        assert "1 lenet5-digits" in await settled(pilot)
        assert len(reads) == 1
        box.read_runs()
        await settled(pilot)
        assert len(reads) == 2


@pytest.mark.parametrize("size", [(50, 16), (100, 30)])
async def test_where_the_last_run_is_gone_its_box_is_left(
    tmp_path: Path, spawned: list[Recipe], size: tuple[int, int]
) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    async with launcher(tmp_path).run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("shift+tab")
        focused = pilot.app.focused
        assert focused is not None
        assert focused.id == "runs"
        shutil.rmtree(run.path)
        pilot.app.screen.query_one(RunsBox).read_runs()
        await settled(pilot)
        focused = pilot.app.focused
        assert focused is not None
        assert focused.id == "arch"


async def test_the_runs_are_filtered_and_ordered_where_they_have_the_focus(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    for name in ("1-zebra", "2-mole", "3-ant"):
        scripted.run_dir(tmp_path / "runs", scripted.half_a_run(), name)
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("shift+tab", "o", "o")
        shown = await settled(pilot)
        assert shown.index("ant ") < shown.index("mole ") < shown.index("zebra ")
        await pilot.press("slash", *"mole")
        shown = await settled(pilot)
        assert "/mole   1 of 3" in shown
        assert "zebra" not in shown
        assert "lenet5 " in shown, "the other lists are as they were"
        await pilot.press(*"xx", "enter")
        assert "/molexx   0 of 3" in await settled(pilot)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Launcher)
    assert spawned == [], "no run was chosen, and none is started"


async def test_a_filter_that_no_data_set_matches_leaves_the_choice(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "slash", *"mnist", "enter")
        shown = await settled(pilot)
        assert "--data mnist" in shown
        await pilot.press("slash", *"xx", "enter", "o")
        assert "--data mnist" in await settled(pilot)
        assert notes(pilot) == "this list has one order"


async def test_a_failed_run_says_why(tmp_path: Path, spawned: list[Recipe]) -> None:
    why = events.RunEnded("failed", error="the GPU has no free memory: use a smaller batch.")
    scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), why], "1-first")
    async with launcher(tmp_path).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "╰─ the GPU has no free memory: use a smaller batch. " in await settled(pilot)
    async with launcher(tmp_path).run_test(size=(160, 45)) as pilot:
        [row] = [row for row in (await settled(pilot)).splitlines() if "1 first" in row]
        assert "the GPU has no free memory" in row


async def test_a_filter_that_is_erased_leaves_the_choice(tmp_path: Path) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("down", "slash", *"dense", *["backspace"] * 5, "enter")
        assert "▸ alexnet " in await settled(pilot)


async def test_fields_are_those_of_a_choice(tmp_path: Path) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"zzz", "enter", "f")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Launcher)
        assert notes(pilot) == "no architecture matches the filter: press / to change it."


# Until keys that came back have arrived: some of a few things that happen one after the other.
MANY_PAUSES = 50


@pytest.mark.parametrize("bursts", [["/resnet50"], ["/", "resnet50"], ["/re", "snet50"]])
async def test_keys_that_arrive_at_once_go_to_the_box_that_the_first_one_opens(
    tmp_path: Path, bursts: list[str]
) -> None:
    """As over a slow line; later ones do not overtake them."""
    async with launcher(tmp_path).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        for burst in bursts:
            send(pilot, burst)
            await asyncio.sleep(0)
        written = pilot.app.screen.query(Input)
        for _ in range(MANY_PAUSES):
            written = pilot.app.screen.query(Input)
            if written and len(written.first().value) == len("resnet50"):
                break
            await pilot.pause()
        assert written.first().value == "resnet50"


async def test_arrows_and_enter_that_arrive_at_once_start_what_the_arrows_chose(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        send(pilot, "\x1b[B\x1b[B\r")
        for _ in range(MANY_PAUSES):
            await pilot.pause()
    assert [chosen.arch for chosen in spawned] == ["vgg11"]


async def test_tab_completes_the_path_of_a_folder_and_arrows_bring_it_back(
    tmp_path: Path, spawned: list[Recipe]
) -> None:
    from PIL import Image

    for name in ("cat", "dog"):
        (tmp_path / "photos-of-pets" / name).mkdir(parents=True)
        for i in range(5):
            Image.new("RGB", (32, 32)).save(tmp_path / "photos-of-pets" / name / f"{i}.png")
    (tmp_path / "photos-old").mkdir()
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "enter", "p", "tab")
        assert "photos-of-pets  photos-old" in await settled(pilot)
        await pilot.press("f", "tab")
        await settled(pilot)
        assert pilot.app.screen.query_one(Input).value == "photos-of-pets/"
        await pilot.press("enter")
        assert "lenet5-photos-of-pets" in await settled(pilot)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "enter", "x", "up", "up")
        field = pilot.app.screen.query_one(Input)
        assert field.value == str(tmp_path / "photos-of-pets")
        await pilot.press("down")
        assert field.value == "x"


async def test_folders_of_images_here_are_offered_before_the_published_sets(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(5):
            Image.new("RGB", (32, 32)).save(tmp_path / "pets" / name / f"{i}.png")
    async with launcher(tmp_path / "runs").run_test(size=(100, 30)) as pilot:
        before = await settled(pilot)
        assert before.index("pets") < before.index("digits  ")
        await pilot.press("tab", "home")
        assert "press Enter to read the images in pets." in await settled(pilot)
        await pilot.press("enter")
        after = await settled(pilot)
        assert "batch 16" in after
        assert [line for line in after.splitlines() if "pets  " in line and "2 classes" in line]
        assert after.index("2 classes") < after.index("digits  ")
        await pilot.press("enter")
        await settled(pilot)
    assert [(recipe.data, recipe.batch) for recipe in spawned] == [(str(tmp_path / "pets"), 16)]


@pytest.mark.parametrize(
    ("key", "name", "request_class"),
    [("a", "preview", SlowPreview), ("i", "inspection", SlowInspection)],
)
async def test_a_folder_that_is_shown_is_read_before(
    tmp_path: Path,
    spawned: list[Recipe],
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    name: str,
    request_class: type[SlowPreview] | type[SlowInspection],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data_requests, name, request_class)
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for i in range(5):
            Image.new("RGB", (32, 32)).save(tmp_path / "pets" / label / f"{i}.png")
    async with launcher(tmp_path / "runs").run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "home", "f")
        assert "for now: what is not changed here follows the images" in await settled(pilot)
        await pilot.press("escape", key)
        while not request_class.made:
            await pilot.pause()
        request = request_class.made.pop()
        assert (request.chosen.data, request.chosen.batch) == (str(tmp_path / "pets"), 16)
        request.goes_on.set()
        await settled(pilot)
        assert notes(pilot) == ""
        await pilot.press("escape", "f")
        assert "for now" not in await settled(pilot)
    assert spawned == []


async def test_escape_leaves_a_folder_that_is_still_looked_into(
    tmp_path: Path, spawned: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, found = threading.Event(), threading.Event()

    def slow(path: str, new: NewRun, setting: str) -> ImageFolder:
        asked.set()
        assert found.wait(processes.TIMEOUT)
        return ImageFolder(path, 10, CIFAR10)

    monkeypatch.setattr(folder_dialog, "look_into", slow)
    async with launcher(tmp_path).run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "end", "enter", *"pets", "enter")
        await asyncio.to_thread(asked.wait, processes.TIMEOUT)
        await pilot.press("escape")
        found.set()
        assert "no folder of images is chosen yet" in await settled(pilot)
        assert isinstance(pilot.app.screen, Launcher)


@pytest.mark.parametrize(("height", "rows"), [(24, 2), (30, 4), (40, 9), (60, 19)])
def test_the_runs_use_the_height_that_is_there(height: int, rows: int) -> None:
    assert box_layout.most_rows(100, height)["runs"] == rows
