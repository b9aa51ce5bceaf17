#!/bin/sh
# Guess:   Ctrl+C in Trainer.fit ends the training gracefully, and the script goes on after it (`trainer.test`, a save),
#          as it did for years; callbacks get on_exception, and teardown in any case.
# Truth:   fit raises SystemExit(1): nothing after it runs unless the script catches that. Callbacks get on_exception
#          with the KeyboardInterrupt, but neither on_train_end nor on_fit_end nor teardown.
# Version: lightning 2.6.6, torch 2.13.0.
# Source:  lightning/pytorch/trainer/call.py (`_call_and_handle_interrupt`).
# Matters: who stops a long training by hand to save or test it loses what the last lines of the script should do.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy lightning==2.6.6
"$work/venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import lightning
import torch
from torch.utils.data import DataLoader, TensorDataset


class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(4, 1)

    def training_step(self, batch, index):
        if index == 1:
            raise KeyboardInterrupt
        return self.net(batch[0]).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


class Heard(lightning.Callback):
    def on_exception(self, trainer, pl_module, exception):
        heard.append(f"on_exception({exception!r})")

    def on_train_end(self, trainer, pl_module):
        heard.append("on_train_end")

    def on_fit_end(self, trainer, pl_module):
        heard.append("on_fit_end")

    def teardown(self, trainer, pl_module, stage):
        heard.append("teardown")


heard: list[str] = []
trainer = lightning.Trainer(
    max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
    enable_progress_bar=False, enable_model_summary=False, callbacks=[Heard()],
)
ended = "fit returned"
try:
    trainer.fit(Module(), DataLoader(TensorDataset(torch.ones(16, 4)), 4))
except BaseException as error:
    ended = f"fit raised {error!r}"
print("lightning", lightning.__version__, "torch", torch.__version__, "-", ended, "-", heard)
assert ended == "fit raised SystemExit(1)" and heard == ["on_exception(KeyboardInterrupt())"]
PYTHON
