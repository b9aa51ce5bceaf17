"""Shows a Lightning training in cnn-tui, which can pause, steer, save and stop it. One more line:

Trainer(callbacks=[cnn_tui.LightningCallback(classes=names)])
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from cnn_tui.class_ranking import ClassRanking
from cnn_tui.evaluated_cells import cells_of
from cnn_tui.lightning_watching import lightning_text, logged_metrics, trainer_facts
from cnn_tui.lightning_watching.lightning_run import LightningRun
from cnn_tui.watching.channel import ending
from cnn_tui.watching.held_logits import are_logits_with_labels
from cnn_tui.watching.program import plain_settings
from cnn_tui.watching.watch import new_run

# The seconds between two looks at what the module logs in its steps.
LOOK_SECONDS = 0.5
CHECKPOINT = "lightning.ckpt"


class LightningCallback:
    """A callback for the Trainer of `lightning.pytorch` or `pytorch_lightning`.

    `data` are the validation images, of which eight are looked at; without it, those of the
    trainer's first validation loader. `outputs` names the logits (N, classes) and the labels (N,)
    in the dictionary that `training_step` and `validation_step` return, for the accuracy and the
    confusion matrix. `network` names the part of the module that makes logits of images, where the
    module itself has no `forward`. `settings` are hyper-parameters beside those of the module. Each
    `fit` is a run of its own, and `fast_dev_run` is none, as for Lightning's loggers.
    """

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        return object.__new__(_for_trainers(cls))

    def __init__(
        self,
        name: str = "",
        *,
        data: Any = None,
        classes: Sequence[str] | None = None,
        outputs: tuple[str, str] | None = None,
        network: str = "",
        settings: object = None,
        runs_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        """Raises ImportError if neither package is imported."""
        self._options: dict[str, Any] = {
            "name": name,
            "data": data,
            "classes": classes,
            "outputs": outputs,
            "network": network,
            "settings": settings,
            "runs_dir": runs_dir,
        }
        self._outputs = outputs
        self._run: LightningRun | None = None
        self._metrics = logged_metrics.NewMetrics()
        self._validation: dict[str, Any] | None = None
        self._cells: list[torch.Tensor] = []
        self._classes = 0
        self._planned: int | None = None
        self._waits_since = self._looked = 0.0

    def __reduce__(self) -> Any:
        """A trainer that spawns its ranks copies its callbacks before they watch."""
        return _again, (self._options,)

    # The training

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        if trainer.fast_dev_run:
            return
        options = self._options
        steps = trainer_facts.steps_per_epoch(trainer, pl_module)
        given = options["data"]
        own = plain_settings(options["settings"])
        self._run = new_run(
            LightningRun,
            trainer_facts.framework(trainer),
            pl_module.get_submodule(options["network"]),
            trainer.optimizers,
            name=str(options["name"]),
            epochs=trainer_facts.epochs(trainer, steps),
            data=trainer_facts.validation_loader(trainer) if given is None else given,
            classes=options["classes"],
            settings={**trainer_facts.settings(trainer, pl_module), **own},
            on_checkpoint=lambda path: _save(trainer, path),
            runs_dir=options["runs_dir"],
            reduce="mean" if trainer.world_size > 1 else None,
        )
        self._run.other_ranks_save(lambda: trainer.save_checkpoint(CHECKPOINT))
        self._planned = self._run.planned_epochs
        self._metrics.look(trainer)

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        if self._run is not None:
            steps = trainer_facts.steps_per_epoch(trainer, pl_module)
            self._run.begin_epoch(trainer.global_step, trainer.current_epoch, steps)
            self._validation = None
            self._waits_since = time.monotonic()

    def on_train_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._run is not None:
            self._run.batch_arrived(batch, time.monotonic() - self._waits_since)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        run = self._run
        if run is None:
            return
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            run.log(logged_metrics.of_steps(self._metrics.look(trainer)))
        found = outputs if isinstance(outputs, dict) else {}
        loss = found.get("loss", outputs if isinstance(outputs, torch.Tensor) else None)
        run.batch_ended(trainer.global_step, loss, *self._judgement(found))
        run.serve()
        self._obey(trainer, run)
        self._waits_since = time.monotonic()

    def _obey(self, trainer: Any, run: LightningRun) -> None:
        """Stop, or take another total of epochs, as a viewer has asked for."""
        if run.planned_epochs != self._planned:
            trainer.fit_loop.max_epochs = self._planned = run.planned_epochs
        if run.stopping:
            # Lightning would train on up to these.
            trainer.fit_loop.min_epochs = trainer.fit_loop.epoch_loop.min_steps = None
            trainer.should_stop = True

    def _judgement(self, found: dict[str, Any]) -> tuple[Any, Any]:
        """Logits and labels, where the module returns them."""
        logits, labels = self._outputs or ("", "")
        return found.get(logits), found.get(labels)

    # The validation

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        if self._run is not None:
            self._metrics.look(trainer)
            self._cells = []
            self._run.validation_began()

    def on_validation_batch_end(
        self,
        trainer: Any,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        if self._run is None or dataloader_idx or not isinstance(outputs, dict):
            return
        logits, labels = self._judgement(outputs)
        if are_logits_with_labels(logits, labels) and labels.dim() == 1:
            self._classes = logits.shape[1]
            predicted = ClassRanking(logits).predicted
            self._cells.append(cells_of(predicted, labels.to(logits.device), self._classes))

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        run = self._run
        if run is None:
            return
        self._validation = self._metrics.look(trainer)
        if self._cells:
            self._tell_judgements(trainer, pl_module, run, self._validation)
        run.validation_ended()
        if not trainer.is_last_batch:
            run.validated(*logged_metrics.validation_results(self._validation))
        self._waits_since = time.monotonic()

    def _tell_judgements(
        self, trainer: Any, module: Any, run: LightningRun, metrics: dict[str, Any]
    ) -> None:
        found = torch.cat(self._cells)
        if trainer.world_size > 1:
            found = module.all_gather(found).flatten()
        top1 = run.judged(trainer_facts.validation_loader(trainer), found, self._classes)
        results, _ = logged_metrics.validation_results(metrics)
        if top1 is not None and "val_top1" not in results:
            metrics["val_top1"] = top1

    # The ends

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        run = self._run
        if run is None:
            return
        logged, scalars = logged_metrics.training_results(self._metrics.look(trainer))
        results, others = logged_metrics.validation_results(self._validation or {})
        run.epoch_ended(results, logged, {**scalars, **others})
        self._obey(trainer, run)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        if self._run is not None:
            self._run.close()
            self._run = None

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        if self._run is not None:
            self._run.close(*ending(exception))
            self._run = None


def _save(trainer: Any, path: Path) -> Path:
    """Have the trainer save all that it goes on from, as a whole: `fit(ckpt_path=…)` takes it."""
    unfinished, file = path.with_name(f".{CHECKPOINT}"), path.with_name(CHECKPOINT)
    trainer.save_checkpoint(unfinished)
    os.replace(unfinished, file)
    return file


_classes: dict[tuple[type, ...], type] = {}


def _for_trainers(cls: type) -> type:
    """This class as a callback of each package that is imported: a trainer knows only its own."""
    modules = [sys.modules[name] for name in trainer_facts.PACKAGES if name in sys.modules]
    if not modules:
        raise ImportError(lightning_text.NOT_IMPORTED)
    bases = (cls, *(module.Callback for module in modules))
    if bases not in _classes:
        _classes[bases] = type(cls.__name__, bases, {"__module__": cls.__module__})
    return _classes[bases]


def _again(options: dict[str, Any]) -> Any:
    return LightningCallback(**options)
