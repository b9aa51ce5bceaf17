"""What a watched script is told on its standard error, at most once each."""

from __future__ import annotations

from typing import Any


def no_recorder(reason: str) -> str:
    """Why the recorder did not start; the training goes on."""
    return f"{reason} The training goes on without being watched."


RECORDER_DIED = (
    "The recorder of this run has ended, so the run is no longer watched. The training goes on; "
    "run it again to watch it from its start."
)
NOT_UNDERSTOOD = (
    "The recorder of this run speaks another version, so the run is not watched. The training "
    "goes on; install the same version of cnn-tui in both environments."
)


def watched_as(label: str, selector: str) -> str:
    """Where a run is seen."""
    return f"watched as {label}: cnn-tui attach {selector}"


def goes_on(label: str, selector: str) -> str:
    """Where a run is seen that was there before."""
    return f"{label} goes on: cnn-tui attach {selector}"


def all_done(label: str, epochs: int) -> str:
    """Why the loop of a resumed run is empty."""
    return (
        f"{label}: all {epochs} epochs are done; raise epochs=, or give another name= for a new "
        "run."
    )


def line(sentence: str) -> str:
    """The sentence as a line on standard error."""
    return f"cnn-tui: {sentence}\n"


def not_measured(error: object) -> str:
    """Why the numbers of some steps are not shown."""
    reason = " ".join(str(error).split())
    return f"The numbers of some steps cannot be put together, so they are left out: {reason}"


def no_number(name: str, value: object) -> str:
    """What to pass instead of a value that is not one number."""
    what = f"{name}={name}.mean()" if name.isidentifier() else "its mean"
    return (
        f"{name} takes one number, not {described(value)}: pass {what}. It is not shown until then."
    )


SWAPPED = (
    "cnn_tui.watch takes the model first and then its optimizer: call cnn_tui.watch(model, "
    "optimizer)."
)


def no_model(model: object) -> str:
    return f"model= is a torch.nn.Module, not {described(model)}: pass the model that is trained."


def no_function(given: object) -> str:
    return (
        f"on_checkpoint= is a function of a path, not {described(given)}: pass one that saves to "
        "the path, or leave it out to have model and optimizer saved."
    )


def no_names(classes: object) -> str:
    return (
        f"classes= are the names of the classes in their order, not {classes!r}: pass a list such "
        "as ['cat', 'dog']."
    )


def no_epochs(epochs: object) -> str:
    return (
        f"epochs= is a whole number, not {epochs!r}, and at least 1: pass the total, or leave it "
        "out if it is not known."
    )


def more_scalars(shown: int) -> str:
    """What is said of a script that gives ever more names."""
    return (
        f"of the many numbers that the script logs, the first {shown} names have curves: leave out "
        "the others, or give an epoch's or a layer's number the same name each time."
    )


def bad_name(name: str, longest: int) -> str:
    """Why a number is not shown; the same sentence for all such names."""
    if not name:
        return "a number with an empty name is not shown: give it a name."
    return f"numbers with names of more than {longest} characters are not shown: shorten them."


NO_STEPS = (
    "No step of this training was told, so its curves have one point an epoch: call "
    "run.step(loss=loss) once after each optimizer.step()."
)


def no_share(name: str, value: float) -> str:
    """What to pass instead of a percentage."""
    return (
        f"{name} is a share from 0 to 1, not {value:g}: pass {value / 100:g}. It is not shown "
        "until then."
    )


def other_classes(named: int, found: int) -> str:
    """Why the names of the classes are not shown."""
    return (
        f"{named} classes are named and the model has {found}, so numbers are shown instead: pass "
        f"classes= with {found} names."
    )


def no_settings(settings: object) -> str:
    """What `watch` takes as hyper-parameters."""
    return (
        "settings= takes a mapping, or an object with attributes such as argparse's result, not "
        f"{described(settings)}: pass settings={{'lr': lr}}."
    )


def no_logits(logits: object, labels: object) -> str:
    """Which logits and labels count for the accuracy."""
    shape: Any = getattr(logits, "shape", ())
    if len(shape) == 2 and shape[1] == 1:
        return (
            "The accuracy is counted over two columns of logits or more, not over one score for "
            "each image: pass logits=torch.cat([-scores, scores], 1) with "
            "labels=labels.flatten().long()."
        )
    return (
        f"The accuracy is counted for logits (N, classes) with labels (N,), not for "
        f"{described(logits)} with {described(labels)}: pass your own measure by run.log(…)."
    )


def described(value: object) -> str:
    """A value in a sentence: its type, and the shape of a tensor or an array."""
    shape = getattr(value, "shape", None)
    kind = "no value" if value is None else f"a {type(value).__name__}"
    return kind if shape is None else f"{kind} of shape {tuple(shape)}"


def only_one_rank(program: str) -> str:
    """Why a key is refused where several ranks train and only one speaks."""
    return (
        f"Only rank 0 of {program} would obey, and the others would wait for it: on every rank, "
        'call cnn_tui.watch(…, reduce="mean") and run.step().'
    )
