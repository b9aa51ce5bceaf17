"""Starts to watch the training of a script."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import process
from operator import index
from typing import Any, TypeVar

import torch
from torch import nn

from cnn_tui.watching import program as programs
from cnn_tui.watching import ranks, watching_text
from cnn_tui.watching.channel import Channel, is_interactive
from cnn_tui.watching.epoch_length import EpochLength
from cnn_tui.watching.first_event import run_started
from cnn_tui.watching.given_arguments import check_given
from cnn_tui.watching.hello import hello
from cnn_tui.watching.ranked_reports import RankedReports
from cnn_tui.watching.ranks import AnyChannel, Group, Rank, RankedChannel, SilentChannel
from cnn_tui.watching.script import Script
from cnn_tui.watching.step_reports import Reports
from cnn_tui.watching.watched_model import WatchedModel
from cnn_tui.watching.watched_run import WatchedRun, stop_open_runs

Run = TypeVar("Run", bound=WatchedRun)


def watch(
    model: nn.Module | None = None,
    optimizer: Any = None,
    *,
    name: str = "",
    epochs: int | None = None,
    data: Any = None,
    classes: Sequence[str] | None = None,
    settings: object = None,
    state: Mapping[str, Any] | None = None,
    on_checkpoint: Callable[..., object] | None = None,
    runs_dir: str | os.PathLike[str] | None = None,
    reduce: str | None = None,
) -> WatchedRun:
    """Watch this training: a recorder starts beside it, and a viewer attaches to the run.

    `model` and `data`, the validation loader, let a viewer look inside; `data` is never iterated.
    With `optimizer`, or a list of them, it steers the rate. The checkpoint that it asks for is
    written by `on_checkpoint(path)`, to that path or to one that it returns, or holds model,
    optimiser and `state`, such as `{"scheduler": scheduler}`. `settings` are hyper-parameters, a
    mapping or argparse's Namespace. The run is in `runs_dir`, else in the folder that `cnn-tui`
    uses here.

    Of several ranks only rank 0 speaks, and no key makes it leave the others. With `reduce="mean"`
    every rank calls `watch` and `run.step`, after `init_process_group`: the numbers are means over
    all of them, and all obey. Raises ValueError where `reduce` is another word or has no ranks, and
    TypeError or ValueError for what cannot be meant, such as the optimizer in the model's place.
    """
    check_given(model, optimizer, epochs, classes, on_checkpoint)
    return new_run(
        WatchedRun,
        f"PyTorch {torch.__version__}",
        model,
        optimizer,
        name=name,
        epochs=epochs,
        data=data,
        classes=classes,
        settings=settings,
        state=state,
        on_checkpoint=on_checkpoint,
        runs_dir=runs_dir,
        reduce=reduce,
    )


def new_run(
    kind: type[Run],
    framework: str,
    model: nn.Module | None = None,
    optimizer: Any = None,
    *,
    name: str = "",
    epochs: int | None = None,
    data: Any = None,
    classes: Sequence[str] | None = None,
    settings: object = None,
    state: Mapping[str, Any] | None = None,
    on_checkpoint: Callable[..., object] | None = None,
    runs_dir: str | os.PathLike[str] | None = None,
    reduce: str | None = None,
) -> Run:
    """A run of this kind, of a training by this framework; all else is as for `watch`."""
    rank, program = ranks.this_rank(), programs.program_name()
    group = _group(rank, reduce)
    plain = programs.plain_settings(settings)
    name = str(name or programs.run_name(program))
    if is_interactive():  # the cell is run again, maybe to resume what it began
        stop_open_runs(name)
    channel = _channel(rank, group, hello(name, program, runs_dir, plain))
    script = Script(
        program=program,
        send=channel.send,
        name=name,
        model=model,
        optimizer=optimizer,
        data=data,
        classes=_class_names(classes, data),
        on_checkpoint=on_checkpoint,
        state=state or {},
        epochs=None if epochs is None else index(epochs),
        leads=rank.leads,
    )
    watched = WatchedModel(script, channel)

    def started(length: EpochLength) -> dict[str, Any]:
        return run_started(
            script,
            name=script.name,
            framework=framework,
            device=_device_name(model, rank),
            settings=plain,
            steps_per_epoch=length.steps_per_epoch,
            versions={"torch": str(torch.__version__)},
            refusals={**watched.refusals(), **_refusals(script, rank, group)},
            facts={**watched.facts(), "train_images": length.images},
        )

    return kind(script, channel, watched, _reports(script, watched, channel), started)


def _group(rank: Rank, reduce: str | None) -> Group | None:
    """The ranks that obey and report together; None where this one does so alone."""
    if reduce not in (None, "mean"):
        raise ValueError(f'reduce is None or "mean", not {reduce!r}.')
    return Group(rank) if reduce and rank.of > 1 else None


def _channel(rank: Rank, group: Group | None, said: dict[str, Any]) -> AnyChannel:
    """To a recorder if this process speaks, and of all ranks in a group."""
    speaks = rank.leads and not _is_imported_again()
    channel = Channel(said) if speaks else SilentChannel()
    return RankedChannel(channel, rank, group) if group else channel


def _reports(script: Script, watched: WatchedModel, channel: AnyChannel) -> Reports:
    if isinstance(channel, RankedChannel):
        return RankedReports(script, watched.rate, time.monotonic, channel)
    return Reports(script, watched.rate, time.monotonic)


def _is_imported_again() -> bool:
    """Whether a child of the script imports it again, as spawned workers of a loader do.

    Python's own `multiprocessing` tells it in this way that a script has no main guard.
    """
    return bool(getattr(process.current_process(), "_inheriting", False))


def _class_names(classes: Sequence[str] | None, data: Any) -> Sequence[str]:
    """The given ones, or those that the data set of the loader names as torchvision's do."""
    if classes is not None:
        return [str(name) for name in classes]
    found = getattr(_dataset(data), "classes", ())
    return [str(name) for name in found] if isinstance(found, (list, tuple)) else []


def _dataset(data: Any) -> Any:
    return getattr(data, "dataset", None)


def _device_name(model: nn.Module | None, rank: Rank) -> str:
    """`cuda:1 NVIDIA RTX A5000`, `cpu`, or, of several ranks, `cuda×8 NVIDIA H100`; else empty."""
    parameter = next(model.parameters(), None) if model is not None else None
    if parameter is None:
        return ""
    device = parameter.device
    several = f"{device.type}×{rank.of}" if rank.of > 1 else str(device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return f"{several} {name}".rstrip()


def _refusals(script: Script, rank: Rank, group: Group | None) -> dict[str, str]:
    """What one of several ranks cannot obey alone."""
    if rank.of == 1 or group is not None:
        return {}
    sentence = watching_text.only_one_rank(script.program)
    return dict.fromkeys(("Pause", "Stop", "Steer"), sentence)
