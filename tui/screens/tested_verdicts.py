"""What the tests of a run's network say: the one at its end, and those of `cnn-tui test`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.numbers import share, significant
from engine.run.history import History
from engine.run.kept_tests import BEST, DataTest
from engine.text import harmless
from tui.drawing import cells
from tui.drawing.cells import Span
from tui.screens import verdict_text
from tui.screens.verdict import Verdict

# A name of a data set is at most this wide.
NAME = 16


def tested_verdicts(history: History, tests: Sequence[DataTest]) -> Iterator[Verdict]:
    """One for the other data set that was tested last, and one for the run's own images.

    `tests` come with the newest first, and so do these two.
    """
    own = next((test for test in tests if test.own), None)
    other = [test for test in tests if not test.own]
    found = [*([_own(history, own)] if own else []), *([_other(history, other)] if other else [])]
    yield from found[::-1] if tests and not tests[0].own else found
    if history.test_top1 is not None and (own is None or own.split != "test"):
        text = verdict_text.tested(share(history.test_top1))
        yield Verdict("good", text, verdict_text.TESTED_REASON)


def _own(history: History, test: DataTest) -> Verdict:
    top1, error = share(test.measures.top1), share(test.measures.calibration.error)
    when = _when(history, test)
    if test.split == "test":
        text, short = verdict_text.tested_calibrated(top1, error), verdict_text.tested(top1)
        return Verdict("good", text + when, verdict_text.TESTED_REASON, short + when)
    text = verdict_text.validated_calibrated(error) + when
    return Verdict("good", text, verdict_text.validated_reason(top1))


def _other(history: History, tests: Sequence[DataTest]) -> Verdict:
    newest, *older = tests
    measures, name, when = newest.measures, _name(newest), _when(history, newest)
    top1, error = share(measures.top1), share(measures.calibration.error)
    text = verdict_text.tested_on(name, top1, error) + when
    weights = harmless(newest.checkpoint), newest.epoch
    values = share(measures.balanced), significant(measures.loss)
    reason = verdict_text.tested_on_reason(*weights, f"{measures.images:,}", *values, error)
    if older:
        results = (f"{_name(test)} {share(test.measures.top1)}" for test in older)
        reason = f"{reason} {verdict_text.older_tests(results)}"
    return Verdict("good", text, reason, verdict_text.tested_on_short(name, top1) + when)


def _name(test: DataTest) -> str:
    return cells.text(cells.shortened((Span(harmless(test.data)),), NAME))


def _when(history: History, test: DataTest) -> str:
    """The epoch of the weights, unless they are those of the best one."""
    best = history.best
    is_best = test.checkpoint == BEST and best is not None and best.epoch == test.epoch
    return "" if is_best else f" @{test.epoch}"
