"""HEIC images, opened by the real pi-heif."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from engine.data import loading
from engine.data.decoding.decode import decode
from engine.data.decoding.image_format import ImageFormat
from engine.recipes.recipe_building import build_recipe
from tests.loading import run_to_end, stored

pytestmark = pytest.mark.extras

# 16×16 pixels, red above blue; pi-heif itself writes no files.
UPRIGHT = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoAABAAAAAAAAAFcAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAAB"
    "AABodmMxAAAAAA5waXRtAAAAAAABAAAA/GlwcnAAAADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADw"
    "NgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAA"
    "AAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAA"
    "AAEAAAAAEAAAAQAAAAAf///9AAAAAC////0AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYEC"
    "AwWEAAAAX21kYXQAAABTKAGvBjIbMcaAjO3LxfUmf//cX+y9QVtqXrR3I+fv//6BI47/pi5sSFRyelZP71jzUq4e7O"
    "3YhCbf40uegGXY8QCA/vfdYYlxNBMISSM0tQi9UmA="
)
# The same with an EXIF orientation of 6: to be turned by 90 degrees.
TURNED = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAcdtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB6wABAAAAAAAAAFcAAgAAAAACQgABAAAAAAAAACQAAAA4aWluZgAA"
    "AAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABBmlwcn"
    "AAAADlaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroC"
    "QGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybm"
    "NseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAEAAAAAEAAAAQAAAAAf///9AAAAAC////0AAA"
    "AAIAAAAQcGl4aQAAAAADCAgIAAAACWlyb3QDAAAAGWlwbWEAAAAAAAAAAQABBoECAwWEhgAAABppcmVmAAAAAAAAAA"
    "5jZHNjAAIAAQABAAAAg21kYXQAAABTKAGvBjIbMcaAjO3LxfUmf//cX+y9QVtqXrR3I+fv//6BI47/pi5sSFRyelZP"
    "71jzUq4e7O3YhCbf40uegGXY8QCA/vfdYYlxNBMISSM0tQi9UmAAAAAGRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAA"
    "YAAAAAAAA="
)
RED, BLUE = [200, 30, 30], [30, 30, 200]
COLOUR = ImageFormat(3, 16, 0)


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF", "a.jpg", "a"])
def test_an_image_is_opened_whatever_its_suffix(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(UPRIGHT)
    found = decode(stored(tmp_path / name), COLOUR).astype(int)
    assert abs(found[:, 2, 8] - RED).max() <= 12
    assert abs(found[:, 13, 8] - BLUE).max() <= 12


def test_an_image_is_turned_upright_once(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(TURNED)
    found = decode(stored(tmp_path / "a.heic"), COLOUR).astype(int)
    assert abs(found[:, 8, 13] - RED).max() <= 12
    assert abs(found[:, 8, 2] - BLUE).max() <= 12


@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_decoding_processes_open_them_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loader: str
) -> None:
    monkeypatch.setattr("engine.data.reading.decoded_images.MANY_IMAGES", 1)
    for index in range(10):
        file = tmp_path / "ab"[index % 2] / f"{index}.jpg"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(UPRIGHT)
    recipe = build_recipe(
        settings={"data": str(tmp_path), "size": 16, "loader": loader, "threads": 1}
    )
    data = run_to_end(loading.load(recipe))[1]
    assert data.notes == ()
    assert (
        abs(data.train.one(0).pixels[:, 2, 8].int() - data.train.one(0).pixels[:, 3, 8]).max() <= 3
    )
