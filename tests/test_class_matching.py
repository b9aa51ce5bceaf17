"""Classes of another data set are those of the network that have their names."""

from __future__ import annotations

import pytest

from engine.trained.class_matching import matches, suggestion


@pytest.mark.parametrize(
    ("known", "others", "expected"),
    [
        (["cat", "dog"], ["dog", "horse", "cat"], [1, None, 0]),
        (["German_shepherd", "tabby"], ["german shepherd", "TABBY", "tab-by"], [0, 1, None]),
        (["0", "1", "10"], ["001", "10", "0010", "2"], [1, 2, 2, None]),
        (["Cat", "cat"], ["cat", "CAT", "Cat"], [1, None, 0]),
        (["groesse", "strasse"], ["straße"], [1]),
        (["٣"], ["3"], [0]),
    ],
)
def test_names(known: list[str], others: list[str], expected: list[int | None]) -> None:
    assert matches(known, others) == expected


@pytest.mark.parametrize(
    ("other", "near"),
    [
        ("Ships", "ship"),
        ("foxes", "fox"),
        ("Pony", "ponies"),
        ("TrafficLight", "traffic light"),
        ("letter 4", ""),
        ("4", ""),
        ("horse", ""),
    ],
)
def test_a_name_that_differs_by_a_plural_or_signs_is_suggested(other: str, near: str) -> None:
    known = ["ship", "fox", "ponies", "traffic light", "letter 5", "40"]
    assert suggestion(known, other) == near
