"""Histories of made-up runs, the same at every call."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence

from engine.catalog import datasets
from engine.data.survey.survey import Reason, Seen, SizeCount, Sizes, SplitCounts, Survey
from engine.protocol import events
from engine.protocol.events import Event, Layer
from engine.recipes import schedule
from engine.recipes.recipe import Recipe, Resolved
from engine.run.history import History
from tui.drawing import cells
from tui.drawing.cells import Row

BEGAN = 1_700_000_000.0
STEPS_PER_EPOCH = 98
EPOCHS = 30
STEP_SECONDS = 0.1

CIFAR10 = datasets.DATASETS["cifar10"].classes
CHINESE = ("飞机", "汽车", "鸟", "猫", "鹿", "狗", "青蛙", "马", "船", "卡车")
HUNDRED = tuple(f"class_{i:02d}" for i in range(100))


def clock(moment: float) -> str:
    """HH:MM:SS in universal time, the same wherever the tests run."""
    second = int(moment) % 86_400
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def history(new: Sequence[Event]) -> History:
    folded = History()
    folded.fold(new)
    return folded


def half_done() -> History:
    """ResNet-18 on CIFAR-10, in the 13th of 30 epochs."""
    return history(list(said(12.4, CIFAR10)))


def hundred_classes() -> History:
    return history(list(said(20.5, HUNDRED)))


def chinese() -> History:
    return history(list(said(12.4, CHINESE)))


def just_started() -> History:
    """Nothing but the first event and the first phase."""
    return history(list(said(0.0, CIFAR10))[:2])


def broken() -> History:
    """The loss is not a number from the fourth epoch on."""
    return history([_spoiled(event) for event in said(6.3, CIFAR10)])


def done() -> History:
    """All 30 epochs are over."""
    new = list(said(float(EPOCHS), CIFAR10))
    time = new[-1].time + 1
    step = EPOCHS * STEPS_PER_EPOCH
    new.append(
        events.RunEnded(
            reason="done", best_epoch=29, best_top1=0.949, seconds=320, time=time, step=step
        )
    )
    return history(new)


def _spoiled(event: Event) -> Event:
    late = event.step > 3.5 * STEPS_PER_EPOCH
    if late and isinstance(event, events.Steps):
        return _replaced(event, loss=None)
    if late and isinstance(event, events.EpochEnded):
        return _replaced(event, loss=None, train_loss=None)
    return event


def _replaced(event: Event, **fields: object) -> Event:
    values = {name: getattr(event, name) for name in event.__struct_fields__}
    return type(event)(**(values | fields))


def noise(i: int) -> float:
    """-1 to 1, without a pattern that the eye finds."""
    return math.sin(i * i * 12.9898 + i * 78.233)


def loss_at(epoch: float, classes: int) -> float:
    guess = math.log(classes)
    return guess * (0.1 + 0.9 * math.exp(-epoch / 4.5) if epoch > 0 else 1.0)


def top1_at(epoch: float) -> float:
    return 0.9 - 0.8 * math.exp(-epoch / 3.2)


def said(epochs: float, classes: tuple[str, ...]) -> Iterator[Event]:
    """What a run of so many epochs, of 30, has said."""
    started = run_started(classes)
    yield started
    yield events.Phase(name="training", time=BEGAN + 3)
    assert started.recipe is not None
    plan = schedule.plan(started.recipe, STEPS_PER_EPOCH)
    for step in range(1, int(epochs * STEPS_PER_EPOCH) + 1):
        time = BEGAN + 3 + step * STEP_SECONDS
        if step % 5 == 0 or step % STEPS_PER_EPOCH == 0:
            yield _steps(step, time, plan, len(classes))
        if step % STEPS_PER_EPOCH == 0:
            yield from _epoch(step // STEPS_PER_EPOCH, time + 0.8, plan, classes)
    yield hardware(BEGAN + 3 + epochs * STEPS_PER_EPOCH * STEP_SECONDS)


def run_started(classes: tuple[str, ...] = CIFAR10) -> events.RunStarted:
    recipe = Recipe(arch="resnet18", data="cifar10", epochs=EPOCHS, batch=512, crop=4, flip=True)
    return events.RunStarted(
        time=BEGAN,
        attempt="a1",
        name="43-resnet18-cifar10",
        recipe=recipe,
        resolved=Resolved(
            device="cuda",
            precision="bf16",
            memory_format="channels-last",
            threads=8,
            size=32,
        ),
        host="gpu07",
        device="cuda:1 NVIDIA RTX A5000",
        classes=classes,
        layers=layers(len(classes)),
        parameters=sum(layer.parameters for layer in layers(len(classes))),
        macs=555_422_720,
        input=(3, 32, 32),
        train_images=50_000,
        validation_images=10_000,
        validation_is_test=True,
        steps_per_epoch=STEPS_PER_EPOCH,
        planned_steps=EPOCHS * STEPS_PER_EPOCH,
        versions={"torch": "2.10.0"},
    )


def _steps(step: int, time: float, plan: schedule.Plan, classes: int) -> events.Steps:
    epoch = step / STEPS_PER_EPOCH
    return events.Steps(
        step=step,
        time=time,
        epoch=(step - 1) // STEPS_PER_EPOCH + 1,
        loss=loss_at(epoch, classes) * (1 + 0.06 * noise(step)),
        top1=top1_at(epoch) + 0.012 * noise(step + 7),
        lr=schedule.learning_rate(plan, step - 1),
        images_per_second=5100 + 120 * noise(step),
    )


def _epoch(
    epoch: int, time: float, plan: schedule.Plan, classes: tuple[str, ...]
) -> Iterator[Event]:
    step = epoch * STEPS_PER_EPOCH
    reached = [top1_at(e) - 0.01 + 0.02 * noise(e) for e in range(1, epoch + 1)]
    top1, best = reached[-1], reached[-1] == max(reached)
    yield events.EpochEnded(
        step=step,
        time=time,
        epoch=epoch,
        train_loss=loss_at(epoch - 0.5, len(classes)),
        train_top1=top1_at(epoch - 0.5),
        loss=1.08 * loss_at(epoch, len(classes)),
        top1=top1,
        lr=schedule.learning_rate(plan, step - 1),
        seconds=9.8,
        evaluation_seconds=0.8,
        images_per_second=5100.0,
        best=best,
        top5=min(1.0, top1 + 0.1),
    )
    yield confusion(epoch, len(classes), top1)
    yield feature_maps(epoch)
    name, reason = ("best.pt", "best") if best else ("last.pt", "epoch")
    yield events.Checkpointed(
        step=step,
        time=time + 0.1,
        file=name,
        epoch=epoch,
        bytes=90_000_000,
        seconds=0.04,
        reason="best" if reason == "best" else "epoch",
        top1=top1,
    )


def confusion(epoch: int, classes: int, recall: float) -> events.Confusion:
    """1,000 images in 10 classes, 100 in 100; neighbours are taken for each other."""
    total = 10_000 // classes
    rows = [_confusion_row(true, classes, total, recall) for true in range(classes)]
    return events.Confusion(epoch=epoch, counts=tuple(tuple(row) for row in rows))


def _confusion_row(true: int, classes: int, total: int, recall: float) -> list[int]:
    row = [0] * classes
    left = total - round(total * min(1.0, recall + 0.06 * noise(true)))
    for share, other in ((0.5, true ^ 1), (0.25, true - 2), (0.15, true + 3), (0.1, 7 * true + 5)):
        wrong = int(left * share * (1 + 0.5 * noise(3 * true + other)) / 1.5)
        if other % classes != true:
            row[other % classes] += wrong
    row[true] = total - sum(row)
    return row


def hardware(time: float) -> events.Hardware:
    gpus = [
        events.Gpu(0, "NVIDIA RTX A5000", False, 0.98, 19_800_000_000, 24_000_000_000),
        events.Gpu(1, "NVIDIA RTX A5000", True, 0.97, 4_100_000_000, 24_000_000_000, 64.0, 211.0),
        events.Gpu(2, "NVIDIA RTX A5000", False, 0.0, 300_000_000, 24_000_000_000),
    ]
    return events.Hardware(
        time=time,
        cores=16,
        cpu=0.08,
        engine_cpu=0.06,
        memory_used=20_000_000_000,
        memory_total=128_000_000_000,
        engine_memory=3_100_000_000,
        disk_free=212_000_000_000,
        gpus=tuple(gpus),
    )


def feature_maps(epoch: int = 1) -> events.FeatureMaps:
    maps = tuple(
        events.FeatureMap(channel, 16, 16, 0.0, 2.0 / (i + 1), packed(_blob(16, i)))
        for i, channel in enumerate((3, 17, 5, 41, 22, 9))
    )
    picture = b"".join(_blob(32, channel / 4) for channel in range(3))
    return events.FeatureMaps(
        step=epoch * STEPS_PER_EPOCH,
        layer="conv1",
        shape=(64, 32, 32),
        image=4217,
        picture=events.Picture(3, 32, 32, packed(picture)),
        true=7,
        top=((7, 0.81), (5, 0.15), (4, 0.02)),
        maps=maps,
    )


def kernels(side: int = 3) -> events.Kernels:
    """Six filters of a first convolution of three channels."""
    pictures = [
        events.Picture(
            3, side, side, packed(bytes((i * 40 + j * 9) % 256 for j in range(3 * side * side)))
        )
        for i in range(6)
    ]
    return events.Kernels("conv1", (6, 3, side, side), 0.42, tuple(pictures))


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _blob(side: int, shift: float) -> bytes:
    """A bright ring on a dark ground."""
    values = []
    for y in range(side):
        for x in range(side):
            distance = math.hypot(x / side - 0.5 - 0.03 * shift, y / side - 0.5)
            values.append(round(255 * math.exp(-(((distance - 0.3) / 0.1) ** 2))))
    return bytes(values)


def layers(classes: int = 10) -> tuple[Layer, ...]:
    """ResNet-18 with a stem for small images, one row a weighted layer."""
    rows = [Layer("conv1", "Conv2d", "3×3", (64, 32, 32), 1_728, 1_769_472)]
    before = 64
    for stage, channels in enumerate((64, 128, 256, 512), start=1):
        side = 64 >> stage
        for block in range(2):
            name = f"layer{stage}.{block}"
            stride = " /2" if block == 0 and stage > 1 else ""
            rows += [
                _conv(f"{name}.conv1", "3×3" + stride, before, channels, side, 9),
                _conv(f"{name}.conv2", "3×3", channels, channels, side, 9),
            ]
            if stride:
                rows.append(_conv(f"{name}.downsample.0", "1×1 /2", before, channels, side, 1))
            before = channels
    rows.append(Layer("avgpool", "AdaptiveAvgPool2d", "", (512, 1, 1), 0, 0))
    return (
        *rows,
        Layer("fc", "Linear", f"512→{classes}", (classes,), 513 * classes, 512 * classes),
    )


def _conv(name: str, detail: str, before: int, channels: int, side: int, area: int) -> Layer:
    weights = before * channels * area
    return Layer(name, "Conv2d", detail, (channels, side, side), weights, weights * side * side)


def drawn(rows: Sequence[Row]) -> list[str]:
    """The rows without their inks, and without the spaces at their ends."""
    return [cells.text(row).rstrip() for row in rows]


SIZES = Sizes(
    (SizeCount((500, 375), 90), SizeCount((64, 64), 40)), 3, (64, 64), (500, 375), (800, 600)
)
FLOWERS = Survey(
    "/data/flowers",
    "train/CLASS",
    ("daisy", "向日葵", "tulip\x1b[31m"),
    (SplitCounts("train", 130, (80, 40, 10)), SplitCounts("validation", 33, (20, 10, 3))),
    "held out",
    0,
    (Reason("hidden", 4, (".a", ".b", ".c")),),
    (Reason("not an image", 1, ("daisy/no.jpg",)),),
    SIZES,
    (("RGB", 129), ("L", 1)),
    Seen(3, 64, 0, 0.18, 0.25, 2, "crop", 1.0),
    ("a note.",),
)
