"""The dialog that asks for a folder of images and reads some of them."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from tui.screens.launcher import known_folders, launcher_text
from tui.screens.launcher.folder_reading import Proposal, Unusable, look_into
from tui.screens.launcher.new_run import ImageFolder, NewRun
from tui.screens.path_dialog import PathDialog


class FolderDialog(PathDialog[ImageFolder]):
    """Asks for the path of a folder of images; stays open until the folder can be trained on.

    Tab completes the path, and the arrows bring back folders that were used before. Where the
    folder needs a setting, the dialog proposes those that there are, and Enter takes one.
    """

    DEFAULT_CSS = """
    FolderDialog OptionList, FolderDialog OptionList:focus {
        height: auto; max-height: 8; border: none; padding: 0; margin-top: 1; display: none;
        background: $background; background-tint: $background 0%; scrollbar-size-vertical: 1;
    }
    FolderDialog OptionList.offered { display: block; }
    """
    TITLE, SUB_TITLE = launcher_text.FOLDER_TITLE, launcher_text.FOLDER_KEYS
    HINT = launcher_text.FOLDER_HINT
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "earlier(1)", show=False),
        Binding("down", "earlier(-1)", show=False),
    ]

    def __init__(self, new: NewRun) -> None:
        """Where a folder of `new` is not read yet, the dialog begins with reading it."""
        super().__init__()
        self._new, self._proposals = new, tuple[Proposal, ...]()
        # What the arrows show: what was written first, then the known folders, newest first.
        self._earlier = ["", *known_folders.known()]
        self._at = 0

    def inside(self) -> ComposeResult:
        yield from self.path_line(launcher_text.FOLDER_EXAMPLE)
        yield OptionList(markup=False)

    def on_mount(self) -> None:
        if path := self._new.offered:
            self.write(path)
            self._look_into(path)

    def action_earlier(self, folders: int) -> None:
        """Write the folder that was used this many before, or after if negative."""
        if self._at == 0:
            self._earlier[0] = self.query_one(Input).value
        self._at = max(0, min(self._at + folders, len(self._earlier) - 1))
        self.write(self._earlier[self._at])

    def on_input_changed(self) -> None:
        self._propose(())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if path := event.value.strip():
            self.complain("")
            self._look_into(path)
        else:
            self.dismiss()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._look_into(
            self.query_one(Input).value.strip(), self._proposals[event.option_index].setting
        )

    @work(thread=True, exclusive=True)
    def _look_into(self, path: str, setting: str = "") -> None:
        """Read the folder in a thread: a large one, or one on the network, takes a while."""
        worker = get_current_worker()
        found = look_into(path, self._new, setting)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._answer, path, found)

    def _answer(self, path: str, found: ImageFolder | Unusable) -> None:
        """Return the folder, or show why it cannot be trained on; after Escape, do nothing."""
        if not self.is_current:
            return
        if isinstance(found, ImageFolder):
            known_folders.remember(found.path)
            self.dismiss(found)
        elif self.query_one(Input).value.strip() == path:
            self.complain(self.plain(found.why))
            self._propose(found.proposals)

    def _propose(self, proposals: tuple[Proposal, ...]) -> None:
        """Offer these settings, or none; Enter takes the one that the arrows choose."""
        if proposals == self._proposals:
            return
        self._proposals = proposals
        choices = self.query_one(OptionList)
        choices.set_options(Option(self.plain(launcher_text.proposal(*p))) for p in proposals)
        choices.set_class(bool(proposals), "offered")
        if proposals:
            self.hint(launcher_text.FOLDER_CHOICE)
            choices.highlighted = 0
            choices.focus()
        else:
            self.hint(self.HINT)
