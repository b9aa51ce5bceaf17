"""The dialog that asks for a folder of images and reads some of them."""

from __future__ import annotations

from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.widgets import Input
from textual.worker import get_current_worker

from engine.catalog.data_shape import DataShape
from engine.data.folders.format_choice import common_format, sample_headers
from engine.data.folders.image_folder import scan
from engine.errors import EngineError
from engine.start import recipe_resolution
from tui.screens.launcher import launcher_text
from tui.screens.launcher.new_run import ImageFolder
from tui.widgets.forms import FormDialog


class FolderDialog(FormDialog[ImageFolder]):
    """Asks for the path of a folder of images; stays open until the folder can be trained on."""

    TITLE, SUB_TITLE = launcher_text.FOLDER_TITLE, launcher_text.FOLDER_HINT

    def inside(self) -> ComposeResult:
        yield Input(placeholder=launcher_text.FOLDER_EXAMPLE)
        yield self.complaint()

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
            self.dismiss(found)


def image_folder(path: str) -> ImageFolder:
    """The folder, with the common size and colours of a sample of its images.

    Raises DataError if the folder does not exist or cannot be trained on.
    """
    absolute = recipe_resolution.resolve_data(path if "/" in path else f"./{path}")
    folder = scan(Path(absolute))
    form, classes = common_format(sample_headers(folder.files), "auto"), len(folder.classes)
    shape = DataShape(form.channels, form.size, classes)
    return ImageFolder(absolute, len(folder.files), shape)
