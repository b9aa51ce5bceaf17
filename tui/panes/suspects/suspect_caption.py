"""What stands below the picture of an image of the list, and how a decision on it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from engine.run.label_decisions import Decision, Relabel
from engine.suspicion import list_text
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.mistakes import class_name
from tui.panes.suspects import suspects_pane_text
from tui.panes.suspects.listed_suspects import ListedImage

# The most rows of a caption.
CAPTION = 5
# The most cells of a class in a row.
CLASS = 16
DECISION_INKS: Mapping[str, Ink] = {"drop": "error", "keep": "good"}


def caption(
    image: ListedImage, classes: Sequence[str], choice: Decision | None, width: int
) -> list[Row]:
    """The name, the label, why it is listed, and what was decided."""
    words = [suspects_pane_text.labelled(class_name(classes, image.given))]
    if image.note:
        words += [harmless(image.note), image.since]
    elif image.held is not None:
        words += [_held(image, class_name(classes, image.held), width), image.since]
    return [
        (Span(cells.end_of(harmless(image.title), width)),),
        *((Span(cells.fit_text(line, width), "dim"),) for line in words if line),
        (Span(cells.fit_text(decision_words(choice), width), decision_ink(choice)),),
    ]


def _held(image: ListedImage, name: str, width: int) -> str:
    """What the image is held for, and how surely: the name of the class gives way to the number."""
    say = list_text.held_ahead if image.leads else list_text.held_for
    over = cell_len(say(name, image.sure)) - width
    shorter = cells.fit_text(name, max(1, cell_len(name) - over)) if over > 0 else name
    return say(shorter, image.sure)


def decision_words(choice: Decision | None) -> str:
    """The mark in the row of an image; empty where nothing was decided."""
    if isinstance(choice, Relabel):
        return suspects_pane_text.relabelled(shortened(harmless(choice.label)))
    return choice or ""


def decision_ink(choice: Decision | None) -> Ink:
    return "warning" if isinstance(choice, Relabel) else DECISION_INKS.get(choice or "", "plain")


def shortened(name: str) -> str:
    """The name of a class as a row of the list shows it."""
    return name if cell_len(name) <= CLASS else cells.fit_text(name, CLASS)
