"""Ten thousand damaged image files: each is decoded, or named, and no process dies of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data.decoding.image_format import ImageFormat
from engine.data.reading.decoded_images import decode_by_processes
from engine.data.stored.stored_image import LabelledImages
from tests.fuzzed_images import fuzzed_files
from tests.loading import run_to_end, stored

COUNT = 10_000

pytestmark = pytest.mark.soak


def test_ten_thousand_damaged_files(tmp_path: Path) -> None:
    images: LabelledImages = [
        (stored(file), 0) for file in fuzzed_files(seed=1, count=COUNT, folder=tmp_path)
    ]
    decoded = run_to_end(decode_by_processes(images, ImageFormat(3, 16, 0), 2))[1]
    assert decoded.notes == (), "a process died"
    assert COUNT * 0.4 < len(decoded.broken) < COUNT * 0.8
    assert all(decoded.broken.values())
