"""The plan of the learning rate under any schedule, any steering and any move of the end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.errors import UsageError
from engine.protocol import commands, events
from engine.recipes import schedule
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.recipes.schedule import Plateau, Steering
from engine.recipes.steering import FAR_ABOVE, RateFarAboveError
from engine.run.history import History
from engine.training.progress import Progress
from tests import scripted

STEPS_PER_EPOCH = 7

recipes = st.builds(
    lambda **fields: build_recipe(settings={**fields, "plateau": True}),
    schedule=st.sampled_from(["constant", "step", "cosine", "onecycle", "linear"]),
    epochs=st.integers(1, 12),
    lr=st.sampled_from([0.1, 1e-3, 0.05]),
    warmup=st.sampled_from([0.0, 0.0, 0.4, 3.0]),
    milestones=st.lists(st.integers(1, 14), max_size=3).map(tuple),
    peak=st.sampled_from([0.0, 0.23, 0.9]),
    lr_floor=st.sampled_from([0.0, 0.0, 1e-5]),
)
# Multiples of the recipe's rate, factors, totals relative to the epoch, and steps to train.
moves = st.lists(
    st.tuples(st.just("lr"), st.floats(1e-6, 1e4))
    | st.tuples(st.just("scale"), st.floats(1e-3, 1e3))
    | st.tuples(st.just("epochs"), st.integers(0, 40))
    | st.tuples(st.just("lr and epochs"), st.floats(1e-3, 1e2))
    | st.tuples(st.just("train"), st.integers(1, 60))
    | st.tuples(st.just("plateau"), st.just(0.2))
    | st.tuples(st.just("resume"), st.just(0)),
    max_size=9,
)


def steer(run: Progress, **changes: Any) -> events.Steered:
    return run.steer(commands.Steer(id="c", attempt="a", **changes))


class Steered:
    """A run that only counts its steps, and a viewer that reads its events."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.run = Progress(recipe, STEPS_PER_EPOCH)
        self.history = History()
        started = replace(scripted.started(), recipe=recipe, steps_per_epoch=STEPS_PER_EPOCH)
        self.history.fold([started, events.Phase("training")])

    @property
    def ahead(self) -> list[float]:
        """The rates from the next step to beyond the end."""
        return [self.run.rate(step) for step in range(self.run.step, self.run.plan.steps + 3)]

    def train(self, steps: int) -> None:
        """Train, at most to the last step of the last epoch, which is not evaluated yet."""
        run = self.run
        for _ in range(min(steps, run.plan.steps - run.step)):
            run.step += 1
            lr = run.rate(run.step - 1)
            self.history.fold([events.Steps(run.epoch, 1.0, 0.5, lr, 9.0, step=run.step)])
            run.ended_epochs = (run.step - 1) // STEPS_PER_EPOCH

    def change(self, **changes: Any) -> bool:
        """Steer; whether the engine did it."""
        before, epochs = self.ahead[0], self.run.steering.epochs
        has_steps = self.run.step < changes.get("epochs", epochs) * STEPS_PER_EPOCH
        try:
            event = steer(self.run, **changes)
        except RateFarAboveError:
            return False
        except UsageError as error:
            if has_steps and "above 0" not in str(error):
                raise
            return False
        self.history.fold([event])
        asked = changes.get("lr")
        if asked is not None:
            assert self.ahead[0] == event.lr == asked, "what was asked for is what holds"
            assert max(self.ahead) == asked, "until the plan is told otherwise"
        elif "scale" in changes:
            assert self.ahead[0] == pytest.approx(changes["scale"] * before)
        return True

    def resume(self) -> None:
        """Save, and go on from the file: the rates ahead are the same."""
        run = self.run
        saved = msgspec.convert(msgspec.to_builtins(run.steering), Steering)
        again = Progress(self.recipe, STEPS_PER_EPOCH)
        again.steer_to(saved)
        again.step, again.ended_epochs = run.step, run.ended_epochs
        again.plateau = run.plateau
        assert [again.rate(step) for step in range(run.plan.steps)] == [
            run.rate(step) for step in range(run.plan.steps)
        ]
        self.run = again

    def do(self, move: str, amount: float) -> None:
        epochs = self.run.epoch + int(amount)
        match move:
            case "train":
                self.train(int(amount))
            case "resume":
                self.resume()
            case "plateau":
                # A drop is seen by the viewer at the next report.
                self.run.plateau = Plateau(self.run.plateau.factor * amount)
                self.train(1)
            case "lr":
                self.change(lr=min(1000.0, amount * self.recipe.lr))
            case "scale":
                self.change(scale=amount)
            case "epochs":
                asked = self.run.steering.asked
                if self.change(epochs=epochs) and asked is not None:
                    assert max(self.ahead) <= asked.rate, "the end moves, the wish holds"
            case "lr and epochs":
                self.change(lr=amount * self.recipe.lr, epochs=epochs)


@settings(max_examples=100, deadline=None)
@given(recipes, moves)
def test_what_is_asked_for_holds_and_nothing_ever_explodes(
    recipe: Recipe, made: list[tuple[str, float]]
) -> None:
    steered = Steered(recipe)
    for move, amount in made:
        steered.do(move, amount)
        run, ahead = steered.run, steered.ahead
        assert max(ahead) <= FAR_ABOVE * recipe.lr * (1 + 1e-9)
        assert ahead[-3:] == sorted(ahead[-3:], reverse=True), "no bounce after the last step"
        assert run.plan.steps >= run.step
        if move == "train" and not recipe.lr_floor:
            viewed = [steered.history.planned_rate(s) for s in range(run.step, run.plan.steps)]
            assert viewed == pytest.approx(ahead[:-3], rel=1e-6), "the viewer draws this plan"


def test_a_rate_asked_for_near_the_end_survives_more_epochs() -> None:
    """The factor was 4,667, and 30 more epochs were trained at a rate of 218.7."""
    run = Progress(build_recipe(settings={"epochs": 30, "lr": 0.05}), 22)
    run.step, run.ended_epochs = 29 * 22 + 20, 29
    steer(run, lr=0.02)
    event = steer(run, epochs=60)
    assert event.lr == pytest.approx(0.02, rel=0.01)
    ahead = [run.rate(step) for step in range(run.step, run.plan.steps)]
    assert ahead == sorted(ahead, reverse=True)
    assert ahead[-1] < 1e-6
    assert len([rate for rate in ahead if rate > 0.01]) > 200, "it falls over all of them"


def test_a_rate_asked_for_while_the_plan_rises_is_the_highest_from_there() -> None:
    run = Progress(build_recipe(settings={"epochs": 10, "lr": 0.1, "warmup": 5.0}), 20)
    steer(run, lr=0.05)
    assert {run.rate(step) for step in range(60)} == {0.05}
    assert run.rate(150) < 0.03


def test_a_drop_that_was_made_is_not_undone_by_another_end() -> None:
    fields = {"epochs": 10, "schedule": "step", "milestones": (5,), "lr": 0.1}
    run = Progress(build_recipe(settings=fields), 10)
    steer(run, lr=0.04)
    run.step, run.ended_epochs = 60, 6
    assert run.rate(60) == pytest.approx(0.004)
    assert steer(run, epochs=20).lr == pytest.approx(0.004)


def test_a_huge_factor_of_an_older_version_does_not_reach_the_new_plan() -> None:
    run = Progress(build_recipe(settings={"epochs": 30, "lr": 0.05}), 22)
    run.step, run.ended_epochs = 30 * 22 - 2, 29
    run.steer_to(Steering(epochs=30, factor=4667.0))
    before = run.rate(run.step)
    event = steer(run, epochs=60)
    assert event.lr == pytest.approx(before, rel=0.02)
    assert schedule.highest_ahead(run.plan, run.step) <= before


def test_a_rate_far_above_the_recipe_must_be_meant() -> None:
    run = Progress(build_recipe(settings={"epochs": 10, "lr": 0.05, "schedule": "constant"}), 10)
    with pytest.raises(RateFarAboveError, match=r"would be 218, .* 4,360 times the recipe's 0.05"):
        steer(run, lr=218.0)
    assert run.rate(0) == 0.05
    assert steer(run, lr=218.0, sure=True).lr == 218.0
    assert steer(run, scale=0.5).lr == 109.0, "a lower one needs no confirmation"
