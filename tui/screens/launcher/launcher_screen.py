"""The launcher's screen: choose a run and start it with one Enter, or attach to one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import var
from textual.worker import Worker, get_current_worker

from engine.catalog import datasets
from engine.errors import EngineError
from engine.protocol import events
from engine.protocol.requests import InspectData
from engine.recipes import equivalent_command
from engine.recipes.recipe import PHOTOGRAPH, Recipe
from engine.run.run_paths import RunDir
from engine.start import data_requests, device_request, launch, recipe_resolution
from engine.start.engine_request import EngineRequest
from tui import shared_text
from tui.screens import screen_text
from tui.screens.head_row import HeadRow
from tui.screens.launcher import launcher_text
from tui.screens.launcher.architecture_box import ArchitectureBox, StagesBox
from tui.screens.launcher.box_layout import BOXES, box_layout, neighbour
from tui.screens.launcher.data_box import DataBox
from tui.screens.launcher.device_box import DeviceBox
from tui.screens.launcher.engine_starter import EngineStarter
from tui.screens.launcher.folder_search import image_folders
from tui.screens.launcher.new_run import ImageFolder, NewRun
from tui.screens.launcher.outer_rows import KeysRow, PlanRows
from tui.screens.launcher.recipe_box import RecipeBox
from tui.screens.launcher.runs_box import RunsBox
from tui.screens.started_runs import StartedRuns
from tui.terminal.fine_screen import FineScreen
from tui.viewer.run_index import RunIndex
from tui.widgets.chooser import Chooser

if TYPE_CHECKING:
    from engine.data.survey.survey import Message
    from tui.screens.augmented import AugmentedScreen
    from tui.screens.launcher.survey_screen import SurveyScreen

# How long the note of an error stays.
ERROR_SECONDS = 10


class Launcher(FineScreen[None]):
    """Chooses architecture, data, recipe and device; shows the command line that does the same."""

    CSS_PATH = "launcher.tcss"
    AUTO_FOCUS = ""  # the first box lists the runs and may be empty
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", launcher_text.START),
        Binding("f", "fields", launcher_text.CHANGE_FIELDS),
        Binding("a", "augmented", screen_text.SHOW_AUGMENTED),
        Binding("i", "inspect", launcher_text.INSPECT),
        Binding("y", "copy", launcher_text.COPY),
        Binding("r", "runs", launcher_text.ALL_RUNS),
        Binding("w", "race", launcher_text.SHOW_RACE),
        Binding("slash", "filter", shared_text.FILTER),
        Binding("o", "order", launcher_text.ORDER),
        Binding("tab", "next_box(1)", launcher_text.NEXT_BOX, show=False),
        Binding("shift+tab", "next_box(-1)", launcher_text.PREVIOUS_BOX, show=False),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        Binding("q,ctrl+c", "leave", launcher_text.QUIT),
    ]

    new_run: var[NewRun] = var(NewRun())
    """The choices in the lists."""

    def __init__(self, runs_dir: Path, data_dir: str) -> None:
        super().__init__()
        self._runs_dir, self._index = runs_dir, RunIndex(runs_dir)
        self.set_reactive(Launcher.new_run, NewRun.default(data_dir))
        self._starter = EngineStarter(runs_dir)
        self._preparing: Worker[None] | None = None
        self._started_here = StartedRuns()
        self._box = "arch"
        # What stands there until the user chooses; afterwards empty.
        self._first_arch = self.new_run.arch

    def compose(self) -> ComposeResult:
        new = self.new_run
        yield HeadRow(self._runs_dir, id="head")
        yield RunsBox(self._runs_dir, self._index, id="runs")
        with Horizontal(id="middle"):
            with Vertical(id="models"):
                yield ArchitectureBox(id="arch", chosen=new.arch).data_bind(Launcher.new_run)
                yield StagesBox(id="details").data_bind(Launcher.new_run)
            with Vertical(id="side"):
                yield DataBox(id="data", chosen=new.data).data_bind(Launcher.new_run)
                yield RecipeBox(id="recipe").data_bind(Launcher.new_run)
        yield DeviceBox(id="device")
        yield PlanRows(id="plan").data_bind(Launcher.new_run)
        yield KeysRow(id="keys")

    def on_mount(self) -> None:
        for name in ("arch", "data", "recipe", "device"):
            self.watch(self._chooser(name), "chosen", self._take_choices, init=False)
        self.watch(self.query_one(RunsBox), "chosen", self._offer_race, init=False)
        self._search_folders()
        self._take_choices()
        self._arrange()
        self._chooser(self._box).focus()

    @work(thread=True, group="search")
    def _search_folders(self) -> None:
        """Offer the folders of images here, beside the runs, and where data sets are searched."""
        worker = get_current_worker()
        searched = datasets.data_folders(self.new_run.data_dir)
        places = [Path.cwd(), self._runs_dir.absolute().parent, *searched]
        found = image_folders(places, lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.app.call_from_thread(setattr, self.query_one(DataBox), "found", found)

    def _chooser(self, name: str) -> Chooser:
        return self.query_one(f"#{name}", Chooser)

    def _take_choices(self) -> None:
        self.new_run = replace(
            self.new_run.with_data(self._chooser("data").chosen),
            arch=self._chooser("arch").chosen,
            preset=self._chooser("recipe").chosen,
            device=self._chooser("device").chosen,
        )

    # The boxes

    @property
    def _filled(self) -> list[str]:
        """The boxes that have rows: only the box of the runs may have none."""
        runs = self._chooser("runs")
        return [name for name in BOXES if name != "runs" or len(runs) or runs.wanted]

    def _arrange(self) -> None:
        """Show the boxes, and the rows around them, that fit."""
        if self._box not in self._filled:  # the last run is gone
            self._box = "arch"
            self._chooser("arch").focus()
        width, height = self.app.size
        layout = box_layout(width, height, self._filled, self._box)
        for name in BOXES:
            self._chooser(name).display = name in layout.titles
        for name, title in layout.titles.items():
            self._chooser(name).entitle(title)
        for name in ("runs", "device"):
            box, most = self._chooser(name), layout.most_rows.get(name)
            box.styles.height = max(1, min(len(box), most)) + 2 if most else "1fr"
        for column, boxes in (("models", {"arch"}), ("side", {"data", "recipe"})):
            self.query_one(f"#{column}").display = not boxes.isdisjoint(layout.titles)
        self.query_one("#middle").display = not {"arch", "data", "recipe"}.isdisjoint(layout.titles)
        self.query_one("#details").display = layout.stages
        self.query_one("#head").display = layout.head
        self.query_one("#plan").display = layout.plan

    def action_next_box(self, steps: int) -> None:
        self._box = neighbour(self._filled, self._box, steps)
        self._arrange()
        self._chooser(self._box).focus()

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, Chooser):
            self._box = str(self.focused.id)
        self.query_one(KeysRow).attaches = isinstance(self.focused, RunsBox)
        self._offer_race()
        self._prepare()

    def on_resize(self) -> None:
        self._arrange()

    def _offer_race(self) -> None:
        self.query_one(KeysRow).races = bool(self.query_one(RunsBox).race)

    def on_runs_box_listed(self) -> None:
        self._arrange()
        self._offer_race()
        self._prepare()

    def on_runs_box_unreadable(self, message: RunsBox.Unreadable) -> None:
        self._complain(message.why)

    def on_screen_resume(self) -> None:
        self.query_one(RunsBox).read_runs()

    # Starting and attaching

    def _prepare(self) -> None:
        """Prepare the next start while Enter would start a run."""
        waits = self._preparing is None or self._preparing.is_finished
        if self.is_current and self._box != "runs" and waits and not self._starter.is_ready:
            self._preparing = self._prepare_in_thread()

    @work(thread=True, group="prepare")
    def _prepare_in_thread(self) -> None:
        self._starter.prepare()

    def on_unmount(self) -> None:
        self._starter.close()

    def action_start(self) -> None:
        runs = self.query_one(RunsBox)
        if self._box == "runs":
            if len(runs):
                self._watch(runs.run, started=False)
        elif self.new_run.wants_folder:
            self._read_folder(self._take_folder)
        elif chosen := self._plan():
            self._start(chosen)

    def _read_folder(self, take: Callable[[ImageFolder | None], None]) -> None:
        from tui.screens.launcher.folder_dialog import FolderDialog

        self.app.push_screen(FolderDialog(self.new_run), take)

    def _with_plan(self, act: Callable[[Recipe], None]) -> None:
        """Act on the recipe of the new run; a folder that is not read yet is read before."""

        def go_on(folder: ImageFolder | None) -> None:
            self._take_folder(folder)
            if folder is not None:
                self._with_plan(act)

        if self.new_run.wants_folder:
            self._read_folder(go_on)
        elif chosen := self._plan():
            act(chosen)

    def _plan(self) -> Recipe | None:
        """The recipe of the new run; if there is none, a note says why."""
        return self._recipe_or_note(self.new_run.plan)

    def _recipe_or_note(self, plan: Recipe | str) -> Recipe | None:
        if isinstance(plan, Recipe):
            return plan
        self._complain(plan)
        return None

    def _start(self, chosen: Recipe) -> None:
        try:
            chosen = recipe_resolution.with_sources(chosen, self._runs_dir)
            recipe_resolution.check_data(chosen)
            device_request.check_device(chosen.device)
            claim = launch.create(chosen, self._runs_dir)
            self._starter.start(claim, chosen)
        except EngineError as error:
            self._complain(str(error))
            return
        self._started_here.add(claim.run)
        self._watch(claim.run, started=True)

    def _watch(self, run: RunDir, *, started: bool) -> None:
        from tui.screens.dashboard import Dashboard
        from tui.viewer.run_follower import RunFollower

        self.query_one(RunsBox).mark(run)
        source = RunFollower(run, time.time() if started else None)
        self.app.push_screen(Dashboard(source, started=started, below=True))

    def _complain(self, sentence: str) -> None:
        self.notify(sentence, severity="error", timeout=ERROR_SECONDS, markup=False)

    # Dialogs

    def _take_folder(self, folder: ImageFolder | None) -> None:
        if folder is not None:
            self.new_run = self.new_run.with_folder(folder)
            self._choose_architecture(folder)

    def _choose_architecture(self, folder: ImageFolder) -> None:
        """Choose the default for photographs, if the user has not chosen another one yet."""
        box = self._chooser("arch")
        if box.chosen == self._first_arch and folder.seen.shorter_side >= PHOTOGRAPH:
            box.chosen = str(recipe_resolution.default_fields({"data": folder.path})["arch"])
        self._first_arch = ""

    def action_fields(self) -> None:
        if chosen := self._recipe_or_note(self.new_run.draft):
            from tui.screens.launcher.fields_dialog import FieldsDialog

            new = self.new_run
            note = launcher_text.FIELDS_UNREAD if new.wants_folder else ""
            dialog = FieldsDialog(chosen, new.fields, new.draft_with, note)
            self.app.push_screen(dialog, self._take_fields)

    def _take_fields(self, fields: Mapping[str, object] | None) -> None:
        if fields is not None:
            self.new_run = replace(self.new_run, fields=fields)

    def action_filter(self) -> None:
        from tui.screens.filter_dialog import filter_list

        filter_list(self.app, launcher_text.BOX_TITLES[self._box], self._chooser(self._box))

    def action_order(self) -> None:
        if not self._chooser(self._box).next_order():
            self.notify(launcher_text.ONE_ORDER)

    def action_augmented(self) -> None:
        self._with_plan(self._show_augmented)

    def _show_augmented(self, chosen: Recipe) -> None:
        from tui.screens.augmented import AugmentedScreen

        request = data_requests.preview(chosen)
        dialog = AugmentedScreen(launcher_text.LOADING_IMAGES)
        self.app.push_screen(dialog, lambda _: request.cancel())
        self._preview(request, dialog)

    @work(thread=True, group="preview")
    def _preview(self, request: EngineRequest[events.Augmented], dialog: AugmentedScreen) -> None:
        """Wait for the images that the dialog shows."""
        reply: events.Event
        try:
            reply = request.answer()
        except EngineError as error:
            reply = events.Alert("warning", "preview", str(error))
        self.app.call_from_thread(dialog.receive, reply)

    def action_inspect(self) -> None:
        """Say what the chosen data set holds."""
        self._with_plan(self._show_survey)

    def _show_survey(self, chosen: Recipe) -> None:
        from tui.screens.launcher.survey_screen import SurveyScreen

        request = data_requests.inspection(InspectData(recipe=chosen))
        dialog = SurveyScreen(request)
        self.app.push_screen(dialog)
        self._inspect(request, dialog)

    @work(thread=True, group="inspect")
    def _inspect(self, request: EngineRequest[Message], dialog: SurveyScreen) -> None:
        """Hand what is found to the dialog as it comes."""
        try:
            for message in request.answers():
                self.app.call_from_thread(dialog.receive, message)
        except EngineError as error:
            self.app.call_from_thread(dialog.complain, str(error))

    def action_runs(self) -> None:
        from tui.screens.runs.runs_screen import RunsScreen

        self.app.push_screen(RunsScreen(self._runs_dir, self._started_here, self._index))

    def action_race(self) -> None:
        self._find_race(self.query_one(RunsBox).race)

    @work(thread=True, exclusive=True, group="race")
    def _find_race(self, label: str) -> None:
        from engine.racing import race_file

        try:
            found = label or next(iter(race_file.labels(self._runs_dir)), "")
        except EngineError as error:
            self.app.call_from_thread(self._complain, str(error))
        else:
            self.app.call_from_thread(self._show_race, found)

    def _show_race(self, label: str) -> None:
        from tui.screens.race.race_screen import RaceScreen

        if label:
            self.app.push_screen(RaceScreen(self._runs_dir, label))
        else:
            self.notify(launcher_text.NO_RACE, markup=False)

    def action_copy(self) -> None:
        self._with_plan(self._copy)

    def _copy(self, chosen: Recipe) -> None:
        self.app.copy_to_clipboard(equivalent_command.of(chosen))
        self.notify(launcher_text.COPIED)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    @property
    def farewell(self) -> str:
        """The runs started here that live on."""
        return self._started_here.farewell
