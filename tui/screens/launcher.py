"""The launcher: live and recent runs, and the choice of a new one; one Enter starts it."""

from __future__ import annotations

import socket
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from engine.catalog import datasets
from engine.catalog.architectures import ARCHITECTURES
from engine.data.folders.image_folder import scan
from engine.errors import EngineError
from engine.machine import cgroups, gpu_numbering, hardware
from engine.protocol import events
from engine.recipes import recipe
from engine.recipes.presets import PRESETS
from engine.recipes.recipe import Recipe
from engine.run import rundir
from engine.run.rundir import RunDir
from engine.start import launch, recipe_resolution
from engine.text import harmless, si, size
from tui import text
from tui.drawing import architecture_list, cells
from tui.drawing.cells import Span
from tui.drawing.dataset_availability import availability
from tui.drawing.frame import fitting
from tui.drawing.plain import spelled
from tui.drawing.table import Column
from tui.screens import equivalent_command, launcher_boxes, launcher_text
from tui.screens.launcher_boxes import BOXES
from tui.viewer.run_list import run_columns
from tui.viewer.run_summary import Summaries, Summary
from tui.widgets.chooser import Chooser
from tui.widgets.drawn import is_ascii
from tui.widgets.strips import MORE, keys_row
from tui.widgets.text_rows import Details, Lines

RECENT_RUNS = 20
LIVE = ("live", "paused")
# The fewest and the most rows of what is chosen, as a command line or as what is wrong with it.
PLAN_ROWS = 2, 4
FOLDER = "folder"
# Fields of a recipe, by whose names people know them.
AUGMENTATIONS = (
    *("crop", "flip", "rotate", "rot90", "shift", "zoom", "shear", "brightness", "contrast"),
    *("saturation", "hue", "cutout", "erasing", "mixup", "cutmix"),
)
REFRESH_SECONDS = 2.0


class FolderRow(NamedTuple):
    """A folder of images in the list of data sets: images, size, classes, and their shape."""

    images: str
    size: str
    classes: str
    shape: architecture_list.InputShape


class Launcher(Screen[None]):
    """Chooses architecture, data, recipe and device; knows the command line that does the same."""

    CSS_PATH = "launcher.tcss"
    AUTO_FOCUS = ""  # the first of all boxes would be the empty one of runs
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", launcher_text.START),
        Binding("f", "fields", launcher_text.CHANGE_FIELDS),
        Binding("a", "augmented", launcher_text.SHOW_AUGMENTED),
        Binding("y", "copy", launcher_text.COPY),
        Binding("slash", "filter", launcher_text.FILTER),
        Binding("o", "order", launcher_text.ORDER),
        Binding("tab", "next_box(1)", launcher_text.NEXT_BOX, show=False),
        Binding("shift+tab", "next_box(-1)", launcher_text.PREVIOUS_BOX, show=False),
        Binding("question_mark", "help", launcher_text.LIST_KEYS),
        Binding("q,ctrl+c", "quit", launcher_text.QUIT),
    ]

    def __init__(self, runs_dir: Path, data_dir: str) -> None:
        super().__init__()
        self._runs_dir, self._data_dir = runs_dir, data_dir
        self._runs: dict[str, Summary] = {}
        self._summaries = Summaries()
        self._fields: dict[str, object] = {}
        self._folder, self._folder_row = "", FolderRow("", "", "", architecture_list.shape_of(None))
        self._begun: list[RunDir] = []
        self._order, self._filter = text.BY_FAMILY, ""
        self._box, self._watched = "arch", ""
        self._recipe: Recipe | None = None
        self._error = ""

    def compose(self) -> ComposeResult:
        yield Lines(id="head")
        yield Chooser(id="runs")
        with Horizontal(id="middle"):
            with Vertical(id="models"):
                yield Chooser(id="arch", heading=True)
                yield Details(id="details")
            with Vertical(id="side"):
                yield Chooser(id="data")
                yield Chooser(id="recipe")
        yield Chooser(id="device")
        yield Lines(id="plan")
        yield Lines(id="keys")

    def on_mount(self) -> None:
        defaults = recipe_resolution.defaults(
            {"data_dir": self._data_dir} if self._data_dir else {}
        )
        self._fill_data(str(defaults["data"]))
        self._fill_architectures(str(defaults["arch"]))
        self._fill_devices()
        self._fill_recipes()
        self._arrange()
        self._chooser(self._box).focus()
        self._say_head()
        self._rebuild()
        self.read_runs()
        self.set_interval(REFRESH_SECONDS, self.read_runs)

    def _chooser(self, name: str) -> Chooser:
        return self.query_one(f"#{name}", Chooser)

    # What there is

    def _fill_architectures(self, chosen: str = "") -> None:
        found = architecture_list.listed(self._order, self._filter)
        facts = launcher_text.arch_facts(self._order, self._filter, len(found), len(ARCHITECTURES))
        columns = architecture_list.columns(found, self._shape) if found else []
        self._chooser("arch").fill([a.key for a in found], columns, chosen=chosen, facts=facts)

    @property
    def _shape(self) -> architecture_list.InputShape:
        if self._on_folder:
            return self._folder_row.shape
        return architecture_list.shape_of(datasets.DATA.get(self._chooser("data").chosen))

    def _fill_data(self, chosen: str) -> None:
        known = list(datasets.DATA.values())
        folder = Path(self._folder).name or launcher_text.FOLDER_ENTRY
        columns = [
            Column("", [*(d.key for d in known), harmless(folder)]),
            Column(
                "",
                [*(si(d.train_images + d.test_images) for d in known), self._folder_row.images],
                2,
                right=True,
            ),
            Column("", [*(f"{d.size}×{d.size}" for d in known), self._folder_row.size], 3),
            Column(
                "",
                [*(availability(d, self._data_dir) for d in known), self._folder_row.classes],
                1,
            ),
        ]
        self._chooser("data").fill([*(d.key for d in known), FOLDER], columns, chosen=chosen)

    def _fill_devices(self) -> None:
        gpus = hardware.usable_gpus()
        keys = ["auto", *(f"cuda:{gpu.cuda}" for gpu in gpus), "cpu"]
        names = [
            launcher_text.DEVICE_AUTO if gpus else launcher_text.DEVICE_AUTO_CPU,
            *(_described(gpu) for gpu in gpus),
            launcher_text.cores(cgroups.cores()),
        ]
        self._chooser("device").fill(keys, [Column("", keys), Column("", names)])

    def _fill_recipes(self) -> None:
        self._chooser("recipe").fill(
            list(PRESETS), [Column("", list(PRESETS))], facts=launcher_text.FIELDS
        )

    def _say_recipe(self) -> None:
        chosen = self._recipe
        if chosen is None:
            return
        augmented = [name for name in AUGMENTATIONS if getattr(chosen, name)]
        rows = (
            launcher_text.recipe_length(chosen.epochs, chosen.batch, chosen.seed),
            launcher_text.recipe_rate(chosen.lr, text.SCHEDULES[chosen.schedule], chosen.optimizer),
            launcher_text.recipe_augmentation(augmented),
        )
        self._chooser("recipe").note(PRESETS[chosen.preset])
        self._chooser("recipe").tell(*(cells.row(Span(f"   {row}", "dim")) for row in rows))

    @work(thread=True, exclusive=True)
    def read_runs(self) -> None:
        """Fold the newest journals beside the interface, for some may be long."""
        if not self.is_current:
            return
        try:
            found = [self._summaries.of(run) for run in rundir.runs(self._runs_dir)[:RECENT_RUNS]]
        except EngineError as error:
            self.app.call_from_thread(self._complain, str(error))
            return
        live = sorted(found, key=lambda run: run.state not in LIVE)
        self.app.call_from_thread(self._show_runs, live)

    def _show_runs(self, runs: list[Summary]) -> None:
        chooser = self._chooser("runs")
        self._runs = {run.path: run for run in runs}
        if runs:
            chosen = self._watched if self._watched in self._runs else ""
            facts = self._spelled(launcher_text.ATTACH_HINT)
            chooser.fill(list(self._runs), run_columns(runs), chosen=chosen, facts=facts)
            self._watched = ""
        self._arrange()
        self._say_keys()

    # Where it stands

    @property
    def _filled(self) -> list[str]:
        return [name for name in BOXES if name != "runs" or self._runs]

    def _arrange(self) -> None:
        """Show all boxes, or the one in use alone where there is no room for more."""
        if self._box not in self._filled:  # the last run is gone
            self._box = "arch"
            self._chooser(self._box).focus()
        width, height = self.app.size
        most = launcher_boxes.most_rows(width, height)
        shown = self._filled if most else [self._box]
        for name in BOXES:
            self._chooser(name).display = name in shown
        for name in shown:
            title = (
                launcher_boxes.title(name)
                if most
                else launcher_boxes.tabbed(self._filled, name, width)
            )
            self._chooser(name).entitle(title)
        for name in ("runs", "device"):
            box = self._chooser(name)
            box.styles.height = max(1, min(len(box), most[name])) + 2 if most else "1fr"
        self.query_one("#middle").display = not {"arch", "data", "recipe"}.isdisjoint(shown)
        self.query_one("#models").display = "arch" in shown
        self.query_one("#side").display = not {"data", "recipe"}.isdisjoint(shown)
        self.query_one("#details").display = bool(most) and height >= launcher_boxes.DETAILED
        self.query_one("#head").display = height >= launcher_boxes.HEADED
        self.query_one("#plan").display = height >= launcher_boxes.PLANNED

    def action_next_box(self, places: int) -> None:
        self._box = launcher_boxes.further(self._filled, self._box, places)
        self._arrange()
        self._chooser(self._box).focus()

    # What is chosen

    def on_chooser_moved(self, message: Chooser.Moved) -> None:
        if message.chooser.id == "data":
            self._fill_architectures()
        if message.chooser.id in ("arch", "data", "recipe", "device"):
            self._rebuild()

    def _rebuild(self) -> None:
        """A recipe from what is chosen, or the sentence why there is none."""
        self._error = self._missing
        if not self._error:
            try:
                self._recipe = self._build()
            except EngineError as error:
                self._error = str(error)
        self._say_details()
        self._say_recipe()
        self._say_plan()

    def _say_details(self) -> None:
        chosen = ARCHITECTURES.get(self._chooser("arch").chosen)
        self._chooser("arch").note(chosen.new if chosen else launcher_text.NONE_FITS)
        rows = architecture_list.details(chosen, self._shape) if chosen else []
        self.query_one("#details", Details).say(*rows)

    @property
    def _missing(self) -> str:
        """What is still to be chosen, in a sentence, or nothing."""
        if not self._chooser("arch").chosen:
            return launcher_text.NONE_FITS
        return launcher_text.FOLDER_WANTED if self._on_folder and not self._folder else ""

    @property
    def _on_folder(self) -> bool:
        return self._chooser("data").chosen == FOLDER

    def _build(self) -> Recipe:
        data = self._folder or "digits" if self._on_folder else self._chooser("data").chosen
        flags: dict[str, object] = {
            "arch": self._chooser("arch").chosen,
            "data": data,
            "preset": self._chooser("recipe").chosen,
        }
        if self._data_dir:
            flags["data_dir"] = self._data_dir
        if (device := self._chooser("device").chosen) != "auto":
            flags["device"] = device
        return recipe.build(settings=self._fields, flags=flags)

    def _say_head(self) -> None:
        width, host = self.app.size.width, Span(f" · {socket.gethostname()}", "dim")
        left = cells.row(" ", Span(text.PROGRAM, "title"), host)
        place = cells.row(Span(f"{launcher_text.RUNS_IN} {harmless(str(self._runs_dir))} ", "dim"))
        place = fitting([place], width - cells.width(left) - 2)
        gap = " " * (width - cells.width(left) - cells.width(place))
        self.query_one("#head", Lines).say(cells.row(*left, gap, *place))

    def _say_plan(self) -> None:
        width = self.app.size.width
        if self._recipe is None or self._error:
            wrapped = textwrap.wrap(self._error, max(20, width - 2))
            lines = [cells.row(" ", Span(one, "warning")) for one in wrapped]
        else:
            name, command = launch.default_name(self._recipe), equivalent_command.of(self._recipe)
            lines = [
                cells.row(" ", Span(launcher_text.NEW_RUN, "dim"), f" {name}"),
                cells.shortened(cells.row(" ", Span(harmless(command), "rate")), width),
            ]
        plan = self.query_one("#plan", Lines)
        least, most = PLAN_ROWS
        plan.styles.height = max(least, min(len(lines), most))
        plan.say(*lines)

    def _complain(self, sentence: str) -> None:
        self.notify(sentence, severity="error", timeout=10, markup=False)

    def _say_keys(self) -> None:
        keys = (
            (
                "⏎",
                launcher_text.KEY_ATTACH
                if self._chooser("runs").has_focus
                else launcher_text.KEY_START,
            ),
            ("tab", launcher_text.KEY_NEXT_BOX),
            ("↑↓", launcher_text.KEY_CHOOSE),
            ("f", launcher_text.KEY_FIELDS),
            ("a", text.KEY_AUGMENTED),
            ("y", launcher_text.KEY_COPY),
            ("q", launcher_text.KEY_QUIT),
            ("?", text.KEY_HELP),
        )
        said = tuple((self._spelled(key), label) for key, label in keys)
        row = keys_row(said, self.app.size.width, self._spelled(MORE))
        self.query_one("#keys", Lines).say(row)

    def _spelled(self, keys: str) -> str:
        return spelled(keys) if is_ascii(self.app) else keys

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, Chooser):
            self._box = str(self.focused.id)
        self._say_keys()

    def on_resize(self) -> None:
        self._arrange()
        self._say_head()
        self._say_plan()
        self._say_keys()

    def on_screen_resume(self) -> None:
        self.read_runs()

    # What is done

    def action_start(self) -> None:
        if self._box == "runs" and self._runs:
            run = self._runs[self._chooser("runs").chosen]
            self._watch(RunDir(Path(run.path)), started=False)
        elif self._error == launcher_text.FOLDER_WANTED:
            from tui.widgets.forms import PathScreen

            self.app.push_screen(PathScreen(check=self._take_folder))
        elif self._error or self._recipe is None:
            self._complain(self._error)
        else:
            self._start(self._recipe)

    def _start(self, chosen: Recipe) -> None:
        try:
            recipe_resolution.check_data(chosen)
            launch.check_device(chosen.device)
            claim = launch.create(chosen, self._runs_dir)
            launch.spawn(claim, chosen)
        except EngineError as error:
            self._complain(str(error))
            return
        self._begun.append(claim.run)
        self._watch(claim.run, started=True)

    def _watch(self, run: RunDir, *, started: bool) -> None:
        from tui.screens.dashboard import Dashboard

        self._watched = str(run.path)
        self.app.push_screen(Dashboard(run, started=started, below=True))

    def _take_folder(self, path: str) -> str:
        """Train on this folder, if any; the sentence why it is none to train on, or nothing."""
        if path:
            try:
                folder = recipe_resolution.data(path if "/" in path else f"./{path}")
                self._folder, self._folder_row = folder, _seen(Path(folder))
            except EngineError as error:
                return str(error)
            self._fill_data(FOLDER)
            self._fill_architectures()
            self._rebuild()
        return ""

    def action_fields(self) -> None:
        if self._recipe is None or self._missing:
            self._complain(self._error)
        else:
            from tui.widgets.forms import FieldsScreen

            self.app.push_screen(FieldsScreen(self._recipe, self._check), self._take_fields)

    def _check(self, fields: Mapping[str, object]) -> str:
        """The sentence why these fields are not possible, or nothing."""
        before, self._fields = self._fields, dict(fields)
        try:
            self._build()
        except EngineError as error:
            return str(error)
        finally:
            self._fields = before
        return ""

    def _take_fields(self, fields: dict[str, object] | None) -> None:
        if fields is not None:
            self._fields = fields
            self._rebuild()

    def action_augmented(self) -> None:
        if self._recipe is None or self._error:
            self._complain(self._error)
        else:
            self.notify(launcher_text.LOADING_AUGMENTED)
            self._preview(self._recipe)

    @work(thread=True, exclusive=True, group="preview")
    def _preview(self, chosen: Recipe) -> None:
        """Ask an engine for some images; it takes the seconds that importing torch does."""
        try:
            shown = launch.preview(chosen)
        except EngineError as error:
            self.app.call_from_thread(self._complain, str(error))
            return
        self.app.call_from_thread(self._show_augmented, shown)

    def _show_augmented(self, shown: events.Augmented) -> None:
        from tui.screens.augmented import AugmentedScreen

        self.app.clear_notifications()  # that they are being loaded, which would lie over them
        self.app.push_screen(AugmentedScreen(shown))

    def action_filter(self) -> None:
        from tui.widgets.forms import FilterScreen

        before, chosen = self._filter, self._chooser("arch").chosen

        def keep(wanted: str | None) -> None:
            if wanted is None:
                self._list_those(before, chosen)

        def preview(wanted: str) -> None:
            self._list_those(wanted, chosen)

        self.app.push_screen(FilterScreen(before, preview), keep)

    def _list_those(self, wanted: str, chosen: str) -> None:
        """List the architectures that fit, and the chosen one among them if it does."""
        self._filter = wanted
        self._fill_architectures(chosen)
        self._rebuild()

    def action_order(self) -> None:
        orders = list(architecture_list.ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._fill_architectures()

    def action_copy(self) -> None:
        if self._recipe is None or self._error:
            self._complain(self._error)
        else:
            self.app.copy_to_clipboard(equivalent_command.of(self._recipe))
            self.notify(launcher_text.COPIED)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    def action_quit(self) -> None:
        """Leave, and say of the runs that were started here which go on."""
        live = (run for run in self._begun if rundir.alive(run))
        self.app.exit("\n".join(text.goes_on(run.label, rundir.selector(run)) for run in live))


def _described(gpu: events.Gpu) -> str:
    """Its name and free memory, as far as it is known which one has its number."""
    if not gpu_numbering.ordered_as_by_nvml():
        return launcher_text.DEVICE_UNKNOWN
    return f"{gpu.name}   {size(gpu.memory_total - gpu.memory_used)} free"


def _seen(path: Path) -> FolderRow:
    """What there is to say of a folder that was found to be one."""
    from engine.data.folders.format_choice import form_of, glimpses

    folder = scan(path)
    form, classes = form_of(glimpses(folder.files), "auto"), len(folder.classes)
    return FolderRow(
        si(len(folder.files)),
        f"{form.size}×{form.size}",
        text.classes(classes),
        architecture_list.InputShape(form.channels, form.size, classes),
    )
