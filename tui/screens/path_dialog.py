"""A dialog that asks for a path, which Tab completes."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label

from engine.data.inventory.data_files import is_data_file
from tui.screens.path_completion import Completion, completed
from tui.widgets.dialog import Answer
from tui.widgets.forms import FormDialog


class PathDialog(FormDialog[Answer]):
    """A line for a path above a hint, in whose place stand the names that it may become."""

    DEFAULT_CSS = """
    PathDialog .hint { color: $ink-dim; width: 100%; height: auto; max-height: 4; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", show=False)]
    HINT: ClassVar[str]
    """What the path may name."""

    def is_wanted(self, name: str) -> bool:
        """Whether a file of this name is one that may be meant."""
        return is_data_file(name)

    def path_line(self, example: str) -> ComposeResult:
        """The input, the hint, and the line for what is wrong."""
        yield Input(placeholder=example, select_on_focus=False)
        yield Label(self.HINT, classes="hint", markup=False)
        yield self.complaint()

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
        self.app.call_from_thread(
            self._take_completion, written, completed(written, self.is_wanted)
        )

    def _take_completion(self, written: str, found: Completion) -> None:
        """Write the longer path, and list what it may become, unless other text was typed since."""
        if not self.is_attached or self.query_one(Input).value != written:
            return
        self.write(found.path)
        several = found.names if len(found.names) > 1 else []
        self.hint("  ".join(several) or self.HINT)

    def hint(self, said: str) -> None:
        self.query_one(".hint", Label).update(self.plain(said))

    def write(self, path: str) -> None:
        field = self.query_one(Input)
        field.value = path
        field.cursor_position = len(path)
