"""Models of the real timm."""

from __future__ import annotations

import pytest
import torch

from engine.errors import UsageError
from engine.models import registry
from tests.processes import headless

pytestmark = pytest.mark.extras


def test_a_model_takes_the_images_and_classes_of_the_task() -> None:
    model = registry.build("timm/resnet10t", 1, 64, 5)
    assert model(torch.rand(2, 1, 64, 64)).shape == (2, 5)


def test_a_name_that_timm_does_not_know_is_answered_by_one_that_it_does() -> None:
    with pytest.raises(UsageError, match="did you mean timm/resnet10t"):
        registry.build("timm/resnet10tt", 3, 64, 5)


def test_a_run_trains_a_step_of_it() -> None:
    process = headless("--no-ui", "-m", "timm/resnet10t", "-d", "digits", "--dry-run")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "dry run: one step and one evaluation batch worked" in out
