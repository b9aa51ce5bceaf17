"""The lines that `--no-ui` prints: one per epoch, and one every few seconds between."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET

from engine import numbers, text
from engine.catalog import architecture_names
from engine.machine import machine_text
from engine.process import process_text
from engine.protocol import events
from engine.protocol.events import Event
from engine.run.fold import is_total_of_resume
from engine.run.history import History
from engine.run.journal_search import superseded

STEP_SECONDS = 5.0


class Lines:
    """Turns the events of a run, in order, into lines for a log or a plain terminal."""

    def __init__(
        self, selector: str = "", steered: Iterable[events.Steered] = (), *, named: bool = True
    ) -> None:
        """`selector` names the run on a command line, unless nothing can resume it.

        `steered` are the changes in force. A run that is not `named` has no name to print.
        """
        self._selector, self._named = selector, named
        self._history = History()
        self._history.steerings.extend(steered)
        self._printed = 0.0
        self._loading: set[str] = set()

    def of(self, event: Event) -> list[str]:
        """The lines for this event; mostly none."""
        planned, was_paused = self._history.epochs_planned, self._history.paused
        self._history.fold([event])
        match event:
            case events.RunStarted():
                return _started(event, self._history)[0 if self._named else 1 :]
            case events.Phase(name="paused"):
                return [] if was_paused else [event.name]
            case events.Phase() if event.name in ("downloading", "loading"):
                return self._once(event)
            case events.Steps():
                return self._step(event)
            case events.EpochEnded():
                self._printed = event.time
                return [_epoch(event, self._history)]
            case events.Checkpointed() if event.reason not in ("epoch", "best"):
                return [f"saved {text.harmless(event.file)} at step {event.step:,}"]
            case events.Resumed():
                self._drop_superseded(event)
                return [f"resumed at step {event.step:,}, in epoch {event.epoch}"]
            case events.Steered() if not is_total_of_resume(event):
                return [_steered(event, planned)]
            case events.Alert():
                return [f"{event.level}: {text.harmless(event.text)}"]
            case events.RunEnded():
                shows = self._selector and event.reason == "done"
                report = [process_text.how_to_report(self._selector)] if shows else []
                return [_ended(event, self._selector), *report]
        return []

    def _drop_superseded(self, resumed: events.Resumed) -> None:
        """Drop the changes that a person made after the checkpoint of this resume."""
        steerings = self._history.steerings
        kept = [event for event in steerings if not superseded(event, [resumed])]
        steerings.clear()
        steerings.extend(kept)

    def _once(self, event: events.Phase) -> list[str]:
        line = f"{event.name} {text.harmless(event.note)}".rstrip()
        if event.note in machine_text.WHOLE_NOTES:
            line = event.note
        if line in self._loading:
            return []
        self._loading.add(line)
        return [line]

    def _step(self, event: events.Steps) -> list[str]:
        if 0 <= event.time - self._printed < STEP_SECONDS:
            return []
        self._printed = event.time
        history = self._history
        left = history.remaining()
        parts = [
            f"epoch {event.epoch}{_of(history.epochs_planned)}",
            f"step {event.step:,}{_of(history.planned_steps, ',')}",
            f"loss {numbers.significant(event.loss)}",
            f"acc {numbers.share(event.top1)}",
            f"lr {numbers.significant(event.lr)}",
            _speed(history.pace),
        ]
        return ["  ".join(parts + ([f"{numbers.duration(left)} left"] if left is not None else []))]


def _loss(value: events.MaybeMeasured) -> str:
    """A loss of an epoch, its point where those of other epochs are."""
    return numbers.at_point(numbers.significant(value), 2, 4)


def _accuracy(fraction: events.MaybeMeasured) -> str:
    """An accuracy of an epoch, its point where those of other epochs are."""
    return numbers.at_point(numbers.share(fraction), 3, 4)


def _of(total: int | None, separator: str = "") -> str:
    """What stands behind a count whose total is known."""
    return "" if total is None else f"/{total:{separator}}"


def _speed(images_per_second: events.MaybeMeasured) -> str:
    return f"{numbers.speed(images_per_second)} img/s"


def _started(event: events.RunStarted, history: History) -> list[str]:
    recipe, resolved, name = event.recipe, event.resolved, f"run {text.harmless(event.name)}"
    if recipe is None or resolved is None:
        return [name]
    data = text.harmless(recipe.data)
    arch = text.harmless(architecture_names.short_name(recipe.arch))
    return [
        name,
        f"{arch} on {data}: {event.parameters:,} parameters, "
        f"{numbers.count(event.macs)} MAC, {event.train_images:,} training and "
        f"{event.validation_images:,} validation images, {len(event.classes)} classes",
        f"{text.harmless(event.device)}, {resolved.precision}, {resolved.memory_format}, "
        f"batch {history.batch}, {text.in_epochs(history.epochs_planned or 0)} of "
        f"{text.in_steps(event.steps_per_epoch)}, seed {recipe.seed}",
    ]


def _steered(event: events.Steered, planned: int | None) -> str:
    """The new learning rate, and the new total of epochs where it changed."""
    words = [f"lr {numbers.short(event.lr)}"]
    if event.epochs != planned:
        words.insert(0, f"{text.in_epochs(event.epochs)} in all, with a new plan of the rate")
    if event.asked is None and event.factor != 1:
        words.append(f"{numbers.short(event.factor)} times the planned one")
    return f"steered at step {event.step:,}: {', '.join(words)}"


def _epoch(event: events.EpochEnded, history: History) -> str:
    planned = _of(history.epochs_planned)
    width = max(0, len(planned) - 1)
    best = "  best" if event.best else ""
    balanced = "" if event.balanced is UNSET else f" balanced {_accuracy(event.balanced)}"
    left_out = f" ({event.left_out:,} left out)" if event.left_out else ""
    return (
        f"epoch {event.epoch:>{width}}{planned}  "
        f"train {_loss(event.train_loss)} {_accuracy(event.train_top1)}  "
        f"val {_loss(event.loss)} {_accuracy(event.top1)}{balanced}{left_out}  "
        f"{numbers.duration(event.seconds)} + {numbers.duration(event.evaluation_seconds)}  "
        f"{_speed(event.images_per_second)}{best}"
    )


def _ended(event: events.RunEnded, selector: str) -> str:
    words = [event.reason, f"after {numbers.duration(event.seconds)}"]
    if event.best_top1 is not UNSET:
        words.append(f"– best {numbers.share(event.best_top1)} at epoch {event.best_epoch}")
    if event.test_top1 is not UNSET:
        words.append(f"– test {numbers.share(event.test_top1)}")
    if event.reason == "stopped" and selector:
        words.append(f"– go on with: cnn-tui resume {text.typed(selector)}")
    return " ".join(words)
