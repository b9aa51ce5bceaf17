"""Sentences for the user about images whose label is doubtful."""

from __future__ import annotations

from engine.numbers import share
from engine.suspicion import list_text, standing
from engine.suspicion.repeated_images import Repeated, RepeatedImages
from engine.suspicion.standing import Standing
from engine.text import harmless, in_epochs, in_images, typed

# So many images of a group of equal ones are named.
SHOWN_OF_GROUP = 2
EARLY = "Too early to say which labels are doubtful"


def told(found: Standing) -> str:
    """The standing in a sentence."""
    images = in_images(found.images)
    if found.state == "some stand out":
        return (
            f"Some stand out: {found.stand_out:,} of {images}, of which the network stayed sure "
            "that they show another class."
        )
    if found.state == "nothing stands out":
        few = (
            f" but {found.stand_out:,}, too few to tell from hard images" if found.stand_out else ""
        )
        return f"Nothing stands out among {images}{few}; wrong labels may be among the first."
    if found.epochs < standing.LEAST_EPOCHS:
        least = in_epochs(standing.LEAST_EPOCHS)
        return f"{EARLY}: it takes {least}, and {found.epochs:,} counted so far."
    return (
        f"{EARLY}: on average the network ranks the label first for {share(found.agreeing)} of "
        f"{images}, and it takes {share(standing.LEAST_AGREEING)}."
    )


def counted(run: str, since: int, epoch: int) -> str:
    span = list_text.epochs(since, epoch)
    return f"By what {harmless(run)} said of its training images in {span}."


def left_out(count: int) -> str:
    """That images are not listed, since a person has kept them."""
    return (
        f"{in_images(count)} {'is' if count == 1 else 'are'} left out, whose labels you have kept."
    )


def judged(run: str, epoch: int) -> str:
    return (
        f"Validation images that {harmless(run)} took most surely for another class after epoch "
        f"{epoch}."
    )


def repeated(found: RepeatedImages) -> str:
    """That so much was found, where anything was."""
    groups = len(found.repeated) + found.more
    stand = "images stand" if groups > 1 else "image stands"
    return f"{groups:,} {stand} in two classes or in two splits, as inspect-data found:"


def repeated_group(group: Repeated) -> str:
    """`train/1.jpg (cat) = train/7.jpg (dog)`: its first two images, and how many others."""
    two_classes = group.kind == "two classes"
    shown = [
        f"{harmless(image.name)} ({harmless(image.label if two_classes else image.split)})"
        for image in group.images[:SHOWN_OF_GROUP]
    ]
    others = group.count - SHOWN_OF_GROUP
    return " = ".join(shown) + (f" and {others:,} more" if others > 0 else "")


def more_repeated(count: int, command: str) -> str:
    return f"and {count:,} more: {command} --list"


def nobody_looked(command: str) -> str:
    return f"To see which images stand in two classes or in two splits: {command}"


def of_program(run: str, program: str) -> str:
    return (
        f"{harmless(run)} was trained by {harmless(program)}, which keeps nothing of single "
        "images: name a run that cnn-tui trained."
    )


def no_epoch(run: str) -> str:
    return f"no epoch of {harmless(run)} has ended, so nothing is known of its images yet."


def not_kept(run: str, selector: str) -> str:
    return (
        f"{harmless(run)} keeps nothing of its training images, as suspects=off asks: train it "
        f"again without, or `cnn-tui resume {typed(selector)} --set suspects=on`, which counts "
        "from then on."
    )


def no_sightings(run: str, selector: str) -> str:
    return (
        f"{harmless(run)} has kept nothing of its training images, as runs of older versions: "
        f"train it again, or let it train on with `cnn-tui resume {typed(selector)} --epochs N`, "
        "which counts from then on."
    )


def no_predictions(run: str) -> str:
    return (
        f"{harmless(run)} has kept nothing of its validation images, as runs of older versions: "
        "train it again."
    )
