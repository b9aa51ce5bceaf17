"""Results of tests of a network, as `cnn-tui test` makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.run.judgements import LEFT_OUT, Judgements
from engine.run.kept_tests import DataTest, TestedSplit
from engine.run.measuring import measured


def data_test(
    data: str = "photos",
    *,
    labels: Sequence[int] = (0, 0, 0, 1, 1, 2, LEFT_OUT),
    predicted: Sequence[int] = (0, 0, 1, 1, 0, 2, LEFT_OUT),
    confidence: float = 0.9,
    classes: Sequence[str] = ("cat", "dog", "owl"),
    split: TestedSplit = "test",
    own: bool = False,
    time: float = 1.0,
    epoch: int = 4,
    checkpoint: str = "best.pt",
    unknown: Sequence[tuple[str, int]] = (),
) -> DataTest:
    """A test of a network that gives each prediction the same probability."""
    said = np.full(len(labels), confidence, np.float32)
    true, taken = np.array(labels, np.int32), np.array(predicted, np.int32)
    judgements = Judgements(
        labels=true,
        predicted=taken,
        probability=said,
        label_probability=np.where(true == taken, said, (1 - said) / 2).astype(np.float32),
        among_five=np.ones(len(labels), np.bool_),
    )
    measures = measured(judgements, len(classes))
    assert measures is not None
    return DataTest(
        time=time,
        source="7-resnet18-pets",
        checkpoint=checkpoint,
        epoch=epoch,
        step=10 * epoch,
        data=data,
        place=f"/data/{data}",
        own=own,
        split=split,
        digest="5d41",
        classes=tuple(classes),
        unknown=tuple(unknown),
        device="cpu",
        versions={"torch": "2.9"},
        measures=measures,
    )
