"""Whose warnings fail a test: our own modules', and no other project's."""

from __future__ import annotations

import warnings

import pytest


def warn(module: str) -> None:
    """As where this module calls what is out of date."""
    warnings.warn_explicit("out of date", DeprecationWarning, "file.py", 1, module)


@pytest.mark.parametrize(
    "module", ["engine", "engine.data.sets.idx", "tui.app", "tests.idle", "cnn_tui"]
)
def test_a_warning_of_ours_is_an_error(module: str) -> None:
    with pytest.raises(DeprecationWarning):
        warn(module)


@pytest.mark.parametrize("module", ["torch.nn", "engineering", "textual.app"])
def test_one_of_another_project_is_none(module: str) -> None:
    with warnings.catch_warnings(record=True) as told:
        warn(module)
    assert len(told) == 1
