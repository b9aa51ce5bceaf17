"""The names of columns and tags, as the frameworks write them."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.logs import column_names
from engine.logs.column_roles import roles
from engine.logs.columns import Meaning, column

# Lightning 2.6.6, Keras 3.15.1, timm 1.0.31, Ultralytics 8.4.190, Transformers 5.24.0,
# mmengine 0.10.7, fastai 2.8.12, W&B's exports, and tags of TensorBoard.
MEANINGS = {
    "step": Meaning.STEP,
    "iter": Meaning.STEP,
    "Step": Meaning.STEP,
    "_step": Meaning.STEP,
    "trainer/global_step": Meaning.STEP,
    "epoch": Meaning.EPOCH,
    "                  epoch": Meaning.EPOCH,
    "Wall time": Meaning.TIME,
    "train_loss": Meaning.LOSS,
    "train_loss_step": Meaning.LOSS,
    "train/loss": Meaning.LOSS,
    "Loss/train": Meaning.LOSS,
    "loss": Meaning.LOSS,
    "batch_loss": Meaning.LOSS,
    "epoch_loss": Meaning.LOSS,
    "accuracy": Meaning.TOP1,
    "Train Acc.": Meaning.TOP1,
    "val_loss": Meaning.VAL_LOSS,
    "valid_loss": Meaning.VAL_LOSS,
    "eval_loss": Meaning.VAL_LOSS,
    "validation/epoch_loss": Meaning.VAL_LOSS,
    "evaluation/epoch_loss": Meaning.VAL_LOSS,
    "lively-sun-1 - val_loss": Meaning.VAL_LOSS,
    "val_accuracy": Meaning.VAL_TOP1,
    "val_acc": Meaning.VAL_TOP1,
    "val_MulticlassAccuracy": Meaning.VAL_TOP1,
    "val_sparse_categorical_accuracy": Meaning.VAL_TOP1,
    "eval_top1": Meaning.VAL_TOP1,
    "eval_accuracy": Meaning.VAL_TOP1,
    "metrics/accuracy_top1": Meaning.VAL_TOP1,
    "accuracy/top1": Meaning.VAL_TOP1,
    "val/accuracy_top-1": Meaning.VAL_TOP1,
    "test_acc1": Meaning.VAL_TOP1,
    "eval_top5": Meaning.VAL_TOP5,
    "metrics/accuracy_top5": Meaning.VAL_TOP5,
    "val_sparse_top_k_categorical_accuracy": Meaning.VAL_TOP5,
    "lr": Meaning.LR,
    "learning_rate": Meaning.LR,
    "lr-SGD": Meaning.LR,
    "lr-AdamW/pg1": Meaning.LR,
    "lr/pg0": Meaning.LR,
    "train_lr": Meaning.LR,
    "epoch_learning_rate": Meaning.LR,
    "train/box_loss": None,
    "val/cls_loss": None,
    "metrics/precision(B)": None,
    "lr-SGD-momentum": None,
    "val_loss_step": None,
    "lively-sun-1 - val_loss__MIN": None,
    "grad_norm": None,
    "base_lr": None,
    "time": None,
}


@pytest.mark.parametrize("name", MEANINGS)
def test_name_means(name: str) -> None:
    assert column(name).meaning is MEANINGS[name]


def meanings(*names: str) -> dict[str, Meaning | None]:
    return {name: role.meaning for name, role in roles(names, {}).items()}


def test_of_several_rates_the_first_one_is_the_rate() -> None:
    assert meanings("lr/pg0", "lr/pg1") == {"lr/pg0": Meaning.LR, "lr/pg1": None}


def test_bare_accuracy_beside_a_bare_loss_is_of_the_training() -> None:
    assert meanings("loss", "accuracy", "val_loss")["accuracy"] is Meaning.TOP1


def test_bare_accuracy_beside_both_losses_is_of_the_validation() -> None:
    """As in the history of fastai."""
    known = meanings("epoch", "train_loss", "valid_loss", "accuracy", "time")
    assert known["accuracy"] is Meaning.VAL_TOP1


def test_bare_top5_beside_a_bare_loss_is_no_number_of_the_validation() -> None:
    known = meanings("loss", "top5", "val_loss", "val_top5")
    assert known["top5"] is None
    assert known["val_top5"] is Meaning.VAL_TOP5


def test_a_test_is_the_validation_of_a_log_without_one() -> None:
    assert meanings("train_loss", "test_acc1")["test_acc1"] is Meaning.VAL_TOP1
    assert meanings("train_loss", "test_acc1", "val_loss")["test_acc1"] is None


def test_the_second_name_of_a_place_is_no_curve() -> None:
    assert roles(["iter", "step"], {})["step"].dropped


def test_the_user_names_columns() -> None:
    named = column_names.parse('step=iter, loss=train_l,"val_top1=acc, clean"')
    assert named == {
        "iter": Meaning.STEP,
        "train_l": Meaning.LOSS,
        "acc, clean": Meaning.VAL_TOP1,
    }
    known = roles(["iter", "train_l", "train_loss"], named)
    assert known["train_l"].meaning is Meaning.LOSS
    assert known["train_loss"].meaning is None


def test_the_user_names_nothing() -> None:
    assert column_names.parse("") == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("loss", "'loss' names no column: write --columns as in step=iter,loss=train_l."),
        ("los=a", "--columns knows no 'los': did you mean loss?"),
        ("loss=a,loss=b", "'loss=b' names a column or a meaning again: leave one of them out."),
        ("loss=a,lr=a", "'lr=a' names a column or a meaning again: leave one of them out."),
        ("lr=b,,", "'' names no column: write --columns as in step=iter,loss=train_l."),
    ],
)
def test_what_the_user_names_wrong(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        column_names.parse(text)
    assert str(error.value) == sentence
