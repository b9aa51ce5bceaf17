"""The benchmark of photographs: what it generates, reads from journals, and compares."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import made_photographs, photo_canvas, photo_decoding, photo_runs
from benchmarks.made_photographs import Sides
from benchmarks.photo_decoding import CACHED, FIRST, Work
from benchmarks.photo_runs import BATCH, Place, Wait
from engine.protocol import events
from engine.run.journal import Journal

SCREEN = Sides(500, 375)


def test_the_amplitudes_of_a_generated_photograph_fall_as_those_of_real_ones() -> None:
    """As 1 / frequency, to the power of 0.9 to 1.8 as single photographs have it."""
    grey = np.asarray(made_photographs.photograph(SCREEN, seed=3).convert("L"), float)
    window = np.hanning(SCREEN.height)[:, None] * np.hanning(SCREEN.width)
    amplitude = np.abs(np.fft.rfft2((grey - grey.mean()) * window))
    down, across = np.fft.fftfreq(SCREEN.height)[:, None], np.fft.rfftfreq(SCREEN.width)
    frequency = np.hypot(down, across)
    edges = np.geomspace(0.01, 0.35, 12)
    rings = [(frequency >= low) & (frequency < high) for low, high in itertools.pairwise(edges)]
    means = [np.sqrt((amplitude[ring] ** 2).mean()) for ring in rings]
    slope = np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(means), 1)[0]
    assert -1.8 < slope < -0.9


def test_a_seed_gives_the_same_photograph_at_each_size() -> None:
    small, again, large, other = (
        np.asarray(made_photographs.photograph(sides, seed).resize((50, 38)), float).ravel()
        for sides, seed in ((SCREEN, 1), (SCREEN, 1), (Sides(1000, 750), 1), (SCREEN, 2))
    )
    assert (small == again).all()
    assert np.corrcoef(small, large)[0, 1] > 0.8 > np.corrcoef(small, other)[0, 1]


def test_a_folder_of_photographs_has_classes_and_a_copy_has_that_of_its_original(
    tmp_path: Path,
) -> None:
    made_photographs.write(tmp_path, 7, Sides(64, 48), different=3)
    files = {file.stem: file for file in tmp_path.rglob("*.jpg")}
    assert len(files) == 7
    assert len({file.read_bytes() for file in files.values()}) == 3
    assert {file.parent.name for file in files.values()} == {"class0", "class1"}
    assert files["00001"].parent == files["00004"].parent
    assert files["00001"].read_bytes() == files["00004"].read_bytes()


def test_small_images_are_cut_from_photographs_and_differ(tmp_path: Path) -> None:
    made_photographs.write_cut(tmp_path, 20, 32)
    files = [*tmp_path.rglob("*.jpg")]
    assert len({file.read_bytes() for file in files}) == 20
    for file in files:
        with Image.open(file) as image:
            assert image.size == (32, 32)


def test_waits_are_read_from_a_journal_by_epoch(tmp_path: Path) -> None:
    """Two steps of 1 s each that wait for a half, three of 2 s that wait for a tenth."""
    journal = Journal(tmp_path / "journal.jsonl")
    for epoch, step, seconds, share in ((1, 2, 2.0, 0.5), (2, 3, 2.0, 0.1), (2, 5, 4.0, 0.1)):
        steps = 2 if step != 3 else 1
        speed = steps * BATCH / seconds
        journal.append(events.Steps(epoch, images_per_second=speed, waited=share, step=step))
    journal.close()
    assert photo_runs.waits(tmp_path, 1) == pytest.approx(Wait(1.0, 2.0))
    assert photo_runs.waits(tmp_path, 2) == pytest.approx(Wait(0.6, 6.0))


def test_second_runs_are_divided_by_first_ones_of_the_same_cache(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    caches: list[str] = []

    def once(place: Place, cache: str) -> float:
        caches.append(cache)
        return 1.0 if caches.count(cache) == 2 else 5.0

    photo_runs.pairs("second : first", Place(tmp_path), once, 6, 0.25)
    assert caches[0] == "off"
    assert [*map(caches.count, caches[1:])] == [2] * 12
    assert not any(map(os.path.exists, caches))
    assert "second : first  0.200   (0.200 to 0.200)   kept (≤ 0.25)" in capsys.readouterr().out


def test_crops_of_canvases_are_close_to_those_of_the_whole_photograph(tmp_path: Path) -> None:
    made_photographs.write(tmp_path, 1, Sides(1600, 1200))
    (file,) = tmp_path.rglob("*.jpg")
    quality = [psnr for scale, psnr in photo_canvas.qualities(file, 0) if scale >= 0.25]
    assert len(quality) == 3 * photo_canvas.BOXES
    assert min(quality) > photo_canvas.BUDGET


def test_a_shifted_crop_is_not_taken_for_the_same() -> None:
    """By one pixel of 224, a photograph has far less than the budget."""
    picture = np.asarray(made_photographs.photograph(Sides(225, 224), seed=0)).transpose(2, 0, 1)
    assert photo_canvas.psnr(picture[..., 1:], picture[..., :-1]) < 30
    assert photo_canvas.psnr(picture, picture) == photo_canvas.EQUAL


def test_all_ways_of_decoding_have_a_speed(tmp_path: Path) -> None:
    kind = photo_decoding.Kind(Sides(64, 48), 16, 4, 4, {})
    kind.write(tmp_path)
    work = Work(tmp_path, kind.batch, workers=1)
    ways = (photo_decoding.ours, photo_decoding.by_pillow, photo_decoding.by_tensors)
    found = {name: speed for way in ways for name, speed in way(work).items()}
    assert found.keys() == {FIRST, CACHED, "Pillow", "tensors"}
    assert min(found.values()) > 0
