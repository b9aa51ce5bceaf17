"""Words and sentences that several rooms share. The rest is in the `…_text.py` of each room."""

from __future__ import annotations

import difflib
import errno
import re
import shlex
import signal
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence


def harmless(text: str) -> str:
    """The text with control, format and unpaired surrogate characters shown as `\\xNN`."""
    if text.isprintable():  # nearly all texts, at a hundredth of the time
        return text
    return "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else _escape(c)
        for c in text
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def typed(word: str) -> str:
    """A word as one types it on a command line: in quotes where it needs them."""
    return harmless(shlex.quote(word))


def folder(path: object) -> str:
    """A folder as a path that nobody takes for a word: `./runs`."""
    shown = harmless(str(path))
    return shown if shown.startswith(("/", ".", "~")) else f"./{shown}"


# The interpreter in use, and its pip; the shell may find other ones.
PYTHON = shlex.quote(sys.executable)
PIP = f"{PYTHON} -m pip"


def needs_packages(what: object, packages: Sequence[str]) -> str:
    """What needs optional packages that are missing, and the command that installs them."""
    *rest, last = map(harmless, packages)
    named = (
        f"packages {', '.join(rest)} and {last}, which are" if rest else f"package {last}, which is"
    )
    return (
        f"{harmless(str(what))} needs the {named} not installed: type "
        f"`{PIP} install {' '.join([*rest, last])}`."
    )


NOT_REGULAR = "it is not a regular file"


def reason(error: OSError) -> str:
    """The operating system's words for an error: `No space left on device`."""
    return error.strerror or str(error)


# What to do about an error of the disk; `{folder}` is where it was to write.
REMEDIES: Mapping[int, str] = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "delete files of yours, for your quota is used up",
    errno.ENOMEM: "free some memory",
    errno.EROFS: "make the disk writable again",
    errno.EIO: "check the disk, which may be failing",
    errno.ENOENT: "put {folder} back where it was",
    errno.ENOTDIR: "check the path",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EACCES: "change the permissions of {folder}",
    errno.EPERM: "change the permissions of {folder}",
    errno.ESTALE: "mount the disk of {folder} again",
}


def refused(error: OSError, folder: str = "its folder") -> str:
    """Why the disk refuses to write, and what to do: `No space left on device; free some space`."""
    remedy = REMEDIES.get(error.errno or 0, "check {folder} and its disk")
    return f"{harmless(reason(error))}; {remedy.format(folder=folder)}"


def error_summary(error: BaseException) -> str:
    """The type and the first line of an error: `RuntimeError: out of memory`."""
    return f"{type(error).__name__}: {error}".partition("\n")[0]


# How many names a sentence lists.
EXAMPLES = 3


def examples(names: Iterable[str], count: int | None = None, most: int = EXAMPLES) -> str:
    """The first names, and how many more there are: `a, b, c and 5 more`.

    `count` is the number of all, where `names` are only the first of them.
    """
    every = list(names)
    shown = ", ".join(harmless(name) for name in every[:most])
    more = (len(every) if count is None else count) - most
    return f"{shown} and {more:,} more" if more > 0 else shown


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


def choices(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


# How similar a suggested name must be. With less, "colour" would suggest "holdout".
LEAST_SIMILARITY = 0.7


def nearest(word: str, names: Iterable[str], where: str = "") -> str:
    """`did you mean X?` if a name is similar, else `where`; if that is empty, all the names."""
    known, word = list(names), word.lower()
    near = [name for name in known if len(word) > 2 and name.startswith(word)]
    near += difflib.get_close_matches(word, known, n=1, cutoff=LEAST_SIMILARITY)
    near += [part for part in re.split("[-_ ]", word) if part in known]
    if near:
        return f"did you mean {near[0]}?"
    return where or f"choose {choices(known)}."


def in_epochs(count: int) -> str:
    """A number of epochs: 1 epoch, 1,200 epochs."""
    return "1 epoch" if count == 1 else f"{count:,} epochs"


def in_images(count: int) -> str:
    """A number of images: 1 image, 1,200 images."""
    return "1 image" if count == 1 else f"{count:,} images"


def in_steps(count: int) -> str:
    """A number of steps: 1 step, 1,200 steps."""
    return "1 step" if count == 1 else f"{count:,} steps"


# Recipes


def unknown_preset(name: str, known: Iterable[str]) -> str:
    return (
        f"there is no recipe '{harmless(name)}', neither a preset nor a TOML file: "
        f"{nearest(name, known)}"
    )


# Data


def folder_missing(path: object) -> str:
    return f"the data folder {harmless(str(path))} does not exist: check the path."


# Architectures


def pretrained_too_small(size: int) -> str:
    return (
        f"pretrained weights need images larger than 64 pixels, not {size}: use --set size=224, "
        "or leave pretrained out."
    )


# Runs


def not_unicode(name: str) -> str:
    return f"the name '{harmless(name)}' is not valid UTF-8: rename it."


def already_running(name: str, selector: str) -> str:
    return (
        f"{harmless(name)} is already running: watch it with `cnn-tui attach {typed(selector)}`, "
        f"or continue it with `cnn-tui continue {typed(selector)}` if it is paused."
    )


def cannot_write(path: object, refusal: str) -> str:
    """`refusal` is that of `refused`."""
    return (
        f"{harmless(str(path))} cannot be written: {refusal}, or choose another folder with "
        "--runs-dir."
    )


# The machine


def killed(process: str, number: int) -> str:
    """`number` is that of the signal."""
    memory = "free some memory, and " if number == signal.SIGKILL else ""
    return f"{process} ended by signal {number} ({signal.strsignal(number)}): {memory}try again."


def no_temporary_folder(why: str) -> str:
    return (
        f"a temporary folder cannot be made ({harmless(why)}): free some room in /tmp, or set "
        "TMPDIR to a folder that can be written."
    )


def no_cuda(device: str) -> str:
    return f"there is no usable GPU for --device {device}: use --device cpu or auto."


def no_such_gpu(device: str, count: int) -> str:
    return f"there is no {device}: this machine has {count} usable GPUs, numbered from 0."


# Training


# The largest relative difference between the first loss and the loss of a guess that looks right.
FIRST_LOSS_TOLERANCE = 0.1


def rate_out_of_range(most: float) -> str:
    return f"a learning rate or factor must be above 0 and at most {most:g}: give another one."


def too_many_epochs(most: int) -> str:
    return f"a run has at most {most:,} epochs: give fewer."


def too_few_epochs(epochs: int, least: int) -> str:
    return (
        f"the run cannot end after {epochs} epochs, since it is in epoch {least}: "
        f"give {least} or more."
    )
