"""The streaming loader: the resident loader's pixels and order, from processes that may die."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from engine.checkpoints import checkpoint
from engine.data import loading
from engine.data.augmentation.augmentation import Augmentation
from engine.data.base.batch import Batch
from engine.data.base.dataset import Dataset, Images, StoredImages
from engine.data.base.seeds import epoch_order
from engine.data.decoding.decoder_workers import DecoderPool
from engine.data.loaders.resident_loader import ResidentLoader
from engine.data.loaders.streaming_loader import StreamingLoader
from engine.devices import device_resolution
from engine.errors import DataError
from engine.models import registry
from engine.protocol import events
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run.run_paths import RunDir
from engine.training.trainer import Trainer
from tests import crashing_decoder, scripted
from tests.loading import path_of, run_to_end, scan
from tests.processes import COMMAND, TIMEOUT, LiveJournal, headless, start_process, wait_for

CPU = torch.device("cpu")
AUGMENTED = Augmentation.of(Recipe(crop=2, flip=True, rotate=10.0, cutout=4))
SIZE = 16


def noise(mode: str = "RGB", width: int = 40, height: int = 30, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values).convert(mode)


def odd_images(root: Path) -> Path:
    """Two classes of files of every kind that people have."""
    turned = Image.Exif()
    turned[0x0112] = 6
    for label in ("cat", "dog"):
        place = root / "odd" / label
        place.mkdir(parents=True)
        noise("L").save(place / "grey.png")
        noise("P").save(place / "palette.png")
        noise("P").save(place / "palette-see-through.png", transparency=bytes(range(256)))
        noise("CMYK").save(place / "cmyk.jpg")
        noise("RGBA").save(place / "alpha.png")
        noise().save(place / "turned.jpg", exif=turned)
        noise(width=1, height=1).save(place / "pixel.png")
        noise(width=10_000, height=20).save(place / "long.png")
        noise(width=400, height=300).save(place / "large.jpg")
    return root / "odd"


def many_images(root: Path, count: int = 40) -> Path:
    """Two classes of so many files in all, each of one grey level of its own."""
    for index in range(count):
        file = root / "many" / "ab"[index % 2] / f"{index:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (SIZE, SIZE), index * 5 % 256).save(file)
    return root / "many"


def load(root: Path, loader: str) -> Dataset:
    recipe = Recipe(data=str(root), loader=loader, size=SIZE)  # type: ignore[arg-type]
    return run_to_end(loading.load(recipe, 0.0))[1]


def streaming(
    root: Path, augmentation: Augmentation = AUGMENTED, batch: int = 5, workers: int = 2
) -> StreamingLoader:
    data = load(root, "streaming")
    assert isinstance(data.train, StoredImages)
    return StreamingLoader(
        data.train,
        mean=data.mean,
        std=data.std,
        batch=batch,
        seed=7,
        augmentation=augmentation,
        device=CPU,
        memory_format=torch.contiguous_format,
        workers=workers,
    )


Opened = Callable[..., StreamingLoader]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may take as long to end as a busy machine wants."""
    monkeypatch.setattr("engine.data.decoding.decoders.SERVER_SECONDS", TIMEOUT)


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Makes streaming loaders, and closes them at the end."""
    with contextlib.ExitStack() as open_ones:
        yield lambda *arguments, **more: open_ones.enter_context(
            contextlib.closing(streaming(*arguments, **more))
        )


def resident(root: Path, batch: int = 5) -> ResidentLoader:
    data = load(root, "resident")
    assert isinstance(data.train, Images)
    return ResidentLoader(
        data.train,
        mean=data.mean,
        std=data.std,
        batch=batch,
        seed=7,
        augmentation=AUGMENTED,
        device=CPU,
        memory_format=torch.contiguous_format,
    )


def fork_server() -> psutil.Process:
    """The process that the decoders of this one are forked from."""
    children = psutil.Process().children()
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    [server] = [child for child in alive if "forkserver" in str(child.cmdline())]
    return server


@pytest.mark.parametrize("make", [odd_images, many_images])
def test_both_loaders_give_the_same_batches(
    tmp_path: Path, opened: Opened, make: Callable[[Path], Path]
) -> None:
    root = make(tmp_path)
    streaming, kept = opened(root), resident(root)
    assert streaming.steps_per_epoch == kept.steps_per_epoch
    for epoch in (1, 2):
        pairs = zip(streaming.batches(epoch), kept.batches(epoch), strict=True)
        for ours, theirs in pairs:
            assert torch.equal(ours.images, theirs.images)
            assert torch.equal(ours.labels, theirs.labels)
    assert streaming.new_warnings() == ()


def test_starting_late_gives_the_batches_that_skipping_would(
    tmp_path: Path, opened: Opened
) -> None:
    loader = opened(many_images(tmp_path))
    skipped = list(itertools.islice(loader.batches(3), 4, None))
    late = list(loader.batches(3, first=4))
    assert len(late) == len(skipped) == loader.steps_per_epoch - 4
    for ours, theirs in zip(late, skipped, strict=True):
        assert torch.equal(ours.images, theirs.images)
        assert torch.equal(ours.labels, theirs.labels)


@pytest.mark.parametrize("batch", [3, 7, 100])
def test_evaluation_goes_through_all_images_in_order(
    tmp_path: Path, opened: Opened, batch: int
) -> None:
    loader, data = opened(many_images(tmp_path)), load(tmp_path / "many", "streaming")
    assert isinstance(data.validation, StoredImages)
    found = list(loader.evaluation_batches(data.validation, batch))
    assert torch.equal(torch.cat([labels for _, labels in found]), data.validation.labels)
    expected = torch.stack([data.validation.one(i)[0] for i in range(len(data.validation))])
    assert torch.equal(torch.cat([pixels for pixels, _ in found]), loader.normalise(expected))


def test_a_look_in_the_midst_of_a_pass_disturbs_nothing(tmp_path: Path, opened: Opened) -> None:
    loader = opened(many_images(tmp_path))
    undisturbed = [batch.images for batch in loader.batches(1)]
    seen = []
    for step, batch in enumerate(loader.batches(1)):
        seen.append(batch.images)
        if step + 1 < loader.steps_per_epoch:
            looked = next(loader.batches(1, step + 1))
            assert torch.equal(looked.images, undisturbed[step + 1])
    assert all(map(torch.equal, seen, undisturbed))


def test_a_pass_may_be_left_at_any_time(tmp_path: Path, opened: Opened) -> None:
    loader = opened(many_images(tmp_path))
    whole = [batch.images for batch in loader.batches(1)]
    for steps in (1, 3):
        left = loader.batches(2)
        for _ in range(steps):
            next(left)
        left.close()
        assert all(map(torch.equal, whole, [batch.images for batch in loader.batches(1)]))


def test_broken_images_are_replaced_by_the_next_and_told_once(
    tmp_path: Path, opened: Opened
) -> None:
    root = many_images(tmp_path)
    loader = opened(root, Augmentation(), batch=32)
    train = scan(root).train
    for place in (5, 6, len(train) - 1):
        path_of(train[place][0]).write_bytes(b"no image")
    [batch] = loader.batches(1)
    [other] = loader.batches(2)
    one, two = ([float(image.mean()) for image in each.images] for each in (batch, other))
    assert sorted(one) == sorted(two), "in every order the same stand in"
    assert len(set(one)) == 29
    labels: dict[float, int] = {}
    for image, label in zip(batch.images, batch.labels.tolist(), strict=True):
        assert labels.setdefault(float(image.mean()), label) == label
    (told,) = loader.new_warnings()
    assert "3 images cannot be read and are replaced by the next ones" in told
    names = [train[place][0].name for place in (5, 6, len(train) - 1)]
    assert f"the first are {', '.join(names)} (not an image)" in told, "in the order of the split"
    assert str(root) not in told
    assert loader.new_warnings() == ()


def test_truncated_images_are_broken(tmp_path: Path, opened: Opened) -> None:
    root = many_images(tmp_path)
    loader = opened(root, batch=32)
    file = path_of(scan(root).train[3][0])
    file.write_bytes(file.read_bytes()[:50])
    list(loader.batches(1))
    assert (
        "1 image cannot be read and is replaced by the next one; the first is "
        f"a/{file.name} (the file is cut off)" in str(loader.new_warnings())
    )


def test_an_epoch_ends_with_what_was_broken_in_it(tmp_path: Path) -> None:
    root = many_images(tmp_path)
    given = {"data": str(root), "epochs": 2, "batch": 8, "precision": "float32", "size": 32}
    chosen = build_recipe(settings=given)
    data = run_to_end(loading.load(chosen, 0.0))[1]
    path_of(scan(root).train[3][0]).write_bytes(b"no image")
    resolved = device_resolution.resolve(chosen, CPU, 32, data.loader)
    model = registry.build("lenet5", 1, 32, 2)
    with contextlib.closing(
        Trainer(chosen, resolved, CPU, data, model, scripted.Clock())
    ) as trainer:
        said = [event for event in trainer.run() if event is not None]
    told = [event for event in said if isinstance(event, events.Alert) and event.code == "data"]
    assert [event.step for event in told] == [4], "once, at the end of the first epoch"
    assert sum(isinstance(event, events.EpochEnded) for event in said) == 2


def test_a_folder_that_is_gone_ends_with_a_sentence(tmp_path: Path, opened: Opened) -> None:
    root = many_images(tmp_path)
    loader = opened(root)
    root.rename(tmp_path / "elsewhere")
    with pytest.raises(
        DataError, match=r"32 images in a row in .*\(No such file or directory\).*is complete"
    ):
        list(loader.batches(1))


def test_no_more_processes_than_asked_for_and_none_after_closing(tmp_path: Path) -> None:
    with contextlib.closing(streaming(many_images(tmp_path), workers=2)) as loader:
        list(loader.batches(1))
        decoders = fork_server().children()
        assert 1 <= len(decoders) <= 2
    wait_for(lambda: not any(process.is_running() for process in decoders))


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def decoders(server: psutil.Process) -> list[psutil.Process]:
    """Those that live."""
    return [each for each in server.children() if lives(each)]


def kill(victim: psutil.Process) -> None:
    """As the system does where memory runs out; returns when it is gone."""
    victim.kill()
    wait_for(lambda: not lives(victim))


def kill_decoder(server: psutil.Process) -> None:
    """Wait for one that lives, and kill it."""
    wait_for(lambda: bool(decoders(server)))
    kill(decoders(server)[0])


def same(ours: Iterable[Batch], theirs: Iterable[Batch]) -> bool:
    return all(
        torch.equal(one.images, other.images) and torch.equal(one.labels, other.labels)
        for one, other in zip(ours, theirs, strict=True)
    )


def hang(file: Path) -> bytes:
    """Let whoever reads this image wait without end; returns what stood there."""
    before = file.read_bytes()
    file.unlink()
    os.mkfifo(file)
    return before


def held_open(file: Path) -> int:
    """Wait until somebody reads such an image, who waits on until this descriptor is closed."""
    found: list[int] = []

    def is_read() -> bool:
        with contextlib.suppress(OSError):
            found.append(os.open(file, os.O_WRONLY | os.O_NONBLOCK))
        return bool(found)

    wait_for(is_read)
    return found[0]


@pytest.mark.parametrize("seconds", [0.0, 0.5], ids=["at-once", "while-waited-for"])
@pytest.mark.parametrize("victim", ["decoder", "server"])
def test_a_process_that_dies_is_replaced_and_no_batch_changes(
    tmp_path: Path, opened: Opened, victim: str, seconds: float
) -> None:
    loader = opened(many_images(tmp_path, 250), batch=16)
    undisturbed = list(loader.batches(1))
    batches = loader.batches(1)
    disturbed = [next(batches)]
    server, working = fork_server(), decoders(fork_server())
    for decoder in working:
        decoder.suspend()
    killer = threading.Timer(seconds, kill, [server if victim == "server" else working[0]])
    killer.start()
    disturbed += batches
    killer.join()
    assert same(disturbed, undisturbed)
    wait_for(lambda: not any(map(lives, working)))
    (told,) = loader.new_warnings()
    assert REPLACED in told
    assert "--set threads=1" in told
    assert loader.new_warnings() == ()


def test_a_death_during_a_look_changes_neither_the_look_nor_the_pass(
    tmp_path: Path, opened: Opened
) -> None:
    loader = opened(many_images(tmp_path, 250), batch=16)
    undisturbed, expected = list(loader.batches(1)), list(loader.batches(2))
    batches = loader.batches(1)
    disturbed = [next(batches)]
    for decoder in decoders(fork_server()):
        decoder.suspend()
    kill_decoder(fork_server())
    looked = loader.batches(2)
    assert same([next(looked)], expected[:1])
    looked.close()
    assert same([*disturbed, *batches], undisturbed)


def test_a_death_while_a_pass_is_left(tmp_path: Path, opened: Opened) -> None:
    loader = opened(many_images(tmp_path, 250), batch=16)
    undisturbed = list(loader.batches(1))
    train, order = scan(tmp_path / "many").train, epoch_order(200, 7, 2)
    files = [path_of(train[int(order[at])][0]) for at in (20, 40)]
    images = list(map(hang, files))
    left = loader.batches(2)
    next(left)
    held = list(map(held_open, files))
    killer = threading.Timer(0.5, kill_decoder, [fork_server()])
    killer.start()
    left.close()
    killer.join()
    for file, image, descriptor in zip(files, images, held, strict=True):
        os.close(descriptor)
        file.unlink()
        file.write_bytes(image)
    assert same(loader.batches(1), undisturbed)


def test_a_fork_server_that_is_gone_but_not_ended_is_waited_for(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ceases to answer a moment before another one can take its place."""
    loader = opened(many_images(tmp_path))
    undisturbed = list(loader.batches(1))
    submit, refused = DecoderPool.submit, 0

    def refusing(self: DecoderPool, *arguments: Any) -> Any:
        nonlocal refused
        refused += 1
        if refused <= 5:
            raise ConnectionRefusedError
        return submit(self, *arguments)

    monkeypatch.setattr(DecoderPool, "submit", refusing)
    assert same(loader.batches(1), undisturbed)
    assert loader.new_warnings() == ()


def kill_all_by_one() -> None:
    """Kill one, and wait until the others were ended for it."""
    kill_decoder(fork_server())
    wait_for(lambda: not decoders(fork_server()))


def test_a_third_death_in_an_epoch_is_the_last(tmp_path: Path, opened: Opened) -> None:
    loader = opened(many_images(tmp_path))
    undisturbed = list(loader.batches(1))
    for _ in range(2):
        kill_all_by_one()
        assert same(loader.batches(1), undisturbed)
    assert "were replaced twice" in str(loader.new_warnings())
    for _ in range(2):
        kill_all_by_one()
        assert same(loader.batches(1), undisturbed)
    kill_all_by_one()
    with pytest.raises(DataError, match=r"was killed.*--set threads=1"):
        list(loader.batches(1))


def test_two_deaths_at_the_same_images_are_the_end(tmp_path: Path, opened: Opened) -> None:
    loader = opened(many_images(tmp_path))
    undisturbed = list(loader.batches(1))
    last = int(epoch_order(32, 7, 1)[-3])
    hang(path_of(scan(tmp_path / "many").train[last][0]))
    seen: list[Batch] = []
    ended = threading.Event()

    def kill_all() -> None:
        wait_for(lambda: len(seen) == loader.steps_per_epoch - 1)
        while not ended.wait(0.02):
            with contextlib.suppress(psutil.NoSuchProcess):
                for decoder in decoders(fork_server()):
                    decoder.kill()

    killer = threading.Thread(target=kill_all)
    killer.start()
    with pytest.raises(DataError, match=r"was killed.*--set threads=1"):
        seen.extend(loader.batches(1))
    ended.set()
    killer.join()
    assert same(seen, undisturbed[:-1])
    assert REPLACED in str(loader.new_warnings())


def test_images_that_crash_a_decoder_are_replaced_and_told_once(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one would take the place of the other."""
    monkeypatch.setattr("engine.data.decoding.decoders.decode", crashing_decoder.decode)
    loader = opened(many_images(tmp_path), batch=40)
    crashing = [path_of(image) for image, _ in scan(tmp_path / "many").train[4:6]]
    for file in crashing:
        file.write_bytes(crashing_decoder.CRASHES)
    [batch] = loader.batches(1)
    assert len(batch.images) == 32
    [told] = loader.new_warnings()
    assert "2 images cannot be read and are replaced" in told
    assert f"a/{crashing[1].name} (it crashes the decoder by signal 11)" in told
    before = decoders(fork_server())
    assert same(loader.batches(1), [batch])
    assert decoders(fork_server()) == before, "it was not opened a second time"
    assert loader.new_warnings() == ()


def test_an_image_that_crashes_a_decoder_is_never_opened_by_the_engine(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is the next one, which crashes too and belongs to another batch; nor later."""
    monkeypatch.setattr("engine.data.decoding.decoders.decode", crashing_decoder.decode)
    loader = opened(many_images(tmp_path), Augmentation.of(Recipe()), batch=1)
    validation = load(tmp_path / "many", "streaming").validation
    assert isinstance(validation, StoredImages)
    crashing = [image for image, _ in scan(tmp_path / "many").train[4:6]]
    for image in (*crashing, validation.stored[2]):
        path_of(image).write_bytes(crashing_decoder.CRASHES)
    opened_here: list[str] = []
    whole = Image.open

    def noted(file: str, **options: Any) -> Image.Image:
        opened_here.append(file)
        return whole(file, **options)

    monkeypatch.setattr(Image, "open", noted)
    order = epoch_order(len(scan(tmp_path / "many").train), 7, 1).tolist()
    shown = [int(raw.indices) for raw in loader.raw_batches(1)]
    assert opened_here == []
    assert [shown[order.index(index)] for index in (3, 4, 5, 6)] == [3, 6, 6, 6]
    assert len([*loader.evaluation_batches(validation, 1)]) == len(validation)
    assert opened_here == []
    validation.one(2)
    assert opened_here == [str(path_of(validation.stored[3]))]


def test_signals_for_the_engine_do_not_reach_the_decoders(tmp_path: Path, opened: Opened) -> None:
    loader = opened(many_images(tmp_path))
    batches = loader.batches(1)
    next(batches)
    for process in [fork_server(), *fork_server().children()]:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
            process.send_signal(number)
    assert len(list(batches)) == loader.steps_per_epoch - 1
    assert len(list(loader.batches(2))) == loader.steps_per_epoch


KILLED = """
import os
import signal
from pathlib import Path
import psutil
from engine.data.decoding.image_format import ImageFormat
from engine.data.decoding.decoders import Decoders
if __name__ == "__main__":
    decoders = Decoders(1, 1, 1, ImageFormat(1, 8, 0))
    decoders.result(decoders.submit(0, [Path("none")]))
    [server] = [child for child in psutil.Process().children() if child.children()]
    print(*(p.pid for p in (server, *server.children())), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_of_an_engine_that_was_killed_leave_and_say_nothing(tmp_path: Path) -> None:
    """The last line of `engine.log` would be taken for the reason of the death."""
    (tmp_path / "killed.py").write_text(KILLED)
    done = subprocess.run(
        [sys.executable, "killed.py"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids))


# In an engine


def train(root: Path) -> tuple[subprocess.Popen[str], LiveJournal]:
    """A long streamed run of a session of its own, that has ended an epoch."""
    options = ("--set", "loader=streaming", "--set", "threads=1", "--set", "batch=8")
    process = start_process(
        *(*COMMAND, "--no-ui", "-m", "lenet5", "-d", str(root), *options, "--epochs", "5000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    journal = LiveJournal(RUN.journal)
    wait_for(lambda: journal.count(events.EpochEnded) > 0, process)
    return process, journal


REPLACED = "were replaced once, because one was killed"
RUN = RunDir(Path("runs/1-lenet5-many"))


def test_ctrl_c_stops_a_streamed_run_as_any_and_the_lock_is_the_engines(tmp_path: Path) -> None:
    for file in many_images(tmp_path).rglob("*.png"):
        Image.open(file).resize((32, 32)).save(file)
    process, journal = train(tmp_path / "many")
    told = [event.text for event in journal.events if isinstance(event, events.Alert)]
    kept = "are decoded once, kept on the disk as far as there is room, and read when needed, by 1"
    assert any(f"{kept} process" in each for each in told)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, err) == (130, "")
    assert "go on with" in out
    assert 'loader = "streaming"' in RUN.recipe.read_text().split("[resolved]")[1]

    again = headless("resume", "--no-ui")
    wait_for(lambda: journal.count(events.Resumed) > 0 and journal.events[-1].step > 0, again)
    again.kill()
    again.communicate()
    with RUN.lock.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_run_goes_on_without_a_decoder_and_ends_clearly_where_that_is_no_accident(
    tmp_path: Path,
) -> None:
    for file in many_images(tmp_path).rglob("*.png"):
        Image.open(file).resize((32, 32)).save(file)
    process, journal = train(tmp_path / "many")
    [server] = [child for child in psutil.Process(process.pid).children() if child.children()]
    kill_decoder(server)
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.Alert) and REPLACED in e.text))

    file = path_of(scan(tmp_path / "many").train[0][0])
    image = hang(file)

    def killed_until_it_ends() -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            for decoder in decoders(server):
                decoder.kill()
        return process.poll() is not None

    wait_for(killed_until_it_ends)
    _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 2
    assert err.count("\n") == 1
    assert "was killed" in err
    assert journal.has(lambda e: isinstance(e, events.RunEnded) and e.reason == "failed")

    file.unlink()
    file.write_bytes(image)
    saved = checkpoint.load(RUN.checkpoints / "last.pt").training.step
    again = headless("resume", "--no-ui")
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.Steps) and e.step > saved), again)
    again.kill()
    again.communicate()
    wait_for(lambda: not server.is_running())
