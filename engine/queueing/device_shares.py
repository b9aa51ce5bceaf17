"""Which devices the next tasks get: the CPU trains one run at a time, and so does each GPU."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.errors import EngineError
from engine.machine import nvml
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe

CPU = "cpu"


class Wanted(NamedTuple):
    """The devices that a recipe asks for: a named one, or so many GPUs, whichever they are."""

    named: str = ""
    gpus: int = 0


def gpus_here() -> tuple[str, ...]:
    """The numbers of this machine's GPUs, as in `cuda:N`."""
    return tuple(str(number) for number in range(len(nvml.usable_gpus())))


def wanted(recipe: Recipe, gpus: Sequence[str]) -> Wanted:
    """The devices for this recipe on a machine with these GPUs."""
    kind, _, number = recipe.device.partition(":")
    if kind == CPU or (kind == "auto" and not gpus):
        return Wanted(CPU)
    if number or not gpus:  # it fails at its start, and says why
        return Wanted(number or "0")
    return Wanted(gpus=len(gpus) if recipe.gpus == "all" else recipe.gpus)


def wanted_by(file: Path, gpus: Sequence[str]) -> Wanted:
    """As `wanted`, for the recipe in a file: the CPU if it is wrong, since its start says so.

    It is read again only once it has changed: the runner asks for each run that waits, all along.
    """
    try:
        found = os.stat(file)
    except OSError:
        return Wanted(CPU)
    return _read_once(file, tuple(gpus), found.st_mtime_ns, found.st_size, found.st_ino)


@functools.cache
def _read_once(file: Path, gpus: Sequence[str], *identity: int) -> Wanted:
    try:
        return wanted(read_recipe(file), gpus)
    except EngineError:
        return Wanted(CPU)


def by_default(wanted: Wanted, gpus: Sequence[str]) -> tuple[str, ...]:
    """The devices that an engine takes if nobody tells it which."""
    return (wanted.named,) if wanted.named else tuple(gpus[: wanted.gpus])


def share_out(
    tasks: Sequence[Wanted], gpus: Sequence[str], busy: Collection[str]
) -> list[tuple[str, ...]]:
    """The devices that each of these tasks gets now, the next task first; () if it waits.

    A task that waits for GPUs keeps them from the tasks after it, else it would wait as long as
    these need fewer.
    """
    taken, given = set(busy), list[tuple[str, ...]]()
    for task in tasks:
        free = [gpu for gpu in gpus if gpu not in taken]
        chosen: tuple[str, ...] = ()
        if task.named:
            chosen = () if task.named in taken else (task.named,)
            taken.add(task.named)
        elif len(free) < task.gpus <= len(gpus):
            taken.update(gpus)
        else:  # more than there are: it fails at its start, and says why
            chosen = tuple(free[: task.gpus]) or (CPU,)
            taken.update(chosen)
        given.append(chosen)
    return given


def variables(devices: Sequence[str], wanted: Wanted, gpus: Sequence[str]) -> Mapping[str, str]:
    """The environment variables with which an engine takes these devices and no others."""
    if tuple(devices) == by_default(wanted, gpus):
        return {}
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [name.strip() for name in named.split(",")] if named else [*gpus]
    return {"CUDA_VISIBLE_DEVICES": ",".join(names[int(number)] for number in devices)}
