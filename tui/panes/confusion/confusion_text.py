"""Words of the confusion pane."""

from __future__ import annotations

from collections.abc import Mapping

CONFUSION_TITLE = "Confusion"

RECALL = "rec"

PREDICTED = "predicted"

# What stands over the names of the rows, beside those of the columns.
CORNERS = (f"true → {PREDICTED}", "true →", "true")

UNDER_ONE = "<1"

SHADES_FROM = "shades from "

SOME = ">0"

WORST = "worst"

WORST_PAIRS = "worst pairs"

COUNT = "n"

COUNT_AND_SHARE = "n (share)"

HARDEST = "hardest"

EASIEST = "easiest"

NO_CONFUSION = "the first validation fills this pane"

NO_MISTAKES = "not one mistake"

CLASS = "class"

PRECISION = "prec"

F1 = "F1"

COLUMN_IMAGES = "images"

TAKEN_FOR = "most taken for"

MEAN_OF_CLASSES = "mean of the classes"

RECOGNISED = "recognised"

NO_CLASS_FITS = "no class fits the filter"

NO_PAIR_FITS = "no pair fits the filter"

CONFUSION_ORDERS: Mapping[str, str] = {
    "classes": "in class order",
    "worst": "worst pairs first",
    "recall": "by recall",
}

KEY_IMAGES = "images"

KEY_SORT = "sort"

KEY_REPORT = "report"

KEY_MATRIX = "matrix/pairs"

KEY_PER_CENT = "counts"

CONFUSION_TAB = "confusion"

GO_TO_CONFUSION = "Go to the confusion matrix"

SHOW_COUNTS = "Confusion in counts, or in per cent"

SORT = "Sort in another order"

SHOW_MATRIX = "Confusion as a matrix, or as pairs"

SHOW_REPORT = "Precision, recall and F1 of each class"

SHOW_IMAGES = "Show the images of what is selected"

SELECT_NOTHING = "Select nothing"

HELP_ROWS = (
    ("↑ ↓ ← → j k h l", "select a cell, a pair or a class"),
    ("PgUp PgDn", "ten further"),
    ("Enter Esc", "its images; select none"),
    ("o /", "sort; filter"),
    ("m %", "matrix or pairs; counts or per cent"),
    ("r", "precision, recall and F1"),
)

# What `e` says

EXPLAIN_CONFUSION = (
    "Each row holds the validation images of one class, and each column a class that the network "
    "predicted. Correct predictions are on the diagonal."
)

EXPLAIN_NO_CONFUSION = "There is no matrix yet: a validation fills this pane."

EXPLAIN_NO_MISTAKES = "There is no mistake among them."

CLASS_FILTER_TITLE = "Filter classes"

CLASS_FILTER_HINT = "part of a name; empty shows all"

NO_SUCH_IMAGE = "There is no such image to look at."


PAGES = "← → more"


def waiting_for(images: str) -> str:
    return f"waiting: {images} …"


def taken_for(true: str, predicted: str) -> str:
    return f"{true} taken for {predicted}"


def mistaken(true: str) -> str:
    return f"{true}, mistaken"


def recognised(true: str) -> str:
    return f"{true}, {RECOGNISED}"


def some_of_all(some: str, count: str) -> str:
    return f"{some}   {count} in all"


def count_of(images: str, total: str) -> str:
    return f"{images} of {total}"


def top1(per_cent: str) -> str:
    return f"top-1 {per_cent}"


def square(classes: int) -> str:
    return f"{classes} × {classes}"


def similar_together(classes: int) -> str:
    return f"{square(classes)}, similar together"


def part_of(rows: int, columns: int, classes: int) -> str:
    return f"{rows} × {columns} of {classes} × {classes}"


def axes(unit: str) -> str:
    return f"row = true, column = predicted, {unit}"


def row_is_true(unit: str) -> str:
    return f"row = true, {unit}"


def of(total: str) -> str:
    return f"of {total}"


def images(count: str) -> str:
    return f"{count} images"


def explain_epoch(epoch: int, images: str) -> str:
    return f"These are the predictions for {images} images after epoch {epoch}."


def explain_filter(wanted: str) -> str:
    return f"Only classes with {wanted!r} in their names count here."


def explain_worst(true: str, predicted: str, images: str, of: str, share: str) -> str:
    return f"Most often {true} is taken for {predicted}: {images} of {of} images, {share} %."


def explain_equal(count: int) -> str:
    return "One more pair is as frequent." if count == 1 else f"{count} more pairs are as frequent."


def explain_mutual(true: str, predicted: str, images: str) -> str:
    return (
        f"The other way round happens as well, {images} times: {true} and {predicted} look alike "
        "to the network."
    )


def explain_hardest(name: str, share: str) -> str:
    return f"No class is harder than {name}: the network recognises {share} % of its images."


def pictures_foot(at: str) -> str:
    """What stands below images; `at` is the epoch of the weights that judged them."""
    return f"validation images, as the model sees them at {at}   Esc back"
