"""Words of `cnn-tui test`."""

from __future__ import annotations

from engine.run.kept_tests import TestedSplit

HELP = """Test a trained network on images with known classes.

Without --data, on the test images of its run, or on its validation images if it has no others.
With --data, on the test images of another data set, else on its validation images, else on all
that it has. Classes are matched by name, whatever their capitals, spaces and dashes. The run keeps
the result, and its dashboard shows it.

RUN is a number, a part of a name, or a path, whose best checkpoint counts; without it, the newest
run is meant. FILE is a checkpoint."""
HELP_DATA = "Test on the images of this data set, a name or a path."
HELP_SET = (
    "Change a field that says how the files of --data are understood, such as labels=prefix or "
    "class_names=FILE; repeatable."
)
STOPPED = "stopped: nothing was kept"
WITHOUT_DATA = (
    "--set and --data-dir say how and where the images of --data are found: add --data NAME or "
    "PATH, or leave them out."
)
TOP1, TOP5, BALANCED, LOSS, CALIBRATION = "top-1", "top-5", "balanced", "loss", "ECE"
LEFT_OUT = "left out"
UNREADABLE, UNKNOWN = "that cannot be read", "of classes that the network does not know"
PAIRS, RELIABILITY = "worst pairs", "probability"
SAID, RIGHT, IMAGES = "says %", "right %", "images"
BALANCED_MEANS = "the mean recall of the classes"
LEGEND = "▇ how often it is right, │ how often it says so"
NO_MISTAKES = "it made no mistake"


def heading(source: str, checkpoint: str, epoch: int) -> str:
    """`source` is a run, or the file itself where it lies in none."""
    what = checkpoint if source == checkpoint else f"{source}, {checkpoint}"
    return f"{what} of epoch {epoch}"


def images(count: int, split: TestedSplit, data: str) -> str:
    kind = {"test": "test ", "validation": "validation ", "all": ""}[split]
    noun = "image" if count == 1 else "images"
    return f"{'all ' if split == 'all' else ''}{count:,} {kind}{noun} of {data}"


def right_of(right: int, of: int) -> str:
    return f"{right:,} of {of:,} images"


def calibration(said: str, right: str, *, over: bool) -> str:
    what = "too sure" if over else "not sure enough"
    return f"{what}: it says {said}, and is right in {right}"


def by_chance(share: str, images: int) -> str:
    noun = "image" if images == 1 else "images"
    return f"with {images:,} {noun}, chance alone makes about {share}"


def more_classes(count: int) -> str:
    return f"… {count:,} more with a higher recall: --json has all"
