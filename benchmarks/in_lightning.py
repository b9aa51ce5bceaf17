"""The loop of benchmarks/bare.py in Lightning with its rich bar, for comparison.

    python -m benchmarks.in_lightning RECIPE.toml SECONDS      a peer, see benchmarks/peer.py

Needs a Python with Lightning and this project's dependencies. Model, optimiser and batches are
those of the bare loop, already on the device, so that only the loops differ. The bar shows loss and
accuracy, and is drawn into /dev/null as often as Lightning draws it by default.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar
from torch import Tensor
from torch.nn import functional as F

from benchmarks.bare import Loop
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields

PRECISIONS: dict[str, Any] = {"float32": "32-true", "bf16": "bf16-mixed"}


def main() -> None:
    loop = Loop(build_recipe(file=read_fields(Path(sys.argv[1]))))
    with open(os.devnull, "w") as nowhere:
        console = {"file": nowhere, "force_terminal": True, "width": 120}
        trainer = Trainer(
            accelerator="cpu" if loop.device.type == "cpu" else "gpu",
            devices=1 if loop.device.index is None else [loop.device.index],
            precision=PRECISIONS[loop.precision],
            max_epochs=-1,
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            callbacks=[RichProgressBar(console_kwargs=console), Turns(float(sys.argv[2]), loop)],
        )
        trainer.fit(Module(loop), train_dataloaders=loop)


class Module(LightningModule):  # type: ignore[misc]
    def __init__(self, loop: Loop) -> None:
        super().__init__()
        self.net, self._optimizer = loop.model, loop.optimizer

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        inputs, targets = batch
        logits = self.net(inputs).float()
        loss = F.cross_entropy(logits, targets)
        top1 = (logits.argmax(1) == targets).float().mean()
        self.log_dict({"loss": loss.detach(), "top1": top1}, prog_bar=True)
        return loss

    def configure_optimizers(self) -> Any:
        return self._optimizer


class Turns(Callback):  # type: ignore[misc]
    """Trains for a slice, prints the speed, and waits for a line to go on, as `peer.serve`."""

    def __init__(self, seconds: float, loop: Loop) -> None:
        self._seconds, self._batch = seconds, loop.batch
        self._steps, self._began = 0, time.perf_counter()

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        self._steps += 1
        taken = time.perf_counter() - self._began
        if taken >= self._seconds:
            # Not sys.stdout, which rich replaces while it shows a bar.
            print(self._steps * self._batch / taken, file=sys.__stdout__, flush=True)
            if not sys.stdin.readline():
                sys.exit()
            self._steps, self._began = 0, time.perf_counter()


if __name__ == "__main__":
    main()
