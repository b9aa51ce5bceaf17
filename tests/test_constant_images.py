"""A set of images of one colour stops before the training."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.processes import headless


def test_images_that_show_nothing_stop_with_a_sentence(tmp_path: Path) -> None:
    for index in range(20):
        file = tmp_path / "images" / "ab"[index % 2] / f"{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (32, 32), 7).save(file)
    runs = tmp_path / "runs"
    arguments = ("-m", "lenet5", "-d", str(tmp_path / "images"), "--runs-dir", str(runs))
    process = headless("--no-ui", *arguments)
    _, error = process.communicate()
    assert process.returncode == 2
    assert f"each training image in {tmp_path}/images is of one colour" in error
