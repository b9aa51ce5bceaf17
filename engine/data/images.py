"""Image files as pixels of one size."""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from engine import text
from engine.data.dataset import Dataset, Images, channel_statistics, check_memory
from engine.data.folder import Files, Folder
from engine.errors import DataError

Pixels: TypeAlias = npt.NDArray[np.uint8]

# What Pillow raises on damaged files.
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
BROKEN_SHARE = 0.01
# Deep grey is brought to 8 bits by hand, since Pillow cuts off all above 255.
DEEP_GREY = ("I;16", "I;16B", "I;16L")
GREY = ("1", "L", *DEEP_GREY)

SAMPLE = 100
DEFAULT_SIZE = 64
SMALL = range(28, 97)
# MNIST's 28 pixels are framed to the 32 of LeNet-5, not stretched.
FRAMED, FRAME = 28, 2

CHUNK = 64
WORKERS = 8
# Small files spend most of their time in the interpreter, whose lock makes two threads slower
# than one (120 and 170 µs an image of CIFAR-10, 2 cores), unless they wait for the disk.
QUICK_SECONDS = 0.2e-3


@dataclass(frozen=True)
class Form:
    """What every image becomes: (channels, size, size), of which `frame` pixels are its margin.

    So many `workers` decode at the same time.
    """

    channels: int
    size: int
    frame: int
    workers: int


@dataclass(frozen=True)
class Glimpse:
    """What the header of a file says, and how many seconds it took to say it."""

    size: tuple[int, int]
    grey: bool
    seconds: float


def load(folder: Folder, size: int | str) -> Generator[float, None, Dataset]:
    """Decode the images of a folder, yielding the fraction done at least every 100 ms.

    `size` "auto" keeps images that are all square, of one size and small, and brings others to
    64 pixels. Raises DataError where more than 1 % are broken, or where memory is too small.
    """
    files = folder.train + folder.validation
    form = form_of(glimpses(files), size)
    check_memory(len(files), form.channels, form.size)
    pixels = np.empty((len(files), form.channels, form.size, form.size), np.uint8)
    broken = yield from decoded(files, form, pixels)
    notes = judged(broken, files, folder.path)
    split = len(folder.train)
    train = whole(pixels[:split], folder.train, [i for i in broken if i < split])
    held = whole(pixels[split:], folder.validation, [i - split for i in broken if i >= split])
    mean, std = channel_statistics(train.pixels)
    return Dataset(folder.classes, train, held, folder.validation_is_test, mean, std, notes)


def glimpses(files: Files) -> list[Glimpse]:
    """Of a hundred files spread over all; those that are broken are passed over."""
    seen = []
    for file, _ in files[:: -(-len(files) // SAMPLE)]:
        began = time.perf_counter()
        try:
            with Image.open(file) as image:
                size, grey = image.size, image.mode in GREY
        except BROKEN:
            continue
        seen.append(Glimpse(size, grey, time.perf_counter() - began))
    return seen


def form_of(seen: list[Glimpse], size: int | str) -> Form:
    """The form that suits images like these."""
    sides = {side for glimpse in seen for side in glimpse.size}
    common = min(sides) if len(sides) == 1 else 0
    natural = common if common in SMALL else DEFAULT_SIZE
    frame = FRAME if common == FRAMED and size in ("auto", FRAMED + 2 * FRAME) else 0
    quick = sum(glimpse.seconds for glimpse in seen) < QUICK_SECONDS * len(seen)
    return Form(
        channels=1 if seen and all(glimpse.grey for glimpse in seen) else 3,
        size=size if isinstance(size, int) else natural + 2 * frame,
        frame=frame,
        workers=1 if quick and all(side in SMALL for side in sides) else WORKERS,
    )


def decoded(files: Files, form: Form, pixels: Pixels) -> Generator[float, None, dict[int, str]]:
    """Fill pixels (N, C, size, size) from the files; returns why which ones are broken."""
    broken: dict[int, str] = {}
    starts = range(0, len(files), CHUNK)
    pool = ThreadPoolExecutor(form.workers)
    try:
        chunks = [
            pool.submit(_decode_chunk, files, start, form, pixels[start : start + CHUNK])
            for start in starts
        ]
        for start, chunk in zip(starts, chunks, strict=True):
            while not chunk.done():
                wait([chunk], timeout=0.05)
                yield start / len(files)
            broken |= chunk.result()
            yield start / len(files)
    finally:
        pool.shutdown(cancel_futures=True)
    return broken


def _decode_chunk(files: Files, start: int, form: Form, pixels: Pixels) -> dict[int, str]:
    broken = {}
    for index, target in enumerate(pixels, start):
        try:
            target[:] = decode(files[index][0], form)
        except UnidentifiedImageError:
            broken[index] = text.NOT_AN_IMAGE
        except BROKEN as error:
            broken[index] = str(error)
    return broken


def decode(file: Path, form: Form) -> Pixels:
    """The pixels (C, size, size) of one file: upright, and the square at its centre."""
    inner = form.size - 2 * form.frame
    with Image.open(file) as image:
        # A large JPEG is decoded at a fraction, but not below twice the size, for sharpness.
        image.draft(None, (2 * inner, 2 * inner))
        ImageOps.exif_transpose(image, in_place=True)
        square = _centre(_converted(image, "L" if form.channels == 1 else "RGB"), inner)
    array = np.asarray(square).reshape(inner, inner, form.channels).transpose(2, 0, 1)
    if form.frame:
        nearest = np.arange(-form.frame, inner + form.frame).clip(0, inner - 1)
        array = array[:, nearest[:, None], nearest]
    return array


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode in DEEP_GREY:
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image if image.mode == mode else image.convert(mode)


def _centre(image: Image.Image, size: int) -> Image.Image:
    """The largest square at the centre, bilinear and antialiased, (size, size)."""
    if image.size == (size, size):
        return image
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BILINEAR, box)


def judged(broken: dict[int, str], files: Files, path: Path) -> tuple[str, ...]:
    """What to tell the user about broken images. Raises DataError where they are too many."""
    if not broken:
        return ()
    first = min(broken)
    name = files[first][0].relative_to(path)
    if len(broken) > BROKEN_SHARE * len(files):
        told = text.too_many_broken(len(broken), len(files), path, name, broken[first])
        raise DataError(told)
    return (text.some_broken(len(broken), len(files), name, broken[first]),)


def whole(pixels: Pixels, files: Files, broken: list[int]) -> Images:
    """The images without the broken ones, whose places the last ones take, without a copy."""
    images = torch.from_numpy(pixels)
    labels = torch.tensor([label for _, label in files])
    end = len(files)
    for hole in sorted(broken, reverse=True):
        end -= 1
        images[hole], labels[hole] = images[end], labels[end]
    return Images(images[:end], labels[:end])
