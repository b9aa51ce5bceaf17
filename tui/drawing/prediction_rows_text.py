"""Words of the rows that show what a network predicts."""

from __future__ import annotations

from engine import numbers
from engine.protocol.events import Measured
from engine.text import harmless, in_epochs, in_images

FILE, CLASS, PROBABILITY, RUNNER_UP = "file", "class", "probability", "runner-up"
IMAGES = "images"


def network(name: str, epoch: int, top1: Measured) -> str:
    """`43-resnet20-cifar10 after 12 epochs, validation accuracy 91.2 %`."""
    accuracy = f", validation accuracy {numbers.share(top1)}" if top1 is not None else ""
    when = f"after {in_epochs(epoch)}" if epoch else "in its first epoch"
    return f"{harmless(name)} {when}{accuracy}"


def counted(count: int, unreadable: int) -> str:
    """`360 images; 2 more cannot be read`."""
    more = f"; {unreadable:,} more cannot be read" if unreadable else ""
    return f"{in_images(count)}{more}"


def unsure(few: int, count: int, threshold: float, unreadable: int) -> str:
    """`12 of 360 images are below 60 %`."""
    share = f"{100 * threshold:g} %"
    verb = "is" if few == 1 else "are"
    more = f"; {unreadable:,} more cannot be read" if unreadable else ""
    return f"{few:,} of {in_images(count)} {verb} below {share}{more}"


def more_unsure(count: int) -> str:
    return f"{count:,} more, without pictures:"


def more_classes(count: int) -> str:
    return f"and {count:,} more classes"
