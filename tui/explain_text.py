"""Sentences that explain a pane."""

from __future__ import annotations

from collections.abc import Mapping

from tui.text import COMPUTE, EVALUATION, INPUT

EXPLAIN_WAIT_STEPS = "It appears with the first steps."

EXPLAIN_WAIT_EPOCH = "The first validation, at the end of the epoch, adds that on new images."

EXPLAIN_WAIT_SPEED = "What bounds the speed is said once some steps were timed."

EXPLAIN_LOSS = "The loss says how little probability the network gives to the right classes."

EXPLAIN_LOSS_NAN = (
    "It is not a number any more: a step was so large that the weights overflowed. "
    "Stop, and start again with a lower learning rate or with clip set."
)

EXPLAIN_EPOCH_NAN = "In the last epoch it was not a number, so the weights are of no use."

EXPLAIN_TREND_EARLY = "After a few more epochs it is seen where the curves go."

EXPLAIN_BEST_NOW = "The last epoch is the best so far; best.pt holds its weights."

EXPLAIN_RATE = "The learning rate is how far a step moves the weights against the gradient."

EXPLAIN_WARMUP = (
    "It is still warming up: while the weights are random, large steps would throw them about, so "
    "the first steps are small."
)

EXPLAIN_RATE_RISES = "It rises now: large steps explore, and find broad valleys of the loss."

EXPLAIN_RATE_FALLS = (
    "It falls now: smaller and smaller steps settle into the valley that was found, and the loss "
    "curve flattens downwards with it."
)

EXPLAIN_RATE_CONSTANT = (
    "It stays as it is; where the loss stalls, a lower rate often brings it down once more."
)

EXPLAIN_LAYERS = (
    "An image passes through these layers from top to bottom: the maps become smaller in area and "
    "more in number."
)

EXPLAIN_HEALTHY = (
    "All layers learn: no gradient vanishes or explodes, and a step changes the weights by a "
    "small share of themselves."
)

EXPLAIN_CONFUSION = (
    "Each row holds the validation images of one class, each column what they were taken for: "
    "what lies on the diagonal is right."
)

EXPLAIN_NO_MISTAKES = "Not one image was mistaken."

EXPLAIN_MAPS = (
    "A convolution slides small filters over the image; each picture shows where one filter found "
    "what it looks for, the brighter the surer."
)

EXPLAIN_MACHINE = "The machine's load and memory, how many images it learns a second, and its disk."

EXPLAIN_OTHERS = "Others use the same GPUs, so the speed is not yours alone."

EXPLAIN_CORES = "But other programs hold much of the processor: without them it would be faster."

EXPLAIN_BOUNDS: Mapping[str, str] = {
    COMPUTE: (
        "That is as it should be: the processor or GPU is busy with the network itself. A smaller "
        "network, lower precision or a faster device would speed it up."
    ),
    INPUT: (
        "The network waits for images: more workers, a faster disk or lighter augmentation would "
        "speed it up, a faster GPU would not."
    ),
    EVALUATION: "Validation takes longer than training: fewer validation images would speed it up.",
}

EXPLAIN_LOG = "Everything that happened, the newest first, read from the run's journal."

EXPLAIN_NO_WORRIES = "Nothing went wrong so far."

EXPLAIN_CHECKPOINTS = "The run can go on from last.pt; best.pt holds the weights of the best epoch."


def explain_loss_guess(classes: int, guess: str) -> str:
    return (
        f"The loss says how little probability the right class gets; a pure guess among {classes} "
        f"classes has {guess}, certainty has 0."
    )


def explain_loss_now(loss: str) -> str:
    return f"In training it is {loss} now; the end of the epoch adds the loss on new images."


def explain_loss_above(train: str, validation: str) -> str:
    return (
        f"Validation ({validation}) lies above training ({train}): the network knows its training "
        "images better than new ones. A gap that widens is overfitting; augmentation, weight decay "
        "or more data narrow it."
    )


def explain_loss_below(train: str, validation: str) -> str:
    return (
        f"Validation ({validation}) lies below training ({train}), which is no mistake: "
        "augmentation and dropout make only the training images harder, and the training loss is "
        "a mean over the whole epoch."
    )


def explain_loss_together(train: str, validation: str) -> str:
    return (
        f"Training ({train}) and validation ({validation}) lie close together: what it learns "
        "holds for new images too."
    )


def explain_loss_rises(epoch: int) -> str:
    return (
        f"On new images it was lowest in epoch {epoch}, and has not come back there: what the "
        "network learns now it learns by heart."
    )


def explain_loss_rose(epoch: int) -> str:
    return (
        f"On new images it was lowest in epoch {epoch}; as long as it lies below training, nothing "
        "is learnt by heart."
    )


def explain_loss_falls(before: str, now: str, epochs: int) -> str:
    return f"On new images it falls now, from {before} to {now} in {epochs} epochs."


def explain_loss_flat(epochs: int) -> str:
    return f"On new images it has hardly moved for {epochs} epochs; a lower learning rate may help."


def explain_accuracy(classes: int, guess: str) -> str:
    return (
        f"Accuracy is the share of images whose likeliest class is the right one; guessing among "
        f"{classes} classes gives {guess} %."
    )


def explain_accuracy_gap(train: str, validation: str, gap: str) -> str:
    return (
        f"Training is at {train} %, new images are at {validation} %: those {gap} points were "
        "learnt by heart and do not carry over."
    )


def explain_accuracy_below(train: str, validation: str) -> str:
    return (
        f"New images ({validation} %) fare better than training ({train} %): augmentation makes "
        "the training images harder, and they were counted while it still learnt."
    )


def explain_accuracy_together(train: str, validation: str) -> str:
    return (
        f"Training ({train} %) and new images ({validation} %) lie close together: what it learns "
        "carries over."
    )


def explain_best_before(top1: str, epoch: int) -> str:
    return f"The best was {top1} % at epoch {epoch}; best.pt keeps those weights."


def explain_drop(factor: str, epoch: int) -> str:
    return (
        f"At epoch {epoch} it was multiplied by {factor}: the smaller steps settle, and the loss "
        "bends down there."
    )


def explain_plateau(factor: str) -> str:
    return f"Since validation did not get better, it was lowered to {factor} of the plan."


def explain_steered(factor: str) -> str:
    return f"You have multiplied the plan by {factor}."


def explain_largest(layer: str, share: str) -> str:
    return f"The most parameters, {share} % of all, are in {layer}."


def explain_blown(layer: str) -> str:
    return f"The numbers in {layer} are not finite any more: a lower learning rate is needed."


def explain_dead(layer: str, share: str) -> str:
    return (
        f"In {layer} {share} % of the units are dead: their ReLU lets nothing pass for any image, "
        "so they get no gradient and cannot come back. A lower learning rate or batch norm helps."
    )


def explain_vanishing(layer: str) -> str:
    return (
        f"The gradient nearly vanishes in {layer}, which hardly learns: shortcuts as in ResNet, "
        "or batch norm, cure that."
    )


def explain_exploding(layer: str) -> str:
    return f"The gradient explodes in {layer}: a lower learning rate or clip tames it."


def explain_large_update(layer: str, share: str) -> str:
    return (
        f"One step changes the weights of {layer} by {share} % of themselves, where about 0.1 % is "
        "usual: the learning rate is high for it."
    )


def explain_worst(true: str, predicted: str, images: int, of: int, share: str) -> str:
    return f"Most often {true} is taken for {predicted}: {images} of {of} images, {share} %."


def explain_mutual(true: str, predicted: str) -> str:
    return f"The other way round it errs as well: {true} and {predicted} look alike to it."


def explain_hardest(name: str, share: str) -> str:
    return f"The hardest class is {name}: {share} % of its images are recognised."


def explain_depth(first: str, deepest: str) -> str:
    if first == deepest:
        return f"In {first} they are edges and colours if it is early, parts and textures if late."
    return (
        f"Early ones as {first} find edges and colours, late ones as {deepest} coarse patterns "
        "that only the network can read."
    )


def explain_right(name: str, share: str) -> str:
    return f"It takes this image for {name} with {share} %, and that is right."


def explain_wrong(name: str, share: str, true: str) -> str:
    return f"It takes this image for {name} with {share} %, but it is {true}."


def explain_bound(what: str, share: str) -> str:
    return f"{what.capitalize()} takes {share} % of the time and so bounds the speed."


def explain_worries(count: int) -> str:
    which = "One entry is a warning" if count == 1 else f"{count} entries are warnings"
    return f"{which}: read them first."
