"""Words of the pairs of a comparison."""

from __future__ import annotations

from engine.text import harmless
from tui.widgets.key_group import KeyGroup

TITLE = "Pairs"
PAIR, BOTH, DIFFERENCE, CHANCE = "pair", "both", "points", "p"
ONLY_FIRST, ONLY_SECOND = "1st", "2nd"
WAITING = "The pairs are being tested."
NOT_READ = "The runs are still being read: the pairs are tested when all is there."
NO_TEST = "no test"
KEY_CHOOSE, KEY_IMAGES, KEY_OTHERS = "pair", "images", "the other way"
SHOW_IMAGES = "Show the images that only the first of the pair has right"
SHOW_OTHERS = "Show the images that only the second of the pair has right"
BACK = "Back to the curves"
NO_IMAGES = "There is no such image."

HELP = KeyGroup(
    "pairs",
    (
        ("↑ ↓ j k", "select a pair"),
        ("PgUp PgDn Home End", "as many further as are shown; to either end"),
        ("Enter", "the images that only its first network has right, as the second sees them"),
        ("o", "the images that only its second network has right, as the first sees them"),
        ("Esc p", "back to the curves"),
        (": Ctrl+P", "all that can be done, in words"),
        ("Ctrl+L", "draw the screen anew"),
        ("? q Ctrl+C", "these keys; leave"),
    ),
)


def images_heading(right: str, wrong: str) -> str:
    """The title of images; their predictions are those of the network that is wrong."""
    return f"Only {harmless(right)} has these right; {harmless(wrong)} says"


def counts(a: str, only_a: int, b: str, only_b: int) -> str:
    return f"Enter shows {only_a:,} that only {a} has right, o {only_b:,} that only {b} has right."


def asking(label: str) -> str:
    return f"{harmless(label)} is asked about the images."
