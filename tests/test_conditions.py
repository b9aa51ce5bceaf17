"""Conditions: what they take, when they hold, and that printing and parsing agree."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.run import conditions, run_fields
from engine.run.conditions import Condition, Kind, Number, Seconds, Share, Term, Word

FIELDS: dict[str, Kind] = {**run_fields.RUN_FIELDS, "arch": Word(), "tag": Word()}


def parse(text: str) -> Condition:
    return conditions.parse(text, run_fields.kind_in(FIELDS))


@pytest.mark.parametrize(
    ("written", "values", "holds"),
    [
        ("top1>90%", {"top1": 0.901}, True),
        ("top1>90%", {"top1": 0.9}, False),
        ("top1>=90%", {"top1": 0.9}, True),
        ("top1>0.9", {"top1": 0.901}, True),
        ("top1=87.3%", {"top1": 0.873}, True),
        ("top1 < 90%", {"top1": 0.1}, True),
        ("top1<=1", {"top1": 1.0}, True),
        ("loss<1e-3", {"loss": 0.0005}, True),
        ("loss<.5 top1>90%", {"loss": 0.4, "top1": 0.91}, True),
        ("loss<.5 top1>90%", {"loss": 0.6, "top1": 0.91}, False),
        ("elapsed>1h30m", {"elapsed": 5401.0}, True),
        ("remaining<=2m", {"remaining": 120.0}, True),
        ("step!=7", {"step": 8}, True),
        ("state=done", {"state": "done"}, True),
        ("state!=done", {"state": "failed"}, True),
        ("arch=resnet18 data_drift<50%", {"arch": "resnet18", "data_drift": 0.4}, True),
        ('tag="my tag" "val loss"<1', {"tag": "my tag", "val loss": 0.5}, True),
        ("gradient_norm>-1", {"gradient_norm": 0.0}, True),
    ],
)
def test_when_a_condition_holds(
    written: str, values: dict[str, float | str | None], holds: bool
) -> None:
    assert parse(written).holds(values) == holds


@pytest.mark.parametrize("sign", conditions.OPERATORS)
@pytest.mark.parametrize("value", [None, math.nan])
def test_what_is_not_a_number_meets_nothing(sign: str, value: float | None) -> None:
    condition = parse(f"loss{sign}1")
    assert not condition.holds({"loss": value})
    assert not condition.holds({})


def test_an_unknown_text_meets_nothing() -> None:
    assert not parse("arch!=vgg11").holds({})


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "the condition is empty: write NAME OPERATOR VALUE in quotes"),
        ("  ", "the condition is empty"),
        ("top1", "'top1' begins no condition: write NAME OPERATOR VALUE in quotes, with >, >=, <,"),
        ("top1>", "'top1>' begins no condition"),
        ("top1>90% and loss<1", "'and' begins no condition"),
        ("top1==0.9", "'top1==0.9' begins no condition"),
        ("top1=>0.9", "'top1=>0.9' begins no condition"),
        ('arch="vgg', "'arch=\"vgg' begins no condition"),
        ("top1>90", "top1 is a share, and 90 is more than all: write 90%, or a number from 0 to 1"),
        ("top1>1.5", "top1 is a share, and 1.5 is more than all: write 1.5%, or"),
        ("top1>101%", "top1 is a share, not '101%': write it as on the screen, 90%, or as a"),
        ("top1>900", "top1 is a share, not '900'"),
        ("top1>-1%", "top1 is a share, not '-1%'"),
        ("top1>high", "top1 is a share, not 'high'"),
        ("loss<50%", "loss is a number, not '50%': write one such as 0.5, 100 or 1e-3."),
        ("loss<nan", "loss is a number, not 'nan'"),
        ("loss<1e999", "loss is a number, not '1e999'"),
        ("my_norm<x", "my_norm is a number, not 'x': write one such as 0.5, 100, 90% or 1e-3."),
        ("elapsed>90", "elapsed takes a duration: '90' is no duration: write one such as 90s, 30m"),
        ("state=finished", "state is never 'finished': choose queued, starting, live, paused, "),
        ("state>done", "state is a word and has no order: use = or !=, not >."),
        ("tpo1>90%", "there is no number 'tpo1': did you mean top1?"),
        ("TOP1>90%", "there is no number 'TOP1': did you mean top1?"),
        ("x\x1b[31m>y", "x\\x1b[31m is a number"),
    ],
)
def test_a_wrong_term_is_answered_by_what_is_taken(written: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(written)
    assert str(caught.value).startswith(sentence)
    assert str(caught.value)[-1] in ".?"


def test_a_scalar_that_a_run_has_may_be_named_nearly_as_a_field() -> None:
    kind_of = run_fields.kind_in(FIELDS, lambda: ["top3", "Gradient_norm"])
    assert conditions.parse("top3>90%", kind_of).holds({"top3": 0.91})
    with pytest.raises(UsageError, match="no number 'top2'"):
        conditions.parse("top2>90%", kind_of)
    with pytest.raises(UsageError, match=r"'gradient-norm': did you mean Gradient_norm\?"):
        conditions.parse("gradient-norm<5", kind_of)


SIGNS = st.sampled_from([*conditions.OPERATORS])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
KINDS: dict[str, Kind] = {
    "share": Share(),
    "number": Number(),
    "any": Number(may_be_share=True),
    "seconds": Seconds(),
    "word": Word(),
}
TERMS = st.one_of(
    st.builds(Term, st.just("share"), SIGNS, st.floats(0, 1), st.just(KINDS["share"])),
    st.builds(Term, st.just("number"), SIGNS, NUMBERS, st.just(KINDS["number"])),
    st.builds(Term, st.just("any"), SIGNS, NUMBERS, st.just(KINDS["any"])),
    st.builds(Term, st.just("seconds"), SIGNS, st.floats(0, 1e12), st.just(KINDS["seconds"])),
    st.builds(Term, st.just("word"), st.sampled_from(["=", "!="]), st.text(), st.just(Word())),
)


@given(st.lists(TERMS, min_size=1, max_size=4), st.sampled_from([" ", "  ", "\n"]))
def test_what_is_printed_is_read_as_the_same(terms: list[Term], space: str) -> None:
    condition = Condition(tuple(terms))
    assert conditions.parse(str(condition), KINDS.__getitem__) == condition
    assert conditions.parse(space.join(map(str, terms)), KINDS.__getitem__) == condition


@given(st.text(), SIGNS, NUMBERS)
def test_any_name_can_be_written(name: str, sign: str, value: float) -> None:
    term = Term(name, sign, value, Number(may_be_share=True))
    assert conditions.parse(str(term), lambda name: term.kind) == Condition((term,))


@given(st.text(alphabet='top1loss<>=!%."\\ 0189ehm\n'))
def test_any_text_is_a_condition_or_one_sentence(written: str) -> None:
    try:
        condition = parse(written)
    except UsageError:
        return
    assert parse(str(condition)) == condition


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d1h", 90_000), ("1.5h", 5400)],
)
def test_a_duration(written: str, seconds: float) -> None:
    assert conditions.parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["", "90", "2 h", "h", "-1s", "1y", f"{'9' * 400}s"])
def test_no_duration(written: str) -> None:
    with pytest.raises(UsageError, match="is no duration: write one such as 90s, 30m, 2h or 1h30m"):
        conditions.parse_duration(written)
