"""What is said of a data set before any training."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data import preparation
from engine.data.decoding.image_format import ImageFormat
from engine.data.image_alerts import image_alerts
from engine.data.inventory import inventory_text
from engine.data.inventory.inventory import Inventory
from engine.data.loading import load
from engine.data.reading.data_reading import with_format
from engine.data.stored.image_file import ImageFile
from engine.data.stored.stored_image import StoredImage
from engine.data.survey import fingerprinting, survey, survey_text
from engine.data.survey.contact_sheet import contact_sheet
from engine.data.survey.duplicates import findings
from engine.data.survey.file_rows import file_rows
from engine.data.survey.fingerprint import gradient_hash
from engine.data.survey.near_pairs import near_pairs
from engine.data.survey.quick_headers import Header, header, quick_header
from engine.data.survey.survey import Findings, Place, Reason, SizeCount, Survey
from engine.data.survey.surveying import read_headers, seen, summed_sizes
from engine.data.survey.surveying import survey as survey_of
from engine.protocol import answers, events
from engine.recipes.recipe import Recipe, Resolved
from engine.recipes.recipe_building import build_recipe
from tests.loading import run_to_end
from tests.memory_images import BrokenImage, CrashingImage, MemoryImage, encoded, noise

SKIPPED = {"hidden": [".a", ".b", ".c", ".d"]}


def inventory(train: Sequence[StoredImage], validation: Sequence[StoredImage] = ()) -> Inventory:
    """Images of the classes before the `/` of their names."""
    classes = sorted({image.name.partition("/")[0] for image in (*train, *validation)})

    def labelled(images: Sequence[StoredImage]) -> list[tuple[StoredImage, int]]:
        return [(image, classes.index(image.name.partition("/")[0])) for image in images]

    return Inventory(
        "/set",
        tuple(classes),
        labelled(train),
        labelled(validation),
        "separate",
        layout="CLASS",
        skipped=SKIPPED,
        notes=("a note.", inventory_text.left_out(SKIPPED)),
    )


def surveyed(found: Inventory) -> Survey:
    return survey_of(with_format(found, Recipe()), run_to_end(read_headers(found.images))[1])


def found_in(data: Inventory, near_bits: int | None = None) -> Findings:
    return run_to_end(findings(with_format(data, Recipe()), 1, near_bits))[1]


def test_counts_sizes_and_what_is_cut_off() -> None:
    said = surveyed(
        inventory(
            [
                MemoryImage("cat/1", (80, 40)),
                MemoryImage("cat/2", (80, 40)),
                MemoryImage("cat/3", (40, 40), "L"),
                BrokenImage("dog/1"),
            ],
            [MemoryImage("dog/2", (200, 100))],
        )
    )
    assert [(s.name, s.images, s.of_class) for s in said.splits] == [
        ("train", 4, (3, 1)),
        ("validation", 1, (0, 1)),
    ]
    assert said.sizes is not None
    assert said.sizes.common[0] == SizeCount((80, 40), 2)
    assert (said.sizes.different, said.sizes.smallest, said.sizes.largest) == (
        *(3, (40, 40), (200, 100)),
    )
    assert said.sizes.median == (80, 40)
    assert said.modes == (("RGB", 3), ("L", 1))
    # Three of four lose the half of their area, and three are smaller than the 48 pixels.
    assert (said.seen.size, said.seen.cut, said.seen.most_cut, said.seen.enlarged) == (
        *(48, 0.375, 0.5, 3),
    )
    assert said.broken == (Reason("not an image", 1, ("dog/1",)),)
    assert said.skipped == (Reason("hidden", 4, (".a", ".b", ".c")),)
    assert said.notes == ("a note.",)  # what is skipped is said once


def test_a_data_set_without_a_readable_image_is_surveyed() -> None:
    said = surveyed(inventory([BrokenImage("cat/1"), BrokenImage("dog/1")]))
    assert (said.sizes, said.modes) == (None, ())
    assert survey_text.sizes(said.sizes) == "no image can be read"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("RGB", "L", "P", "RGBA", "LA")),
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
    ],
)
def test_a_header_read_at_once_is_that_of_pillow(tmp_path: Path, kind: str, mode: str) -> None:
    content = encoded(noise(1, (50, 30)).convert(mode), kind)
    (tmp_path / "image").write_bytes(content)
    with Image.open(tmp_path / "image") as image:
        assert quick_header(content) == Header(image.size, image.mode) == Header((50, 30), mode)
    assert header(ImageFile(str(tmp_path), "image")) == Header((50, 30), mode)


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GIF89a",
        encoded(noise(1, (9, 9)), "PNG")[:20],
        encoded(noise(1, (9, 9)), "JPEG")[:20],
        encoded(noise(1, (9, 9)).convert("1"), "PNG"),
    ],
    ids=["empty", "another format", "a cut PNG", "a cut JPEG", "one bit"],
)
def test_pillow_is_asked_about_all_other_headers(first: bytes) -> None:
    assert quick_header(first) is None


def test_a_long_block_before_the_size_of_a_jpeg_is_left_to_pillow(tmp_path: Path) -> None:
    noise(1, (50, 30)).save(tmp_path / "a.jpg", comment=b"x" * 10_000)
    assert quick_header((tmp_path / "a.jpg").read_bytes()[:4096]) is None
    assert header(ImageFile(str(tmp_path), "a.jpg")) == Header((50, 30), "RGB")


def place(name: str, split: str) -> Place:
    return Place(name, name.partition("/")[0], split)


def test_what_the_headers_told_is_not_said_again(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "2").write_bytes(encoded(noise(1, (32, 32)), "PNG")[:200])
    cut = ImageFile(str(tmp_path), "cat/2")
    data = inventory([BrokenImage("cat/1"), cut, MemoryImage("dog/1")])
    headers = run_to_end(read_headers(data.images))[1]
    assert [*headers.broken] == [0]
    read = with_format(data, Recipe())
    found = run_to_end(findings(read, 1, None, headers.broken))[1]
    assert found.broken == ((place("cat/2", "train"), "the file is cut off"),)


def test_images_that_occur_twice_leak_and_have_one_colour() -> None:
    found = found_in(
        inventory(
            [
                MemoryImage("cat/1", seed=1),
                MemoryImage("cat/2", seed=2),
                MemoryImage("cat/3", seed=None),
                BrokenImage("dog/0"),
                MemoryImage("dog/1", seed=1),
            ],
            [MemoryImage("dog/2", seed=2), MemoryImage("dog/3", (16, 4), seed=1)],
        )
    )
    both = (place("cat/1", "train"), place("dog/1", "train"))
    leak = (place("cat/2", "train"), place("dog/2", "validation"))
    assert found.twice == (both, leak)
    assert found.other_labels == (both, leak)
    assert found.leaks == (leak[::-1],)
    assert found.constant == (place("cat/3", "train"),)
    assert found.broken == ((place("dog/0", "train"), "not an image"),)
    assert (found.images, found.near) == (7, None)


def test_the_kind_of_file_makes_no_other_image(tmp_path: Path) -> None:
    grey = noise(3, (20, 20)).convert("L")
    files = {"a/1.png": grey, "b/2.bmp": grey.convert("RGB"), "b/3.png": grey.convert("P")}
    for name, image in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.save(tmp_path / name)
    found = found_in(inventory([ImageFile(str(tmp_path), name) for name in files]))
    assert [place.name for place in found.twice[0]] == [*files]


def test_images_that_look_alike_are_found_once_each() -> None:
    large = MemoryImage("cat/1", (90, 80), seed=5)
    data = inventory([large, MemoryImage("cat/2", (90, 80), seed=5)], [Brighter("dog/1", large)])
    found = found_in(data, near_bits=0)
    assert found.near is not None
    assert [(pair.first.name, pair.second.name, pair.bits) for pair in found.near] == [
        ("cat/1", "dog/1", 0)
    ]


class Brighter(MemoryImage):
    """Another image, a little brighter."""

    def __new__(cls, name: str, other: MemoryImage) -> Brighter:
        return super().__new__(cls, name, other.size, other.mode, other.seed)

    def open(self) -> Image.Image:
        return super().open().point(lambda value: min(255, value + 2))


def test_a_gradient_hash_has_a_bit_for_each_fall_of_brightness() -> None:
    falling = np.repeat(np.arange(252, 0, -28, dtype=np.uint8)[None, :, None], 8, 0)
    assert gradient_hash(falling.repeat(3, 2)) == 2**64 - 1
    assert gradient_hash(falling[:, ::-1].repeat(3, 2)) == 0


@pytest.mark.parametrize("most", [0, 1, 3, 7])
def test_all_pairs_of_hashes_that_differ_in_few_bits_are_found(most: int) -> None:
    random = np.random.default_rng(0)
    hashes = random.integers(0, 2**64, 300, np.uint64)
    for start in (0, 100):  # copies with a few flipped bits
        flips = np.uint64(1) << random.integers(0, 64, (5, 50), np.uint64)
        hashes[start + 50 : start + 100] = hashes[start : start + 50] ^ np.bitwise_xor.reduce(flips)
    hashes[250:] = hashes[0]
    near = [
        (i, j, bits)
        for i, j in itertools.combinations(range(300), 2)
        if (bits := int(np.bitwise_count(hashes[i] ^ hashes[j]))) <= most
    ]
    assert len(near) > 1000
    assert near_pairs(hashes, most) == near


def test_an_image_that_crashes_the_decoder_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprinting, "MANY_IMAGES", 1)
    monkeypatch.setattr(fingerprinting, "PROCESS_CHUNK", 2)
    images = [MemoryImage(f"cat/{index}", seed=index) for index in range(4)]
    work = fingerprinting.Fingerprinting([*images[:2], CrashingImage("cat/x"), *images[2:]])
    shares = [*work.take(2)]
    assert all(0 <= share <= 1 for share in shares)
    assert work.broken == {2: "it crashes the decoder"}
    assert len({*work.found["low"].tolist()}) == 5


def test_each_file_gets_the_gravest_verdict() -> None:
    data = inventory(
        [
            MemoryImage("cat/1", seed=1),
            MemoryImage("cat/2", seed=1),
            MemoryImage("cat/3", seed=None),
            BrokenImage("dog/0"),
        ],
        [MemoryImage("dog/2", seed=1)],
    )
    headers = run_to_end(read_headers(data.images))[1]
    rows = [(row.file, row.label, row.split, row.verdict) for row in file_rows(data, headers, None)]
    assert rows[3] == ("dog/0", "dog", "train", "broken: not an image")
    assert {row[3] for row in rows[:3]} == {"ok"}
    rows = [
        (row.file, row.label, row.split, row.verdict)
        for row in file_rows(data, headers, found_in(data))
    ]
    assert rows == [
        ("cat/1", "cat", "train", "ok"),
        ("cat/2", "cat", "train", "duplicate of cat/1"),
        ("cat/3", "cat", "train", "constant"),
        ("dog/0", "dog", "train", "broken: not an image"),
        ("dog/2", "dog", "validation", "also in training: cat/1"),
        *((name, "", "", "skipped: hidden") for name in (".a", ".b", ".c", ".d")),
    ]


def test_the_contact_sheet_has_the_first_readable_image_of_each_class() -> None:
    data = inventory(
        [BrokenImage("cat/1"), MemoryImage("cat/2", (80, 40)), MemoryImage("dog/1", seed=None)]
    )
    sheet = contact_sheet(data, with_format(data, Recipe()).image_format)
    assert [sample.label for sample in sheet.samples] == ["cat", "dog"]
    assert {(s.picture.channels, s.picture.height) for s in sheet.samples} == {(3, 32)}


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        (
            {(64, 48): 2},
            "2 classes: cat, dog; the images are 64×48, and the network sees them in colour, as "
            "3×32×32: the square at the centre; 25 % of the area is cut off",
        ),
        (
            {(32, 32): 3, (40, 20): 1},
            "2 classes: cat, dog; the images are 40×20 to 32×32, most often 32×32, and the network "
            "sees them in colour, as 3×32×32: the square at the centre; 12 % of the area is cut "
            "off (50 % at most)",
        ),
        # No size is more frequent than another.
        (
            {(64, 60): 1, (60, 40): 1, (40, 40): 1},
            "2 classes: cat, dog; the images are 40×40 to 64×60, median 60×40, and the network "
            "sees them in colour, as 3×32×32: the square at the centre; 13 % of the area is cut "
            "off (33 % at most)",
        ),
        # Few have the most frequent one.
        (
            {(64, 64): 2, **{(64 + side, 64 + side): 1 for side in range(1, 10)}},
            "2 classes: cat, dog; the images are 64×64 to 73×73, median 68×68, and the network "
            "sees them in colour, as 3×32×32: nothing is cut off",
        ),
    ],
)
def test_the_log_of_a_run_says_the_size_of_the_images(
    sizes: dict[tuple[int, int], int], sentence: str
) -> None:
    counts = Counter(sizes)
    network = seen(counts, ImageFormat(3, 32, 0))
    found, classes = summed_sizes(counts), ("cat", "dog")
    assert survey_text.summary("", classes, found, counts.total(), network, crops=False) == sentence


def test_with_random_crops_the_log_says_that_the_centre_is_for_evaluations() -> None:
    counts = Counter({(64, 48): 2})
    network = seen(counts, ImageFormat(3, 32, 0, crop_pct=0.95))
    said = survey_text.summary("", ("cat", "dog"), summed_sizes(counts), 2, network, crops=True)
    assert said.endswith(
        "and in evaluations the network sees them in colour, as 3×32×32: 95 % of the square at the "
        "centre; 32 % of the area is cut off"
    )


@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_a_run_says_how_its_files_are_understood(tmp_path: Path, loader: str) -> None:
    for name in ("a/1", "a/2", "a/3", "b/1", "b/2", "b/3"):
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        noise(len(name), (64, 48)).save(path)
    recipe = build_recipe(settings={"loader": loader, "data": str(tmp_path)})
    data = run_to_end(load(recipe))[1]
    resolved = Resolved(
        device="cpu", precision="float32", memory_format="contiguous", threads=1, size=64
    )
    said = [*preparation.data_alerts(data, recipe, resolved, 1e9)]
    assert isinstance(said[0], events.Alert)
    assert said[0].text.startswith(
        "the data is understood as CLASS, with 2 classes: a, b; the images are 64×48, and the "
        "network sees them in colour, as 3×48×48: "
    )


def alerts_on(root: Path, images: tuple[int, int], code: str, **settings: object) -> list[str]:
    """The texts of the alerts of this code on a folder of two classes of such images."""
    for name in ("a/1", "a/2", "a/3", "b/1", "b/2", "b/3"):
        path = root / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        noise(len(name), images).save(path)
    recipe = build_recipe(settings={"data": str(root), **settings})
    data = run_to_end(load(recipe))[1]
    resolved = Resolved(
        device="cpu",
        precision="float32",
        memory_format="contiguous",
        threads=1,
        size=64,
        loader=data.loader,
    )
    said = preparation.data_alerts(data, recipe, resolved, 1e9)
    return [a.text for a in said if isinstance(a, events.Alert) and a.code == code]


@pytest.mark.parametrize(
    ("images", "settings", "beginnings"),
    [
        ((200, 210), {}, ["size = auto is 224 pixels, as for ImageNet: the images are photogr"]),
        ((60, 50), {}, ["size = auto is 48 pixels, the multiple of 16 next to the median of the"]),
        ((40, 40), {}, []),
        ((200, 210), {"size": 96}, []),
        ((40, 50), {"size": 80}, []),
        (
            (40, 50),
            {"size": 81},
            [
                "of 6 sampled images 6 are enlarged more than twice for the 81 pixels that the "
                "network sees: they look blurred; --set size=48 shows as much, and trains faster."
            ],
        ),
        ((40, 50), {"size": 81, "fit": "pad"}, []),
        ((40, 50), {"size": 80, "crop_pct": 0.9}, ["of 6 sampled images 6 are enlarged more"]),
        # Weights want this size: no other one is proposed for the images.
        (
            (40, 50),
            {"pretrained": True, "arch": "resnet18"},
            [
                "the size is 224 pixels, which the pretrained weights were trained at: ",
                "of 6 sampled images 6 are enlarged more than twice for the 224 pixels that the "
                "network sees: they look blurred.",
            ],
        ),
    ],
)
def test_the_log_says_why_images_get_their_size(
    tmp_path: Path, images: tuple[int, int], settings: dict[str, object], beginnings: list[str]
) -> None:
    said = alerts_on(tmp_path, images, "size", **settings)
    assert len(said) == len(beginnings)
    assert all(map(str.startswith, said, beginnings))


def test_the_log_says_what_random_crops_are_made_of(tmp_path: Path) -> None:
    said = alerts_on(tmp_path, (64, 48), "loader", crop=0, crop_scale=(0.25, 1.0))
    assert said == [
        "each image is decoded in every epoch, with its shorter side shrunk to about 96 pixels if "
        "it is much longer; random crops are made of that when needed, by 1 process"
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "the square at the centre; 50 % of the area is cut off"),
        ({"crop_pct": 0.8}, "80 % of the square at the centre; 68 % of the area is cut off"),
        ({"fit": "pad"}, "each image whole, with black margins"),
        ({"fit": "squash"}, "each image whole, squashed to a square"),
        (
            {"fit": "squash", "crop_pct": 0.8},
            "80 % of each side, squashed; 36 % of the area is cut off",
        ),
    ],
)
def test_a_survey_says_how_images_become_squares(fields: dict[str, Any], words: str) -> None:
    network = seen(Counter({(80, 40): 2}), ImageFormat(3, 32, 0, **fields))
    assert survey_text.seen(network) == f"3×32×32: {words}"


def test_messages_are_the_same_after_their_way_between_processes() -> None:
    data = inventory([MemoryImage("cat/1"), MemoryImage("dog/1")], [BrokenImage("dog/2")])
    headers = run_to_end(read_headers(data.images))[1]
    messages: list[survey.Message] = [
        surveyed(data),
        found_in(data, near_bits=2),
        survey.FileRows(tuple(file_rows(data, headers, None))),
        answers.Progress("reading", 0.5),
    ]
    assert [survey.decode(survey.encode(message)) for message in messages] == messages


PHOTOGRAPHS = ", since the median of their shorter sides is 200 pixels, and at least 192"


@pytest.mark.parametrize(
    ("images", "settings", "sentence"),
    [
        (
            (200, 210),
            {"preset": "photo", "arch": "resnet18"},
            f"the recipe is photo, at 224 pixels: the images are photographs{PHOTOGRAPHS}; a "
            "smaller size trains faster, such as --set size=160",
        ),
        (
            (100, 90),
            {"preset": "photo", "arch": "resnet18", "size": 96},
            "the recipe is photo, at 96 pixels, though the images are small: the median of their "
            "shorter sides is 90 pixels, and that of photographs at least 192",
        ),
        (
            (100, 90),
            {"arch": "resnet18"},
            "the recipe is quick: the median of the shorter sides of the images is 90 pixels, and "
            "photo is for images of 192 and more",
        ),
        (
            (200, 210),
            {"arch": "lenet5"},
            "the recipe is quick, though the images are photographs: photo is for networks that "
            "were made for ImageNet, and lenet5 is not known to be one",
        ),
        (
            (200, 210),
            {"arch": "resnet18"},
            "the recipe is quick, though the images are photographs: --recipe photo trains on "
            "random crops of them",
        ),
        ((200, 210), {"arch": "resnet18", "preset": "best"}, None),
    ],
)
def test_the_log_says_why_images_get_their_recipe(
    tmp_path: Path, images: tuple[int, int], settings: dict[str, object], sentence: str | None
) -> None:
    said = alerts_on(tmp_path, images, "recipe", **settings)
    assert said == ([] if sentence is None else [sentence])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {},
            "in training the network sees random crops of 25 % to 100 % of the area, changed at "
            "random by flip, trivialaugment, erasing; they grow from 128 to 224 pixels in the "
            "first 68 epochs",
        ),
        (
            {"size": 96, "crop_scale": (0.5, 1.0), "flip": False, "erasing": 0.0}
            | {"auto_augment": "none"},
            "in training the network sees random crops of 50 % to 100 % of the area",
        ),
    ],
)
def test_the_log_says_what_training_shows_of_images(
    settings: dict[str, object], sentence: str
) -> None:
    recipe = build_recipe(settings={"preset": "photo", "arch": "resnet18", "data": "x", **settings})
    assert recipe.size != "auto"
    told = image_alerts((), ImageFormat(3, recipe.size, 0), recipe)
    assert [alert.text for alert in told if alert.code == "crops"] == [sentence]


def test_the_log_says_why_pretrained_weights_get_their_size() -> None:
    recipe = build_recipe(settings={"arch": "resnet18", "data": "x", "pretrained": True})
    (told,) = image_alerts((), ImageFormat(3, 224, 0), recipe)
    assert told.text.startswith("the size is 224 pixels, which the pretrained weights")
