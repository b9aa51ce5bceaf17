"""What photographs cost: decoded, cropped, kept, and waited for. Each budget is a ratio.

    python -m benchmarks.photos [--only PART …] [--rounds 7] [--workers 2]
        [--photographs 3000] [--images 60000] [--data FOLDER]

The parts, each with photographs that it generates (benchmarks/made_photographs.py):

    screen   images a second of CPU time at 500×375, against torchvision's ImageFolder
    large    the same at 12 megapixels
    wait     what a second run waits for data : a first run, `--photographs` of 1 MB each; its
             network computes next to nothing, since one that computes for longer never waits
    start    start of a second run : first, `--images` small JPEGs
    step     share of ResNet-18's steps that waits for data, at 160 pixels from the cache, on a CPU
    canvas   PSNR of crops of canvases; `--data` adds photographs of yours

The budget of `wait` is for 3,000 photographs, that of `start` for 60,000 images. Fewer of them take
less time, in which the starts of processes count for more; the output names the numbers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import photo_canvas, photo_decoding, photo_runs

PARTS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "screen": lambda given: photo_decoding.measure(
        photo_decoding.SCREEN, given.workers, given.rounds
    ),
    "large": lambda given: photo_decoding.measure(
        photo_decoding.LARGE, given.workers, given.rounds
    ),
    "wait": lambda given: photo_runs.second_wait(given.photographs, given.rounds),
    "start": lambda given: photo_runs.second_start(given.images, given.rounds),
    "step": lambda given: photo_runs.step_wait(photo_runs.STEP_PHOTOGRAPHS, given.rounds),
    "canvas": lambda given: photo_canvas.measure(photo_canvas.PHOTOGRAPHS, given.data),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[*PARTS], metavar="PART")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--photographs", type=int, default=3_000)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--data", type=Path, help="a folder of JPEGs, for the part canvas")
    options = parser.parse_args()
    for part in options.only:
        print(part, flush=True)
        PARTS[part](options)


if __name__ == "__main__":
    main()
