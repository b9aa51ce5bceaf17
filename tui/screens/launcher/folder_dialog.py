"""The dialog that asks for a folder of images and reads some of them."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label
from textual.worker import get_current_worker

from engine.catalog.data_shape import DataShape
from engine.data.inventory.data_inventory import inventory_of
from engine.data.reading.format_choice import common_format, sample_headers
from engine.errors import EngineError
from engine.recipes.recipe import Recipe
from engine.start import recipe_resolution
from tui.screens.launcher import known_folders, launcher_text
from tui.screens.launcher.new_run import ImageFolder
from tui.screens.launcher.path_completion import Completion, completed
from tui.widgets.forms import FormDialog


class FolderDialog(FormDialog[ImageFolder]):
    """Asks for the path of a folder of images; stays open until the folder can be trained on.

    Tab completes the path, and the arrows bring back folders that were used before.
    """

    DEFAULT_CSS = """
    FolderDialog .hint { color: $ink-dim; width: 100%; height: auto; max-height: 4; padding: 0 1; }
    """
    TITLE, SUB_TITLE = launcher_text.FOLDER_TITLE, launcher_text.FOLDER_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False),
        Binding("up", "earlier(1)", show=False),
        Binding("down", "earlier(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        # What the arrows show: what was written first, then the known folders, newest first.
        self._earlier = ["", *known_folders.known()]
        self._at = 0

    def inside(self) -> ComposeResult:
        yield Input(placeholder=launcher_text.FOLDER_EXAMPLE)
        yield Label(launcher_text.FOLDER_HINT, classes="hint", markup=False)
        yield self.complaint()

    def action_complete(self) -> None:
        self._complete(self.query_one(Input).value)

    @work(thread=True, exclusive=True, group="completion")
    def _complete(self, written: str) -> None:
        """Read the folder in a thread: one on the network takes a while."""
        self.app.call_from_thread(self._take_completion, written, completed(written))

    def _take_completion(self, written: str, found: Completion) -> None:
        """Write the longer path, and list what it may become, unless other text was typed since."""
        if not self.is_attached or self.query_one(Input).value != written:
            return
        self._write(found.path)
        several = found.names if len(found.names) > 1 else []
        hint = "  ".join(several) or launcher_text.FOLDER_HINT
        self.query_one(".hint", Label).update(self.plain(hint))

    def action_earlier(self, folders: int) -> None:
        """Write the folder that was used this many before, or after if negative."""
        if self._at == 0:
            self._earlier[0] = self.query_one(Input).value
        self._at = max(0, min(self._at + folders, len(self._earlier) - 1))
        self._write(self._earlier[self._at])

    def _write(self, path: str) -> None:
        field = self.query_one(Input)
        field.value = path
        field.cursor_position = len(path)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if path := event.value.strip():
            self.complain("")
            self._look_into(path)
        else:
            self.dismiss()

    @work(thread=True, exclusive=True)
    def _look_into(self, path: str) -> None:
        """Read the folder in a thread: a large one, or one on the network, takes a while."""
        worker = get_current_worker()
        found: ImageFolder | str
        try:
            found = image_folder(path)
        except EngineError as error:
            found = str(error)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._answer, found)

    def _answer(self, found: ImageFolder | str) -> None:
        """Return the folder, or show why it cannot be trained on; after Escape, do nothing."""
        if not self.is_current:
            return
        if isinstance(found, str):
            self.complain(found)
        else:
            known_folders.remember(found.path)
            self.dismiss(found)


def image_folder(path: str) -> ImageFolder:
    """The folder, with the common size and colours of a sample of its images.

    Raises DataError if the folder does not exist or cannot be trained on.
    """
    absolute = recipe_resolution.resolve_data(path if "/" in path else f"./{path}")
    found = inventory_of(Recipe(data=absolute))
    form, classes = common_format(sample_headers(found.images), "auto"), len(found.classes)
    shape = DataShape(form.channels, form.size, classes)
    return ImageFolder(absolute, len(found.images), shape)
