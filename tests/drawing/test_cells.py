"""Rows of spans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.drawing import cells
from tui.drawing.cells import Ink, Span

INKS: list[Ink] = ["plain", "dim", "train"]


@given(st.lists(st.tuples(st.sampled_from("a ⠉界"), st.sampled_from(INKS))))
def test_letters_with_their_inks_are_the_row_that_their_spans_merge_to(
    signs: list[tuple[str, Ink]],
) -> None:
    letters, inks = [letter for letter, _ in signs], [ink for _, ink in signs]
    assert cells.inked(letters, inks) == cells.merged(Span(*sign) for sign in signs)


def test_neighbours_of_one_ink_are_one_span() -> None:
    assert cells.inked("ab c", ["dim", "dim", "dim", "key"]) == (
        Span("ab ", "dim"),
        Span("c", "key"),
    )


def test_rows_stand_beside_each_other_however_many_either_side_has() -> None:
    one, two, wide = (Span("a"),), (Span("b"),), (Span("界c"),)
    shown = cells.beside([one, wide], 2, 1, [two])
    assert [cells.text(row) for row in shown] == ["a  b", "界 "]
    shown = cells.beside([one], 2, 1, [two, two])
    assert [cells.text(row) for row in shown] == ["a  b", "   b"]
    assert cells.beside([], 2, 1, []) == []
