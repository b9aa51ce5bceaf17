"""Sentences for the user about decoded images that are kept on the disk."""

from __future__ import annotations

from engine.numbers import size
from engine.text import harmless

NO_HOLES = "its file system has no sparse files"
ELSEWHERE = "another machine writes them"
NOT_A_FOLDER = "it is no folder"


def kept(there: int, count: int, taken: int, most: int, folder: object, command: str) -> str:
    images = f"{there:,} of {count:,} images" if there else f"the {count:,} images"
    begun = "come decoded from" if there else "are kept decoded in"
    return (
        f"{images} {begun} {harmless(str(folder))} ({size(taken)} there, at most {size(most)}); "
        f"`{command}` removes them."
    )


def thrown_away(place: str) -> str:
    return (
        f"the decoded images of {harmless(place)} that were kept could not be used (another "
        "user's, or cut off), and are made anew."
    )


def on_network(folder: object, kind: str) -> str:
    return (
        f"decoded images are not kept: {harmless(str(folder))} is on a network file system "
        f"({harmless(kind)}); name a folder of a local disk with `--set cache=FOLDER`, or keep "
        "them there with `--set cache=on`."
    )


def others_folder(folder: object) -> str:
    return (
        f"decoded images are not kept: {harmless(str(folder))} belongs to another user; name a "
        "folder of your own with `--set cache=FOLDER`."
    )


def no_room(folder: object, room: int) -> str:
    return (
        f"decoded images are not kept: {harmless(str(folder))} has room for {size(room)} of them; "
        "free some disk, or name another folder with `--set cache=FOLDER`."
    )


def not_kept(folder: object, why: str) -> str:
    return (
        f"decoded images are not kept in {harmless(str(folder))} ({harmless(why)}); another folder "
        "can be named with `--set cache=FOLDER`."
    )


def room_taken(there: int, count: int, room: int) -> str:
    return (
        f"the decoded images have taken the room that they may ({size(room)}): {there:,} of "
        f"{count:,} are kept, and the others are decoded in every epoch."
    )


def not_written(there: int, count: int, folder: object, why: str) -> str:
    return (
        f"no more decoded images can be kept in {harmless(str(folder))} ({harmless(why)}): "
        f"{there:,} of {count:,} are there, and the others are decoded in every epoch."
    )


def form(canvas: int, shape: tuple[int, int, int]) -> str:
    """What the slots of a store hold."""
    channels, height, width = shape
    return f"canvases of {canvas}" if canvas else f"{channels}×{height}×{width}"
