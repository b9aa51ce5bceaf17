"""The dialog that asks for a folder of images and reads some of them."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from tui.screens.launcher import known_folders, launcher_text
from tui.screens.launcher.folder_reading import Proposal, Unusable, look_into
from tui.screens.launcher.new_run import ImageFolder, NewRun
from tui.screens.launcher.path_completion import Completion, completed
from tui.widgets.forms import FormDialog


class FolderDialog(FormDialog[ImageFolder]):
    """Asks for the path of a folder of images; stays open until the folder can be trained on.

    Tab completes the path, and the arrows bring back folders that were used before. Where the
    folder needs a setting, the dialog proposes those that there are, and Enter takes one.
    """

    DEFAULT_CSS = """
    FolderDialog .hint { color: $ink-dim; width: 100%; height: auto; max-height: 4; padding: 0 1; }
    FolderDialog OptionList, FolderDialog OptionList:focus {
        height: auto; max-height: 8; border: none; padding: 0; margin-top: 1; display: none;
        background: $background; background-tint: $background 0%; scrollbar-size-vertical: 1;
    }
    FolderDialog OptionList.offered { display: block; }
    """
    TITLE, SUB_TITLE = launcher_text.FOLDER_TITLE, launcher_text.FOLDER_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False),
        Binding("up", "earlier(1)", show=False),
        Binding("down", "earlier(-1)", show=False),
    ]

    def __init__(self, new: NewRun) -> None:
        super().__init__()
        self._new, self._proposals = new, tuple[Proposal, ...]()
        # What the arrows show: what was written first, then the known folders, newest first.
        self._earlier = ["", *known_folders.known()]
        self._at = 0

    def inside(self) -> ComposeResult:
        yield Input(placeholder=launcher_text.FOLDER_EXAMPLE, select_on_focus=False)
        yield Label(launcher_text.FOLDER_HINT, classes="hint", markup=False)
        yield self.complaint()
        yield OptionList(markup=False)

    def action_complete(self) -> None:
        """Complete the path, or go back to it."""
        field = self.query_one(Input)
        if field.has_focus:
            self._complete(field.value)
        else:
            field.focus()

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
        self._hint("  ".join(several) or launcher_text.FOLDER_HINT)

    def _hint(self, said: str) -> None:
        self.query_one(".hint", Label).update(self.plain(said))

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
            self._hint(launcher_text.FOLDER_CHOICE)
            choices.highlighted = 0
            choices.focus()
        else:
            self._hint(launcher_text.FOLDER_HINT)
