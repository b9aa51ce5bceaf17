"""The history of a run: the fold of its journal, and the quantities derived from it.

The dashboard, `cnn-tui runs` and the printed lines all read a run through `History.fold`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from engine import numbers
from engine.catalog import datasets
from engine.protocol import events
from engine.protocol.events import known
from engine.recipes import schedule
from engine.recipes.recipe import Recipe, short_names
from engine.recipes.schedule import Steering
from engine.recipes.steering import Position
from engine.run.fold import GAP_SECONDS, Fold

# The pace is the median of this many recent reports.
PACE_REPORTS = 20
# With fewer reports the remaining time is unknown: the first step takes far longer than the rest.
FEWEST_REPORTS = 3
# Of epochs shorter than this, a viewer that looks twice a second sees the middle by chance.
SHORT_EPOCH_SECONDS = 1.0


class History(Fold):
    """Progress, plan, learning rate, pace and remaining time of one run."""

    @property
    def recipe(self) -> Recipe | None:
        """What the engine was asked for; None before the start, and where a script trains."""
        return self.run.recipe if self.run is not None else None

    @property
    def names(self) -> tuple[str, str]:
        """Architecture and data set, without folders; empty where the run does not tell them."""
        return short_names(self.recipe) if self.recipe is not None else ("", "")

    @property
    def planned_steps(self) -> int | None:
        """The total number of steps; None if it is not known."""
        if self.counts_steps:
            return (self.run.planned_steps or None) if self.run is not None else None
        return self.epochs_planned * self.steps_per_epoch if self.epochs_planned else None

    @property
    def epochs_planned(self) -> int | None:
        """The total number of epochs: the one set by steering, else that of the start.

        None before the start, and where the program that trains did not tell it.
        """
        if self.recipe is not None:
            began: int | None = self.recipe.epochs
        else:
            began = self.watched.epochs if self.watched is not None else None
        return self.steered.epochs if self.steered is not None and began else began

    @property
    def epoch(self) -> int:
        """The epoch in training, from 1; once the run is done, the last one.

        In a log, the last one that it names: nobody knows whether another one has begun.
        """
        ended = self.epochs[-1].epoch if self.epochs else 0
        if ended and self.ended is not None and self.ended.reason == "done":
            return ended  # patience may have ended the run before its last epoch
        if self.is_log:
            return max(1, ended, self.reports.last.epoch if self.reports.last is not None else 0)
        # Until an epoch is evaluated, its last step belongs to it.
        epoch = max(ended, self._epochs_before_last_step) + 1
        return epoch if self.epochs_planned is None else min(self.epochs_planned, epoch)

    @property
    def _epochs_before_last_step(self) -> int:
        if self.watched is None:
            return (self.step - 1) // self.steps_per_epoch
        # The epochs of a script need not have the same length, but its reports name them.
        return self.reports.last.epoch - 1 if self.reports.last is not None else 0

    @property
    def is_past_first_epoch(self) -> bool:
        """Whether all that a first epoch brings is known: later steps, or the end, follow it."""
        return bool(self.epochs) and (self.ended is not None or self.step > self.epochs[0].step)

    def place(self, ended: events.EpochEnded) -> float:
        """Where the curves show the results of an epoch: at its number, or at its last step."""
        return float(ended.epoch if self.watched is None else ended.step / self.steps_per_epoch)

    def epoch_at(self, step: int) -> float:
        """The epochs that had ended at this step, with the part of the next one if it is known."""
        if not self.counts_steps:
            return step / self.steps_per_epoch
        return float(next((e.epoch for e in reversed(self.epochs) if e.step <= step), 0))

    @property
    def planned_places(self) -> int | None:
        """Where the curves end: the total of epochs, or of steps; None if it is not known."""
        return self.planned_steps if self.counts_steps else self.epochs_planned

    @property
    def progress(self) -> float:
        """Finished steps as a share of the planned ones, 0 to 1; 0 without a total."""
        return min(1.0, self.step / self.planned_steps) if self.planned_steps else 0.0

    @property
    def best(self) -> events.EpochEnded | None:
        """The epoch with the highest validation accuracy; among equals the first.

        None before the first epoch, and while a part of the journal is not read yet.
        """
        if self.read_share < 1.0:
            return None
        return next((e for e in reversed(self.epochs) if e.best), None)

    @property
    def test_top1(self) -> float | None:
        """The accuracy of the best epoch on the test images; None unless the run ended with it."""
        return known(self.ended.test_top1) if self.ended is not None else None

    @property
    def test_loss(self) -> float | None:
        """The loss of the best epoch on the test images; None unless the run ended with it."""
        return known(self.ended.test_loss) if self.ended is not None else None

    @property
    def plan(self) -> schedule.Plan | None:
        """The current schedule, as it has been steered."""
        return self._plan(self.steered)

    def _plan(self, steered: events.Steered | None) -> schedule.Plan | None:
        if self.recipe is None:
            return None
        steering = steered.steering if steered is not None else None
        return schedule.plan(self.recipe, self.steps_per_epoch, steering)

    def planned_rate(self, step: int) -> float | None:
        """The planned rate of the step with this 0-based number; None without a plan.

        For a past step, this is the plan that was in force then. Ahead, the factor that
        reduce-on-plateau has now is part of it.
        """
        in_force = (steered for steered in reversed(self.steerings) if steered.step <= step)
        plan = self._plan(next(in_force, None))
        if plan is None:
            return None
        plateau = self.plateau_factor if step >= self.step else 1.0
        return schedule.learning_rate(plan, min(step, plan.steps - 1), plateau)

    @property
    def rate(self) -> float | None:
        """The learning rate that steering has set since the last known step, else its rate."""
        return self._rate(self.steps)[0] if self.steps is not None else None

    def _rate(self, steps: events.Steps) -> tuple[float | None, int]:
        """The last known rate, and the 0-based number of its step."""
        if self.steered is not None and steps.step <= self.steered.step:
            return self.steered.lr, self.steered.step  # no step has used the new plan yet
        return known(steps.lr), max(0, steps.step - 1)

    @property
    def steered_factor(self) -> float:
        """The rate at the last steering over the one without steering."""
        return self.steered.factor if self.steered is not None else 1.0

    @property
    def plateau_factor(self) -> float:
        """The factor of reduce-on-plateau: the last known rate over the planned one."""
        plan = self.plan
        if self.steps is None or plan is None:
            return 1.0
        lr, step = self._rate(self.steps)
        before = plan.asked.plateau if plan.asked is not None else 1.0
        planned = schedule.learning_rate(plan, step, before)
        return before * lr / planned if planned and lr else before

    @property
    def steering(self) -> Steering | None:
        """The steering in force; None without a plan."""
        if self.recipe is None:
            return None
        return self.steered.steering if self.steered else Steering(epochs=self.recipe.epochs)

    @property
    def position(self) -> Position | None:
        """The point from which steering changes the plan; None without a plan."""
        if self.recipe is None:
            return None
        plateau = self.plateau_factor
        return Position(self.recipe, self.steps_per_epoch, self.epoch, self.step, plateau)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.run.classes if self.run else ()

    def elapsed(self, now: float) -> float:
        """Seconds that engines have spent on the run until `now`, not counting pauses.

        Of a log, until its last row; 0 where its rows have no times.
        """
        if not self.last_time or self.ended is not None or self.paused or self.is_log:
            return self._active
        return self._active + min(GAP_SECONDS, max(0.0, now - self.last_time))

    @property
    def epochs_are_short(self) -> bool:
        """Whether the last epoch took so little time that its parts cannot be watched."""
        last = self.epochs[-1] if self.epochs else None
        return last is not None and numbers.number(last.seconds) < SHORT_EPOCH_SECONDS

    @property
    def batch(self) -> int | None:
        """The images that a step learns from: all of them where there are fewer than a batch.

        None where it is not known.
        """
        if self.run is None or self.run.recipe is None:
            return None
        return min(self.run.recipe.batch, self.run.train_images)

    @property
    def pace(self) -> float | None:
        """Median images/s of the recent reports; None if none was measured.

        Reports measure the steps alone, so pauses do not count.
        """
        if not self._speed:
            return None  # as in most logs, whose reports need not be searched at each look
        measured = (numbers.number(s.images_per_second) for s in reversed(self.reports))
        recent = sorted(itertools.islice((m for m in measured if m > 0), PACE_REPORTS))
        return recent[len(recent) // 2] if recent else None

    @property
    def has_speed(self) -> bool:
        """Whether the training tells its speed; an engine always does in the end."""
        return self.watched is None or self.pace is not None

    def remaining(self) -> float | None:
        """Remaining seconds at the recent pace, including evaluations; None while unknown."""
        if self.planned_steps is None:
            return None
        left = max(0, self.planned_steps - self.step)
        if self.watched is not None:
            seconds = self._seconds_of_a_step()
            return None if seconds is None else left * seconds
        speed, epochs, batch = self.pace, self.epochs_planned, self.batch
        few = len(self.reports) < FEWEST_REPORTS
        if speed is None or epochs is None or batch is None or few:
            return None
        ended = self.epochs[-1].epoch if self.epochs else 0
        evaluations = max(0, epochs - ended) + self._test_share
        return left * batch / speed + evaluations * self._evaluation_seconds(speed)

    def _seconds_of_a_step(self) -> float | None:
        """The median time of a step of a script, with its share of the evaluations if possible.

        It is known from the times at which epochs ended; of a first epoch, from its reports.
        """
        told: Sequence[events.Steps | events.EpochEnded] = self.epochs
        if len(told) < FEWEST_REPORTS:
            told = self.reports
        paces = sorted(
            (after.time - before.time) / (after.step - before.step)
            for after, before in itertools.pairwise(itertools.islice(reversed(told), PACE_REPORTS))
            if after.step > before.step and after.time > before.time
        )
        return paces[len(paces) // 2] if len(told) >= FEWEST_REPORTS and paces else None

    def _evaluation_seconds(self, speed: float) -> float:
        """Seconds of the last evaluation.

        Before the first one, it is estimated as a third of the training time for the same images.
        """
        if self.epochs:
            return numbers.number(self.epochs[-1].evaluation_seconds)
        return self.run.validation_images / (3 * speed) if self.run else 0.0

    @property
    def _test_share(self) -> float:
        """Images of the final test as a share of the validation images."""
        recipe = self.recipe
        if self.run is None or recipe is None or self.ended is not None or not recipe.holdout:
            return 0.0
        known = datasets.DATASETS.get(recipe.data)
        validation = self.run.validation_images
        return known.test_images / validation if known is not None and validation else 1.0
