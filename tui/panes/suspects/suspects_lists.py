"""The lists of a run's images, made from the files in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine import numbers
from engine.errors import EngineError
from engine.protocol.commands import ImageSplit
from engine.run import image_names
from engine.run.image_names import ImageNames
from engine.run.run_paths import RunDir
from engine.suspicion import list_text, repeated_images, run_suspects, suspicion_text
from engine.suspicion.inspecting_command import inspecting_command
from engine.suspicion.run_suspects import RunSuspects
from tui.panes.suspects.listed_suspects import ListedImage, SplitList
from tui.panes.suspects.twice_listed import twice_listed

# From this probability on, a class is likely.
LIKELY = 0.5
# So many groups of equal images stand on top.
GROUPS = 20


def files(run: RunDir, split: ImageSplit) -> tuple[Path, ...]:
    """The files that decide on a list, first the one that it cannot do without."""
    kept = run.sightings if split == "training" else run.predictions
    return kept, run.image_names, repeated_images.kept_folder()


def split_list(run: RunDir, split: ImageSplit, known: RunSuspects | None = None) -> SplitList:
    """The list of a split, or the sentence why there is none.

    `known` are the suspects if they were ranked already: with many classes that takes seconds.
    """
    try:
        names = image_names.read(run)
        found = known or run_suspects.among(run, split, names)
        suspects = _suspects(found, run_suspects.names(found, names))
        twice, more = _twice(run, found, names)
    except EngineError as error:
        return SplitList(str(error))
    left_out = suspicion_text.left_out(found.left_out) if found.left_out else ""
    notes = (list_text.look_at(found.first, len(suspects)) if suspects else "", left_out, more)
    images = tuple(image._replace(digest=found.digest) for image in (*twice, *suspects))
    return SplitList(_told(run, found), found, images, tuple(filter(None, notes)))


def _told(run: RunDir, found: RunSuspects) -> str:
    if found.standing is not None:
        return suspicion_text.told(found.standing)
    if not found.suspects:
        return list_text.NO_MISTAKES
    return suspicion_text.judged(run.label, found.epoch)


def _twice(
    run: RunDir, found: RunSuspects, kept: ImageNames | None
) -> tuple[tuple[ListedImage, ...], str]:
    """What stands twice in the data, and the command that tells more of it, if there is more."""
    names = kept.of(found.split, found.digest) if kept is not None else None
    if names is None:  # nobody knows which images the run had
        return (), ""
    command, repeated = inspecting_command(run), repeated_images.of_run(run, kept)
    if repeated is None:
        # Who has decided on labels has looked, and decisions make other lists.
        return (), "" if run.decisions.exists() else suspicion_text.nobody_looked(command)
    shown = repeated.first(GROUPS)
    rows = twice_listed(shown.repeated, found.split, names, found.classes)
    return rows, suspicion_text.more_repeated(shown.more, command) if shown.more else ""


def _suspects(found: RunSuspects, names: Sequence[str] | None) -> tuple[ListedImage, ...]:
    """The suspects in their order; `names` are theirs, if the run has kept them."""
    known: Sequence[str | None] = names or [None] * len(found.suspects)
    return tuple(
        ListedImage(
            rank=str(rank),
            split=found.split,
            number=suspect.index,
            name=name,
            given=suspect.given,
            held=suspect.held,
            sure=numbers.share(suspect.sure),
            since=list_text.since(suspect.agreed, found.epoch),
            leads=suspect.held_probability is None,
            further=rank > found.first,
            likely=(suspect.held_probability or 0.0) >= LIKELY,
        )
        for rank, (suspect, name) in enumerate(zip(found.suspects, known, strict=True), start=1)
    )
