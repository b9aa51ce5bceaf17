"""Sentences for the user about decoded images that are kept on the disk."""

from __future__ import annotations

from engine.numbers import size
from engine.text import harmless

NO_HOLES = "its file system has no sparse files"
ELSEWHERE = "another machine writes them"
NOT_A_FOLDER = "it is no folder"


CUT = "another program has cut them off"


def kept(there: int, count: int, fitting: int, taken: int, folder: object, command: str) -> str:
    """`fitting` is about how many of the images will be kept; `there` take so many bytes now."""
    place = f"{harmless(str(folder))} ({size(taken)})" if there else harmless(str(folder))
    begun = f"{there:,} of {count:,} images come decoded from {place}"
    if there == count:
        said = begun
    elif fitting == count:
        rest = f"{begun}, and the others are kept there as well"
        said = rest if there else f"the {count:,} images are kept decoded in {place}"
    elif there:
        more = f"about {fitting - there:,} more" if fitting > there else "no more"
        said = f"{begun}, which has room for {more}: the others are decoded in every epoch"
    else:
        said = (
            f"about {fitting:,} of the {count:,} images are kept decoded in {place}, which has no "
            "room for more: the others are decoded in every epoch"
        )
    return f"{said}; `{command}` removes them."


def thrown_away(place: str) -> str:
    return (
        f"the decoded images of {harmless(place)} that were kept could not be used (some of their "
        "files are missing or cut off), and are made anew."
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


def name_taken(place: object) -> str:
    return (
        f"decoded images are not kept: {harmless(str(place))} is where they would be, and it is "
        "damaged, another user's, or nothing of this program: it stays as it is; remove it if "
        "nobody needs it, or name another folder with `--set cache=FOLDER`."
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


def cut_off(folder: object) -> str:
    return (
        f"another program has cut off the decoded images in {harmless(str(folder))}: images are "
        "decoded in every epoch, and the next start keeps them anew."
    )


def not_safe(folder: object, why: str) -> str:
    return (
        f"the decoded images in {harmless(str(folder))} are all there, but cannot be made safe "
        f"from a power cut ({harmless(why)}): check that disk."
    )


def form(canvas: int, shape: tuple[int, int, int]) -> str:
    """What the slots of a store hold."""
    channels, height, width = shape
    return f"canvases of {canvas}" if canvas else f"{channels}×{height}×{width}"
