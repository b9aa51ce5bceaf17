"""What a canvas costs a crop in quality: crops of canvases against crops of the whole image.

The photograph is decoded as a whole by Pillow, and the same box, in fractions of pixels, is resized
by Pillow's bilinear filter with antialiasing. PSNR in dB, of 224 pixels, both rounded to 8 bits. An
equal picture counts as 60 dB. The budget is for boxes of a quarter of the area and more.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import made_photographs
from benchmarks.made_photographs import Sides
from benchmarks.peer import interval, middle, verdict
from engine.data.decoding.canvas import Canvas, decode_canvas
from engine.data.decoding.crop_box import Box
from engine.data.decoding.cropping import Cropping
from engine.data.decoding.image_format import ImageFormat, Pixels
from engine.data.decoding.resampling import cropped
from engine.data.stored.image_file import ImageFile

SIDE = 224
FORMAT = ImageFormat(channels=3, size=SIDE, frame=0, canvas=2 * SIDE)
SIZES = (Sides(500, 375), Sides(2000, 1500), Sides(4000, 3000))
SCALES = (0.08, 0.15, 0.25, 0.5, 1.0)
JUDGED, BUDGET, EQUAL = 0.25, 40.0, 60.0
# Photographs of each size, and crops of each at each scale.
PHOTOGRAPHS, BOXES = 6, 8


def measure(images: int, given: Path | None) -> None:
    """Print the PSNR by size and scale: of generated photographs, and of those in a folder."""
    for sides in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            made_photographs.write(Path(folder), images, sides, images)
            report(f"{sides.width}×{sides.height}, generated", Path(folder))
    if given:
        report(given.name, given)


def report(name: str, folder: Path) -> None:
    files = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in (".jpg", ".jpeg")]
    found: dict[float, list[float]] = {scale: [] for scale in SCALES}
    for number, file in enumerate(files):
        for scale, psnr in qualities(file, number):
            found[scale].append(psnr)
    for scale, values in found.items():
        print(f"  {name}, {scale:.0%} of the area  {judged(scale, values)}", flush=True)


def judged(scale: float, values: Sequence[float]) -> str:
    """The medians of the photographs' crops, and the worst of them."""
    least = f"at least {min(values):.1f} dB"
    word = verdict(*interval(values), BUDGET) if scale >= JUDGED else ""
    # The verdict is the end of a line, for benchmarks/all.py.
    return f"{middle(values, 1)}  {least}   {word}".rstrip()


def qualities(file: Path, number: int) -> Iterator[tuple[float, float]]:
    """Scales and PSNR of random crops of a photograph."""
    canvas, _ = decode_canvas(ImageFile(str(file.parent), file.name), FORMAT)
    with Image.open(file) as opened:
        whole = opened.convert("RGB")
    for scale in SCALES:
        cropping = Cropping((scale, scale))
        for nth in range(BOXES):
            placement = cropping.drawn(nth + 1, number, canvas)
            ours = cropped(canvas, placement, SIDE)
            yield scale, psnr(ours, of_whole(whole, placement.box, canvas))


def of_whole(whole: Image.Image, box: Box, canvas: Canvas) -> Pixels:
    """The pixels (3, SIDE, SIDE) of the same part of the whole image."""
    height, width, _ = canvas.pixels.shape
    across, down = whole.width / width, whole.height / height
    left, top, right, bottom = box.left, box.top, box.left + box.width, box.top + box.height
    part = (left * across, top * down, right * across, bottom * down)
    resized = whole.resize((SIDE, SIDE), Image.Resampling.BILINEAR, part)
    return np.asarray(resized).transpose(2, 0, 1)


def psnr(one: Pixels, other: Pixels) -> float:
    error = float(np.mean((one.astype(np.float32) - other) ** 2))
    return min(EQUAL, 10 * math.log10(255**2 / error)) if error else EQUAL
