"""Words of the loss and accuracy panes."""

from __future__ import annotations

ACCURACY_TITLE = "Accuracy"

GO_TO_LOSS = "Go to the loss"

GO_TO_ACCURACY = "Go to the accuracy"

SHOW_LOG_SCALE = "Logarithmic loss, or linear"

# What `e` says

EXPLAIN_LOSS = (
    "The loss measures how little probability the network gives to the right class. It appears "
    "with the first steps."
)


def explain_not_a_number(*, recipe: bool) -> str:
    """`recipe` says that the run has a recipe, whose fields may help."""
    return (
        "It is not a number any more: a step was so large that the weights overflowed. Stop, and "
        f"start again with a lower learning rate{' or with clip set' if recipe else ''}."
    )


EXPLAIN_EPOCH_NOT_A_NUMBER = (
    "In the last epoch the loss was not a number: these weights are of no use."
)

EXPLAIN_EARLY = "A few more epochs will show where the curves go."

EXPLAIN_FIRST_EPOCH = "The end of the epoch adds the accuracy on new images."

EXPLAIN_ACCURACY = (
    "Accuracy is the share of images for which the right class gets the most probability."
)


def explain_best_now(*, saved: bool) -> str:
    """`saved` says that the run keeps its best weights."""
    return f"The last epoch is the best so far{'; best.pt holds its weights' if saved else ''}."


def explain_loss_of(program: str) -> str:
    return f"This is the loss that {program} computes."


def explain_loss(classes: int, guess: str) -> str:
    return (
        f"The loss measures how little probability the right class gets. A pure guess among "
        f"{classes} classes has a loss of {guess}, full certainty has 0."
    )


def explain_loss_now(loss: str) -> str:
    return f"In training it is {loss} now; the end of the epoch adds the loss on new images."


def explain_loss_above(train: str, validation: str) -> str:
    return (
        f"Validation ({validation}) lies above training ({train}): the network knows its training "
        "images better than new ones. A gap that grows is overfitting. Augmentation, weight decay "
        "or more data make it smaller."
    )


def explain_loss_above_early(train: str, validation: str) -> str:
    return (
        f"Validation ({validation}) lies above training ({train}). That is no overfitting: the "
        "training itself has learned little so far."
    )


def explain_loss_unstable(train: str, validation: str) -> str:
    return (
        f"Validation ({validation}) lies far above training ({train}): it is unstable. A lower "
        "learning rate, more steps an epoch, or a larger batch for batch norm help."
    )


def explain_loss_below(train: str, validation: str) -> str:
    return (
        f"Validation ({validation}) lies below training ({train}). That is no mistake: "
        "augmentation and dropout, where used, make only the training images harder, and the "
        "training loss is a mean over the whole epoch."
    )


def explain_loss_together(train: str, validation: str, *, learns: bool) -> str:
    """`learns` says that the training is better than a guess."""
    close = f"Training ({train}) and validation ({validation}) lie close together"
    if not learns:
        return f"{close}; the training is no better than a guess so far."
    return f"{close}: what the network learns also holds for new images."


def explain_loss_close(train: str, validation: str) -> str:
    return f"Training ({train}) and validation ({validation}) lie close together."


def explain_loss_has_risen(epoch: int) -> str:
    return f"On new images the loss was lowest in epoch {epoch} and has risen since."


def explain_loss_rises(epoch: int) -> str:
    return (
        f"On new images the loss was lowest in epoch {epoch} and has risen since: the network now "
        "learns its training images by heart."
    )


def explain_loss_rose(epoch: int, *, above: bool) -> str:
    """`above` says that validation lies above training, without a sign of overfitting."""
    rose = f"On new images the loss was lowest in epoch {epoch} and has risen since."
    if above:
        return f"{rose} The accuracies do not show overfitting so far."
    return (
        f"{rose} It still lies below training, so the network does not learn its images by heart."
    )


def explain_loss_falls(before: str, now: str, epochs: int) -> str:
    return f"On new images it falls now, from {before} to {now} in {epochs} epochs."


def explain_loss_up(before: str, now: str, epochs: int) -> str:
    return f"On new images it has risen, from {before} to {now} in {epochs} epochs."


def explain_loss_flat(epochs: int) -> str:
    return f"On new images it has hardly moved for {epochs} epochs; a lower learning rate may help."


def explain_guess(classes: int, guess: str) -> str:
    return f"Guessing among {classes} classes gives {guess} %."


def explain_accuracy_gap(train: str, validation: str, gap: str) -> str:
    return (
        f"Training is at {train} %, new images are at {validation} %: the network learnt those "
        f"{gap} points by heart, and they do not carry over to new images."
    )


def explain_accuracy_unstable(train: str, validation: str) -> str:
    return (
        f"Training is at {train} %, new images are at {validation} %: the validation is unstable, "
        "as its loss shows."
    )


def explain_accuracy_chance(train: str, validation: str) -> str:
    return (
        f"Training is at {train} %, new images are at {validation} %: on so few images this "
        "difference may be chance."
    )


def explain_accuracy_early(train: str, validation: str) -> str:
    return (
        f"Training is at {train} %, new images are at {validation} %: the training itself has "
        "learned little so far, so this is no overfitting yet."
    )


def explain_accuracy_below(train: str, validation: str) -> str:
    return (
        f"New images ({validation} %) do better than training images ({train} %): augmentation "
        "makes the training images harder, and they are counted while the network still learns."
    )


def explain_accuracy_together(train: str, validation: str, *, learns: bool) -> str:
    """`learns` says that the training is better than a guess."""
    close = f"Training ({train} %) and new images ({validation} %) lie close together"
    if not learns:
        return f"{close}; the training loss is no better than that of a guess so far."
    return f"{close}: what the network learns carries over."


def explain_test(top1: str) -> str:
    return f"On the test images, which chose nothing, the best weights reach {top1}."


def explain_best_before(top1: str, epoch: int, *, saved: bool) -> str:
    """`saved` says that the run keeps its best weights."""
    kept = "; best.pt keeps those weights" if saved else ""
    return f"The best was {top1} % at epoch {epoch}{kept}."
