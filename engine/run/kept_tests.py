"""The results of `cnn-tui test`: one of each data set, in the folder of the run."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from typing import Annotated, Literal, TypeAlias

import msgspec

from engine import regular_files
from engine.protocol.answers import Answer, Note, Progress
from engine.run.durable_files import write_durably
from engine.run.measures import Measures
from engine.run.run_paths import RunDir

TestedSplit: TypeAlias = Literal["test", "validation", "all"]
BEST = "best.pt"
# The end of the year 9999, the last one that has a date.
LATEST = 253_402_300_799
# The characters of a data set's name that the name of a file keeps.
_KEPT = re.compile(r"[^A-Za-z0-9]+")


class DataTest(Answer, frozen=True, kw_only=True):
    """What the weights of a checkpoint achieve on a split of a data set.

    `time` is in seconds since 1970. `source` is the run or the file that was tested, and
    `checkpoint` the name of the file with the weights, saved after `epoch` and `step`. `data` is
    the short name of the data set, `place` its path or whole name. `own` says that it is the one
    that the run was trained with. `digest` is that of the list of the images, as in a checkpoint
    (`ImageList`). `classes` are those of the network, in the order of `measures`. `unknown` has the
    classes of the data set that the network does not know, and how many images they have; those
    are left out.
    """

    time: Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
    source: str
    checkpoint: str
    epoch: int
    step: int
    data: str
    place: str
    own: bool
    split: TestedSplit
    digest: str
    classes: tuple[str, ...]
    unknown: tuple[tuple[str, int], ...]
    device: str
    versions: dict[str, str]
    measures: Measures


Message: TypeAlias = DataTest | Progress | Note

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[DataTest] = msgspec.json.Decoder(DataTest)
decode = msgspec.json.Decoder[Message](Message).decode


def keep(run: RunDir, test: DataTest) -> None:
    """Keep this result instead of an older one for the same images. Raises OSError."""
    os.makedirs(run.tests, mode=0o700, exist_ok=True)
    write_durably(run.tests / _file_name(test), _encode(test))


def _file_name(test: DataTest) -> str:
    """`photos-test-5d41402a.json`; other places and checkpoints have other names."""
    what = f"{test.place}\0{test.split}\0{test.checkpoint}".encode(errors="surrogateescape")
    readable = _KEPT.sub("-", test.data).strip("-")[:40]
    return f"{readable}-{test.split}-{hashlib.blake2b(what, digest_size=4).hexdigest()}.json"


def read_all(run: RunDir) -> tuple[DataTest, ...]:
    """The results of a run, the newest first. Leaves out files that hold none."""
    found = []
    for path in run.tests.glob("[!.]*.json"):
        with contextlib.suppress(OSError, msgspec.MsgspecError, RecursionError, UnicodeError):
            found.append(_decoder.decode(regular_files.read_bytes(path)))
    return tuple(sorted(found, key=lambda test: -test.time))
