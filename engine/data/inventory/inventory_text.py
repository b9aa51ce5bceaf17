"""Sentences for the user about what a data set holds, and the reasons why files are left out."""

from __future__ import annotations

from engine.text import harmless

# Reasons why files are left out, as `3 hidden (.DS_Store, …)` has them.
HIDDEN = "hidden"
RESOURCE_FORK = "resource forks of macOS"
SYSTEM = "files of the system"
DANGLING = "links that lead nowhere"
LOOP = "links to a folder that holds them"
ARCHIVE = "archives"
OTHER_FORMAT = "of other formats"
UNREADABLE = "that cannot be read"
SPECIAL = "pipes, sockets or devices"


def table_unreadable(path: str, why: str) -> str:
    return (
        f"the table {harmless(path)} cannot be read ({harmless(why)}): make it readable, or move "
        "it away."
    )
