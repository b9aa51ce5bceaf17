"""Sentences for the user about races."""

from __future__ import annotations

from collections.abc import Iterable

from engine.text import examples, folder, harmless

FILE_HEAD = "# A race: what it tries, and its runs. `cnn-tui race` shows how it stands."


def unreadable(path: object, why: str) -> str:
    return f"the race in {harmless(str(path))} cannot be read: {harmless(why)}."


def no_races(runs_dir: object) -> str:
    return (
        f"the folder {folder(runs_dir)} holds no race yet: start one, for example with "
        "`cnn-tui race --arch lenet5,resnet20 --data digits --set 'lr=[0.05, 0.1]'`."
    )


def no_such_race(selector: str, known: Iterable[str], *, several: bool) -> str:
    what = "means several races" if several else "means no race"
    return f"'{harmless(selector)}' {what}: name one of {examples(known)}."
