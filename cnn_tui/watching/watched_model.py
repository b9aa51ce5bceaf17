"""The model, optimizers and images that a script gave to `watch`, and all that is done with them.

Everything happens on the thread that trains, between two steps, and nothing here fails a training.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from cnn_tui.confusion_counts import ConfusionCounts, confusion_counts, matrix_counts
from cnn_tui.evaluated_cells import EvaluatedCells
from cnn_tui.watching import obeying_text, watching_text
from cnn_tui.watching.channel import tell
from cnn_tui.watching.command_source import CommandSource
from cnn_tui.watching.evaluation import Criterion, Evaluated, evaluate
from cnn_tui.watching.health_measurement import HealthMeasurement, updated_by
from cnn_tui.watching.inspected_script import InspectedScript, MapsReading, on_device_of
from cnn_tui.watching.model_facts import model_facts
from cnn_tui.watching.obedience import Obedience
from cnn_tui.watching.own_confusion import checked_matrix
from cnn_tui.watching.rate_steering import RateSteering
from cnn_tui.watching.refusal_error import RefusalError
from cnn_tui.watching.resumed_batches import ResumedBatches
from cnn_tui.watching.sample_images import SampleImages, is_sequential
from cnn_tui.watching.script import Script
from cnn_tui.watching.script_checkpoint import ScriptCheckpoint
from cnn_tui.watching.unwrapping import is_sharded, unwrapped

# Feature maps are recorded this often, and at the end of each epoch, and take at most this share of
# the time.
MAPS_SECONDS, SHARE = 10.0, 0.01
# After the first hour they are rarer by this factor, so that a week's journal stays readable.
HOUR, RARER = 3600.0, 10


class WatchedModel:
    """Serves what a person asks of a script, and measures what its screen shows of the model."""

    def __init__(
        self, script: Script, channel: CommandSource, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._script, self._clock, self._began = script, clock, clock()
        optimizers = optimizers_of(script.optimizer)
        self._steering = RateSteering(optimizers)
        self._batches = ResumedBatches(script)
        checkpoint = ScriptCheckpoint(script, channel, optimizers, self._steering, self._batches)
        self._checkpoint, self._images = checkpoint, SampleImages(script.data)
        self._inspected = InspectedScript(script, self._images)
        self._obedience = Obedience(script, channel, self._steering, checkpoint, self._inspected)
        self._health = self._new_health(optimizers)
        self._facts: dict[str, Any] | None = None
        self._maps: MapsReading | None = None
        self._next_maps = self._began
        # When `between_steps` has something to measure or to tell, on the clock.
        self.next_look = -math.inf
        self._told: set[str] = set()
        self._pending: list[tuple[str, str]] = []

    def _new_health(self, optimizers: Sequence[Any]) -> HealthMeasurement | None:
        if self._script.model is None or self._steering.refusal or not self._script.leads:
            return None
        model = unwrapped(self._script.model)
        optimizer = updated_by(model, optimizers)
        if optimizer is None or is_sharded(model):
            return None
        return HealthMeasurement(model, optimizer, self._sample, self._clock)

    def _sample(self) -> Tensor | None:
        """The first images on the model's device; None if there are none."""
        try:
            return on_device_of(self._inspected.model, self._images.first().images)
        except RefusalError:
            return None

    # What the start of a run says

    def refusals(self) -> dict[str, str]:
        """Why the script cannot obey a command, by the command's type."""
        return self._obedience.refusals()

    def facts(self) -> dict[str, Any]:
        """The fields of `RunStarted` about the model and its images; computed once."""
        if self._facts is None:
            self._facts = self._found_facts()
        return self._facts

    def _found_facts(self) -> dict[str, Any]:
        if self._script.model is None:
            return {}
        sample = self._sample()
        found = model_facts(unwrapped(self._script.model), None if sample is None else sample[:1])
        if found.failure:
            self._pending.append(("layers", found.failure))
            self.next_look = -math.inf
        self._inspected.layers = found.layers
        return {**found.fields(), "validation_images": self._images.count}

    # While it trains

    def rate(self) -> float | Tensor | None:
        """The learning rate that the last step used; None before the first one."""
        return self._steering.used

    def take_gradient_norm(self) -> float | None:
        """The norm of the whole gradient, if it was measured since the last call."""
        return None if self._health is None else self._health.take_gradient_norm()

    def between_steps(self) -> None:
        """Serve commands, and go on with what is measured.

        Call it after each step at which there is news, or that ends after `next_look`.
        """
        self._obedience.serve()
        self._tell_pending()
        if self._script.leads:
            self._measure_health()
            self._record_maps()
        self.next_look = self._when_next()

    def _when_next(self) -> float:
        if not self._script.leads:
            return math.inf
        maps = self._next_maps if self._maps is None else -math.inf
        return maps if self._health is None else min(maps, self._health.next_look)

    def _tell_pending(self) -> None:
        while self._pending:
            code, sentence = self._pending.pop()
            self._obedience.tell("info", code, sentence)

    def _measure_health(self) -> None:
        if self._health is None:
            return
        try:
            event = self._health.between_steps(self._script.step)
        except Exception as error:  # noqa: BLE001 (the model is anybody's)
            self._health.close()
            self._health = None
            self._obedience.tell("info", "health", obeying_text.no_health(error))
            return
        if event is not None:
            self._script.send(event)

    def _record_maps(self) -> None:
        if self._maps is None and self._clock() >= self._next_maps:
            self._begin_maps()
        if self._maps is not None and self._maps.ready():
            self._send_maps()

    def _begin_maps(self) -> None:
        """Start to read feature maps. Where that fails, the pane says why when it is asked."""
        began = self._clock()
        try:
            self._maps = self._inspected.recorded_maps()
        except RefusalError:
            self._maps = None
        now = self._clock()
        rarer = RARER if now - self._began > HOUR else 1
        self._next_maps = now + max(MAPS_SECONDS * rarer, (now - began) / SHARE)

    def _send_maps(self) -> None:
        maps, self._maps = self._maps, None
        try:
            events = [] if maps is None else maps.events()
        except RuntimeError:  # such as a model on the device meta, whose maps have no values
            return
        for event in events:
            self._script.send(event)

    def remaining(self, loader: Iterable[Any]) -> Iterator[Any]:
        """The batches of this loader that are left of the epoch in progress."""
        return self._batches.remaining(loader)

    # The end of an epoch

    def epoch_ended(self) -> None:
        """Record feature maps, save what a stop has asked for, and serve commands."""
        if self._health is not None:
            self._health.forget()
        if self._script.leads:
            self._begin_maps()
            self._send_maps()  # a CPU-GPU sync, once an epoch
        self._script.batch = 0
        self._obedience.save_at_end()
        self._obedience.serve()

    def confusion(self, matrix: Any, epoch: int) -> None:
        """Send a matrix that the script counted; one that is none costs one warning."""
        try:
            counts = matrix_counts(checked_matrix(matrix, len(self._script.classes)))
        except RefusalError as refusal:
            if "confusion" not in self._told:
                self._told.add("confusion")
                self._obedience.tell("warning", "confusion", str(refusal))
            return
        self._inspected.evaluated = None
        self._send_confusion(counts, epoch)

    def evaluate(
        self, model: Any, loader: Iterable[Any], criterion: Criterion | None = None
    ) -> Evaluated:
        """Evaluate a model on a loader, and send the confusion matrix.

        Raises RefusalError where a batch has no images, and whatever the model, the loader and the
        criterion raise.
        """
        self.enter("evaluating")
        try:
            found = evaluate(model, loader, criterion, self._obedience.serve)
        finally:
            self.enter("training")
        if len(found.cells):
            cells = EvaluatedCells(self._script.epoch, found.classes, found.cells)
            self.note_cells(loader, cells)
        return found.result

    def enter(self, phase: str) -> None:
        """Tell the phase that the training is in from now on."""
        if self._health is not None:
            self._health.forget()
        self._obedience.enter(phase)

    def forget_classes(self, found: int) -> None:
        """The names are not those of the classes of the model, which has so many."""
        named, self._script.classes = len(self._script.classes), ()
        if self._script.leads:
            tell(watching_text.other_classes(named, found))

    def note_cells(self, loader: Any, evaluated: EvaluatedCells) -> None:
        """Send the confusion matrix of what a model said of the images of this loader."""
        if len(self._script.classes) not in (0, evaluated.classes):
            self.forget_classes(evaluated.classes)
        counts = confusion_counts(evaluated.cells, evaluated.classes)
        same = getattr(loader, "dataset", None) is self._images.dataset
        if same and is_sequential(loader) and self._images.count == len(evaluated.cells):
            self._inspected.evaluated = evaluated
        else:  # which image is which item of the data is not known
            self._inspected.evaluated = None
            counts = counts._replace(worst=tuple(cell._replace(images=()) for cell in counts.worst))
        self._send_confusion(counts, evaluated.epoch)

    def _send_confusion(self, counts: ConfusionCounts, epoch: int) -> None:
        if not self._script.leads or self._script.is_cut_short:
            return
        self._script.send(
            {
                "type": "Confusion",
                "step": self._script.step,
                "epoch": epoch,
                "counts": counts.dense,
                "sparse": counts.sparse,
                "worst": counts.worst,
            }
        )

    # Checkpoints, and the end

    def checkpoint(self) -> None:
        """Save now; what fails is told to the viewer."""
        try:
            self._obedience.save("command")
        except RefusalError as refusal:
            self._obedience.tell("error", "save", str(refusal))

    def resume(self, path: str, load: Callable[[Path], object] | None = None) -> int:
        """Go on from this checkpoint; returns the number of finished epochs.

        `load` loads a file that the script's `on_checkpoint` wrote. Raises CheckpointError.
        """
        self._checkpoint.load(Path(path), load)
        return self._script.ended_epochs

    def close(self) -> None:
        """Save what a stop has asked for, and leave no hook behind."""
        self._obedience.save_at_end()
        self._steering.remove_hooks()
        if self._health is not None:
            self._health.close()


def optimizers_of(given: Any) -> list[Any]:
    """One optimizer or several, as a list."""
    if given is None:
        return []
    return [*given] if isinstance(given, (list, tuple)) else [given]
