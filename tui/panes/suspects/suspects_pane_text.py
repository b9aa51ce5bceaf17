"""Words of the suspects pane and its dialogs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from engine.text import harmless

SUSPECTS_TITLE = "Suspects"
SUSPECTS_TAB = "suspects"
GO_TO_SUSPECTS = "Go to Suspects: images whose label is doubtful"

# The list

DECIDED = "decided"
READING = "reading what the network said of each image …"
IS_READ = "It is being read."
# The rank of an image that stands twice in the data, and where it does.
TWICE = "="
STANDS_IN: Mapping[str, str] = {
    "two classes": "in two classes",
    "two splits": "in two splits",
}
TRAINING, VALIDATION = "training images", "validation images"
TRAINING_SHORT, VALIDATION_SHORT = "training", "validation"
RECORDED = "A recording has no folder with images, so no label can be looked at."

# Beside the list

WAITING = "waiting for it …"
NO_PICTURE = "Enter asks again"

# Keys

KEY_DROP, KEY_RELABEL, KEY_KEEP = "drop", "relabel", "keep"
KEY_SPLIT = "train/val"
KEY_LOOK = "neighbours"
DROP_IMAGE = "Drop the chosen image from the next training, or take that back"
RELABEL_IMAGE = "Give the chosen image another label"
KEEP_IMAGE = "Keep the chosen image with its label, or take that back"
SHOW_SPLIT = "Doubtful labels of training or of validation images"
LOOK_AT_IMAGE = "Show the chosen image beside its nearest neighbours"
HELP_TITLE = "suspects"
HELP_ROWS = (
    ("↑ ↓ PgUp PgDn", "choose an image"),
    ("Home End", "the first, or the last"),
    ("Enter", "the image beside its neighbours"),
    ("x k", "drop it; keep its label"),
    ("r", "give it another label"),
    ("v", "training or validation images"),
)

# Decisions

NO_NAME = (
    "The run has not kept the names of its images, so nothing can be decided on them: decide on "
    "those of a newer run."
)
OTHER_IMAGES = (
    "The run has other images now, so nothing is decided on this one: go back to choose among them."
)
RELABEL_TITLE = "The right label"
PART_OF_NAME = "part of a name"
NO_CLASS = "no class has this in its name"
ITS_LABEL, ITS_HELD = "its label: keep", "held for this"

# The dialog

DIALOG_FOOT = "← → next   x drop   r relabel   k keep   Esc back"
DIALOG_FOOT_SHORT = "x r k   Esc back"
LOST_FOOT = "Esc back"
ASKING_NEIGHBOURS = "asking the network for its neighbours …"
NO_NEIGHBOURS = "no image of this class to show"


def relabel_hint(chosen: bool) -> str:
    """The keys of the dialog, in which a class may be chosen at first."""
    return f"{'↑ ↓ choose' if chosen else '↓ or typing chooses'}   Enter take it   Esc back"


def same_pixels(name: str, label: str) -> str:
    return f"same pixels as {name} ({label})"


def relabelled(name: str) -> str:
    return f"→ {name}"


def gone(folder: Path) -> str:
    return (
        f"{harmless(shown(folder))} is no longer there: the run was renamed, moved or deleted. "
        "Open it again to decide."
    )


def after_epoch(epoch: int) -> str:
    return f"after epoch {epoch}"


def decided(file: Path, count: int) -> str:
    return f"{harmless(file.name)}: {count:,} decided"


def file_gone(file: Path, count: int) -> str:
    return f"{harmless(file.name)} is gone: {count:,} decided in the run's copy"


def unreadable(file: Path | None) -> str:
    name = "the file of decisions" if file is None else harmless(file.name)
    return f"{name} cannot be read: e says why"


def next_start(file: Path) -> str:
    return f"next start: --labels {harmless(shlex.quote(shown(file)))}"


def shown(file: Path) -> str:
    """The file as one types it here."""
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def labelled(name: str) -> str:
    return f"label {name}"


def nearest(name: str) -> str:
    return f"nearest of label {name}"


def nearest_held(name: str) -> str:
    return f"nearest of label {name}, which it is held for"


def seen_at(at: str) -> str:
    """When the network was as the neighbours are shown."""
    return f"nearest for the network of {at}"


def rank_of(rank: str, count: int) -> str:
    return f"{rank} of {count:,}"


# What `e` says

EXPLAIN_TRAINING = (
    "These are the training images whose label the network contradicts the most, by what it said "
    "of them while it learned. A wrong label contradicts what is learned from all other images, so "
    "it comes early here. So do hard and rare images with right labels: look at them, and decide."
)
EXPLAIN_VALIDATION = (
    "These are the validation images that the best network takes most surely for another class. "
    "Some have a wrong label, others are only hard: look at them, and decide. Nothing is said of "
    "whether they are more than usual."
)
EXPLAIN = {"training": EXPLAIN_TRAINING, "validation": EXPLAIN_VALIDATION}
EXPLAIN_RANK = (
    "They are ranked by how much better another class fits what the network said of an image, on "
    "average over the epochs, than its label does. 'how sure' is the probability of that class by "
    "this average, and 'since when' the epoch from which the label no longer ranked first."
)
EXPLAIN_MARGINS = (
    "They are ranked by how far the best other class was ahead of the label, on average over the "
    "epochs. 'since when' is the epoch from which the label no longer ranked first."
)
EXPLAIN_TWICE = (
    "Images in front with '=' have the same pixels as another one in another class, or in another "
    "split, as inspect-data has found."
)
FAR_IN_MARGINS = "by half of the probability, on average"


def far_in_nats(score: float) -> str:
    return f"a score above {score:.0f}"


def explain_decisions(file: Path) -> str:
    return (
        f"What you decide is written into {harmless(shown(file))}, for the {next_start(file)}. "
        "This run stays as it is."
    )


def explain_gone(file: Path) -> str:
    return (
        f"{harmless(shown(file))} is gone. The next decision makes it anew from the copy that "
        "the run keeps."
    )


def explain_stand_out(score: str, least: int, share: str) -> str:
    return (
        f"An image stands out if another class fits far better ({score}) and its label has not "
        f"ranked first in the later half of the epochs. It takes {least} of them, and {share} of "
        "all images, to say that some do: with right labels, a few can be like that by chance."
    )
