"""A broken image keeps its index: in training the next one stands in, evaluations leave it out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import torch
from PIL import Image
from torch import nn

from engine.data import loading
from engine.data.base.batch import Batch
from engine.data.base.dataset import LEFT_OUT, Dataset
from engine.data.loaders import loader_choice
from engine.data.loaders.loader_choice import Loader
from engine.devices.forward_pass import Judge
from engine.distributed.rank import Rank
from engine.errors import DataError
from engine.inspection import pictures
from engine.inspection.feature_map_events import FeatureMapReading
from engine.recipes.recipe_building import build_recipe
from engine.training.confusion_event import confusion
from engine.training.evaluator import Evaluator
from engine.training.metrics import EvaluationResult
from tests.loading import path_of, run_to_end

CPU = torch.device("cpu")
LOADERS = ("resident", "streaming")
COUNT, SIZE = 400, 8
BROKEN = (0, 41, 42, COUNT - 1)


def folder(root: Path, broken: tuple[int, ...] = BROKEN) -> Path:
    """Two classes of images in `train` and `val`, each of a grey level that tells its index."""
    for split in ("train", "val"):
        for index in range(COUNT):
            file = root / split / "ab"[index * 2 // COUNT] / f"{index:03}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            if index in broken:
                file.write_bytes(b"no image")
            else:
                Image.new("L", (SIZE, SIZE), index % 256).save(file)
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("images"))


@pytest.fixture(params=LOADERS)
def loaded(root: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Dataset, Loader]]:
    with opened(root, request.param) as found:
        yield found


@contextlib.contextmanager
def opened(root: Path, kind: Literal["resident", "streaming"]) -> Iterator[tuple[Dataset, Loader]]:
    chosen = build_recipe(
        settings={"data": str(root), "loader": kind, "batch": 16, "flip": "alternating", "size": 8}
    )
    data = run_to_end(loading.load(chosen, 1e9))[1]
    loader = loader_choice.loader(chosen, data, CPU, torch.contiguous_format)
    with contextlib.closing(loader):
        yield data, loader


def test_the_next_image_stands_in_with_its_own_index_and_label(
    loaded: tuple[Dataset, Loader],
) -> None:
    data, loader = loaded
    shown: dict[int, int] = {}
    for raw in loader.raw_batches(1):
        for pixels, label, index in zip(raw.pixels, raw.labels, raw.indices, strict=True):
            shown[int(index)] = shown.get(int(index), 0) + 1
            assert int(pixels[0, 0, 0]) == int(index) % 256
            assert int(label) == int(index) * 2 // COUNT
    assert not {*BROKEN} & {*shown}
    assert len(data.train) == COUNT
    assert [shown[index] for index in (1, 43, 2)] == [3, 3, 1]


def test_who_stands_in_is_not_sighted_in_place_of_the_broken_image(
    loaded: tuple[Dataset, Loader],
) -> None:
    _, loader = loaded
    sighted = torch.cat([raw.sighted for raw in loader.raw_batches(1)]).tolist()
    nobody = [COUNT] * len(BROKEN)
    assert sorted(sighted) == [*sorted({*range(COUNT)} - {*BROKEN}), *nobody]
    batches = list(loader.batches(1))
    assert [int(at) for batch in batches for at in _indices(batch)] == sighted


def _indices(batch: Batch) -> torch.Tensor:
    assert batch.indices is not None
    return batch.indices


def test_both_loaders_give_the_same_training_batches(root: Path) -> None:
    with opened(root, "resident") as (_, first), opened(root, "streaming") as (_, second):
        for ours, theirs in zip(first.raw_batches(2), second.raw_batches(2), strict=True):
            assert all(map(torch.equal, ours[:4], theirs[:4]))


def test_an_evaluation_leaves_broken_images_out_and_moves_no_other(
    loaded: tuple[Dataset, Loader],
) -> None:
    data, loader = loaded
    found = list(loader.evaluation_batches(data.validation, 7))
    labels = torch.cat([labels for _, labels in found])
    expected = torch.arange(COUNT) * 2 // COUNT
    expected[list(BROKEN)] = LEFT_OUT
    assert torch.equal(labels, expected)
    pixels = torch.cat([images for images, _ in found])[labels >= 0, 0, 0, 0]
    own = (torch.arange(COUNT) % 256)[expected >= 0].to(torch.uint8)
    assert torch.equal(pixels, loader.normalise(own[:, None, None, None])[:, 0, 0, 0])


class Grey(nn.Module):
    """Says the second class where an image is brighter than the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        bright = self.first(images).mean((1, 2, 3))
        return torch.stack((-bright, bright), dim=1)


def evaluated(data: Dataset, loader: Loader) -> EvaluationResult:
    evaluator = Evaluator(loader, 2, 50, Judge(CPU), lambda: 0.0, Rank())
    return run_to_end(evaluator.evaluate(Grey(), data.validation))[1][0]


def test_only_readable_images_are_counted(loaded: tuple[Dataset, Loader]) -> None:
    result = evaluated(*loaded)
    assert len(result.cells) == COUNT
    assert len(result.counted) == COUNT - len(BROKEN)
    event = confusion(result, 1, 1)
    assert sum(map(sum, event.counts)) == COUNT - len(BROKEN)
    assert not {*BROKEN} & {image for cell in event.worst for image in cell.images}
    right = int((result.counted % 3 == 0).sum())
    assert result.top1 == pytest.approx(right / (COUNT - len(BROKEN)))


def test_both_loaders_evaluate_alike(root: Path) -> None:
    with opened(root, "resident") as first, opened(root, "streaming") as second:
        ours, theirs = evaluated(*first), evaluated(*second)
    assert torch.equal(ours.cells, theirs.cells)
    assert ours.loss == pytest.approx(theirs.loss)


def test_a_picture_tells_the_index_and_the_name_of_the_image_in_it(
    loaded: tuple[Dataset, Loader],
) -> None:
    data, loader = loaded
    model, judge = Grey(), Judge(CPU)
    shown = pictures.examples(model, data.validation, loader.normalise, [41, 7], judge, 0).examples
    assert [(one.image, one.name, one.true) for one in shown] == [
        (43, "val/a/043.png", 0),
        (7, "val/a/007.png", 0),
    ]
    reading = FeatureMapReading(
        model, data.validation, loader.normalise, ["first"], judge, 0, image=COUNT - 1
    )
    (maps,) = reading.events()
    assert (maps.image, maps.name, maps.true) == (1, "val/a/001.png", 0)


def test_a_validation_of_broken_images_alone_ends_with_a_sentence(tmp_path: Path) -> None:
    with opened(folder(tmp_path, broken=()), "streaming") as (data, loader):
        for image in data.validation.stored:
            path_of(image).write_bytes(b"")
        with pytest.raises(DataError, match=r"100 images in a row .* cannot be read; the first"):
            list(loader.evaluation_batches(data.validation, 64))
