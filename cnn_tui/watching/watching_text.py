"""What a watched script is told on its standard error, at most once each."""

from __future__ import annotations


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


def no_settings(settings: object) -> str:
    """What `watch` takes as hyper-parameters."""
    return (
        "settings= takes a mapping, or an object with attributes such as argparse's result, not "
        f"{described(settings)}: pass settings={{'lr': lr}}."
    )


def no_logits(logits: object, labels: object) -> str:
    """Which logits and labels count for the accuracy."""
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
