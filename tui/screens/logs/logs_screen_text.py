"""Words of the list of logs."""

from __future__ import annotations

from engine.text import folder
from tui.widgets.key_group import KeyGroup

KEY_OPEN = "open"
KEY_CHOOSE = "choose"
KEY_QUIT = "quit"
FILTER_HINT = "/ filter"
OPEN = "Show the chosen log"
QUIT = "Quit"
PART = "too much to search: there may be more logs, below a deeper folder"
BOX = "Logs"

HELP = KeyGroup(
    "the list of logs",
    (
        ("↑ ↓ j k", "choose"),
        ("PgUp PgDn Home End", "ten further; to either end"),
        ("Enter", "show the chosen log; Esc comes back"),
        ("/", "filter by a part of a name"),
        (": Ctrl+P", "all that can be done, in words"),
        ("Ctrl+L", "draw the screen anew"),
        ("? q Ctrl+C", "these keys; quit"),
    ),
)


def logs_in(path: object) -> str:
    return f"Logs in {folder(path)}"
