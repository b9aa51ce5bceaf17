"""The names of a Lightning module's metrics, in the fields of the journal."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cnn_tui.lightning_watching import logged_metrics


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("val_loss", "val_loss"),
        ("val/loss", "val_loss"),
        ("validation_cross_entropy", "val_loss"),
        ("valid_acc_epoch", "val_top1"),
        ("val_MulticlassAccuracy", "val_top1"),
        ("val_top5", "val_top5"),
    ],
)
def test_results_of_a_validation_are_known_by_their_names(name: str, field: str) -> None:
    assert logged_metrics.validation_results({name: 0.5}) == ({field: 0.5}, {})


@pytest.mark.parametrize("name", ["val_iou", "value_loss", "loss", "test_acc", "val_losses"])
def test_other_results_keep_their_names(name: str) -> None:
    assert logged_metrics.validation_results({name: 0.5}) == ({}, {name: 0.5})


def test_the_second_loss_keeps_its_name() -> None:
    found = logged_metrics.validation_results({"val_loss": 1.0, "val/loss": 2.0})
    assert found == ({"val_loss": 1.0}, {"val/loss": 2.0})


def test_a_metric_of_steps_and_epoch_is_told_once() -> None:
    metrics = {"train_acc": 0.1, "train_acc_step": 0.1, "train_acc_epoch": 0.4, "grad": 3.0}
    assert logged_metrics.of_steps(metrics) == {"train_acc": 0.1, "grad": 3.0}
    assert logged_metrics.training_results(metrics) == ({"train_top1": 0.4}, {"grad": 3.0})


def test_only_what_was_logged_again_is_new() -> None:
    loss, accuracy = object(), object()
    trainer = SimpleNamespace(callback_metrics={"val_loss": loss, "val_acc": accuracy})
    metrics = logged_metrics.NewMetrics()
    assert set(metrics.look(trainer)) == {"val_loss", "val_acc"}
    trainer.callback_metrics = {"val_loss": loss, "val_acc": object()}
    assert set(metrics.look(trainer)) == {"val_acc"}
