"""Asks a network about images that another one has right, and shows them with what it says."""

from __future__ import annotations

from textual.screen import Screen

from engine.protocol.commands import InspectionRequest
from engine.protocol.events import Event, Examples
from tui.drawing import place_words
from tui.panes.confusion.images_dialog import ImagesDialog
from tui.screens.compare import pairs_text
from tui.screens.inspection_router import InspectionRouter
from tui.viewer.compared import ComparedRun


class ImageRequests:
    """The requests of a screen; each run has a router, since each has an engine of its own."""

    def __init__(self, screen: Screen[str]) -> None:
        self._screen = screen
        self._routers: dict[str, InspectionRouter] = {}

    def ask(self, right: ComparedRun, wrong: ComparedRun, images: tuple[int, ...]) -> None:
        """Show images (by their index) that `right` has right, with what `wrong` says of them."""
        self._screen.notify(pairs_text.asking(wrong.label), markup=False)
        if wrong.letter not in self._routers:
            self._routers[wrong.letter] = InspectionRouter(self._screen, wrong.source)
        heading = pairs_text.images_heading(right.label, wrong.label)
        asked = _Asked(self._screen, heading, wrong, len(images))
        self._routers[wrong.letter].request(asked, InspectionRequest("images", images=images))


class _Asked:
    """One request: its reply opens the dialog with the heading that belongs to it."""

    def __init__(self, screen: Screen[str], heading: str, run: ComparedRun, count: int) -> None:
        self._screen, self._heading, self._run, self._count = screen, heading, run, count

    def receive(self, reply: Event) -> None:
        """Show the images; the router has told why there are none."""
        if isinstance(reply, Examples):
            history = self._run.history
            # A run that trains replies with the weights that it has now, not with its best ones.
            at = place_words.at_step(history, reply.step)
            dialog = ImagesDialog(self._heading, reply.examples, history.classes, self._count, at)
            self._screen.app.push_screen(dialog)
