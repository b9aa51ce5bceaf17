"""Whatever names a place holds, each image is used once or left out, or a sentence says why."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from engine.data.inventory.layouts.understanding import understand
from engine.errors import DataError
from tests.listings import NamedPlace

FOLDERS = (
    *("train", "Test", "val_set", "seg_pred", "dataset", "images", "masks", "unknown"),
    *("cat", "dog", "1", "02", "part_1", "part_2", "test-cat"),
)
FILES = ("1.jpg", "2.png", "cat.1.jpg", "dog.2.jpg", "3.jpg")
TABLES = {
    "labels.csv": "id,label\n1,cat\n2,dog\n3,cat\n7,dog\n",
    "train.csv": "file,cat,dog\n1.jpg,1,0\n2.png,0,1\n",
    "list.txt": "train/1.jpg 0\nTest/2.png 1\ncat/3.jpg 1\n",
    "index.tsv": "path\tkind\tsplit\n1.jpg\ta\ttrain\n2.png\tb\tval\n3.jpg\tb\ttest\n",
}


def any_place(draw: random.Random) -> NamedPlace:
    """A tree of up to four levels with a few images and perhaps tables."""
    names = set()
    words, deepest = draw.sample(FOLDERS, draw.randint(1, 6)), draw.randint(0, 4)
    for _ in range(draw.randint(1, 25)):
        folders = [draw.choice(words) for _ in range(draw.randint(0, deepest))]
        names.add("/".join([*folders, draw.choice(FILES)]))
    tables = {}
    for name in draw.sample([*TABLES], draw.choice((0, 0, 1, 2))):
        folder = draw.choice(sorted({image.rpartition("/")[0] for image in names}))
        tables[f"{folder}/{name}".lstrip("/")] = TABLES[name]
    return NamedPlace(sorted(names), tables)


@pytest.mark.parametrize("labels", ["auto", "prefix", "column:kind"])
def test_no_image_is_lost_or_used_twice(labels: str) -> None:
    understood = 0
    for seed in range(700):
        place = any_place(random.Random(seed))
        try:
            layout = understand(place, labels)
        except DataError:
            continue
        understood += 1
        found = [name for labelled in layout.splits.values() for name, _ in labelled]
        found += layout.unlabelled
        found += [name for names in layout.skipped.values() for name in names]
        here = [f"{above}/{name}".lstrip("/") for above, n in place.folders.items() for name in n]
        tables = [name for name in place.tables if name not in layout.tables]
        assert Counter(found) == Counter([*here, *tables]), seed
        assert len(layout.classes) > 1, seed
        held = {
            label for split in ("validation", "test") for _, label in layout.splits.get(split, ())
        }
        assert held <= {*layout.classes}, seed
    assert understood > 20
