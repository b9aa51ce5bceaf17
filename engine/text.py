"""Every sentence that the engine, or the command line on its behalf, says to a person.

Only wording stands here; who says what, and when, stands where it happens.
"""

from __future__ import annotations

import difflib
import errno
import re
import unicodedata
from collections.abc import Iterable, Mapping


def harmless(text: str) -> str:
    """The text with control, format and unpaired surrogate characters shown as `\\xNN`."""
    return "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else _escape(c)
        for c in text
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def reason(error: OSError) -> str:
    """Why the system refused, in its own words: `No space left on device`."""
    return error.strerror or str(error)


def choices(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


# Of names that have less in common one is not taken for the other: colour is not holdout.
NEAR = 0.7


def nearest(word: str, names: Iterable[str], where: str = "") -> str:
    """`did you mean X?`, where X is near; else `where` the names are listed, or all of them."""
    known, word = list(names), word.lower()
    near = [name for name in known if len(word) > 2 and name.startswith(word)]
    near += difflib.get_close_matches(word, known, n=1, cutoff=NEAR)
    near += [part for part in re.split("[-_ ]", word) if part in known]
    if near:
        return f"did you mean {near[0]}?"
    return where or f"choose {choices(known)}."


def si(count: float) -> str:
    """Four characters or so for a count: 831k, 11.2M, 1.3G."""
    for bound, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= bound:
            value = count / bound
            return f"{value:.0f}{unit}" if value >= 100 else f"{value:.3g}{unit}"
    return f"{count:.0f}"


def size(count: float) -> str:
    """Bytes in decimal units: 90 MB, 4.1 GB."""
    for bound, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= bound:
            value = count / bound
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return f"{count:.0f} B"


def duration(seconds: float) -> str:
    """9.8 s, 3:12, 2:05:00, 3 d 4 h."""
    if seconds < 59.95:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    whole = round(min(seconds, 1e12))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours}:{minutes % 60:02d}:{whole % 60:02d}"
    return f"{minutes}:{whole % 60:02d}"


def in_epochs(count: int) -> str:
    """1 epoch, 1,200 epochs."""
    return "1 epoch" if count == 1 else f"{count:,} epochs"


# Recipes


def unknown_key(key: str, known: Iterable[str]) -> str:
    where = "`cnn-tui recipes quick` shows all of them."
    return f"there is no recipe field '{harmless(key)}': {nearest(key, known, where)}"


def bad_value(key: str, value: object, allowed: str) -> str:
    return f"{key} = {harmless(str(value))} is not possible: {key} is {allowed}."


def not_a_setting(text: str) -> str:
    return f"--set takes KEY=VALUE, as in --set lr=0.1, and not '{harmless(text)}'."


def unreadable_recipe(path: object, why: str) -> str:
    return f"the recipe {harmless(str(path))} cannot be read: {harmless(why)}."


def unknown_preset(name: str, known: Iterable[str]) -> str:
    return (
        f"there is no recipe '{harmless(name)}', neither by that name nor as a TOML file: "
        f"{nearest(name, known)}"
    )


def unknown_architecture(name: str, known: Iterable[str]) -> str:
    where = "`cnn-tui models` lists them."
    return f"there is no architecture '{harmless(name)}': {nearest(name, known, where)}"


# Data


def unknown_data(name: str, known: Iterable[str]) -> str:
    return (
        f"there is no data set and no folder '{harmless(name)}': {nearest(name, known)} "
        "Or give the path of a folder with one subfolder of images a class."
    )


def data_not_on_disk(title: str, where: Iterable[object], urls: Iterable[str]) -> str:
    looked = ", ".join(harmless(str(place)) for place in where)
    return (
        f"{title} is not on this disk (looked in {looked}): get {' and '.join(urls)} and unpack it "
        "there, or say where it is with --data-dir."
    )


def data_damaged(title: str, file: object, why: str) -> str:
    return (
        f"{title} is damaged ({harmless(str(file))}: {harmless(why)}): delete that file, and the "
        "next start downloads it again."
    )


def another_set(title: str, folder: object) -> str:
    return (
        f"the files in {harmless(str(folder))} are of another data set than {title}: choose that "
        "one with --data, or another folder with --data-dir."
    )


WRONG_CHECKSUM = "its checksum is wrong"
NOT_WHOLE = "it has another format or is cut off"


def download_failed(title: str, url: str, why: str, folder: object) -> str:
    return (
        f"{title} cannot be downloaded from {url} ({harmless(why)}): start again to go on with it, "
        f"or get that file in another way and put it into {harmless(str(folder))}."
    )


def download_unwritable(title: str, path: object, why: str, url: str) -> str:
    return (
        f"{title} cannot be written to {harmless(str(path))} ({harmless(why)}): free some room, or "
        f"get {url} in another way and name its folder with --data-dir."
    )


def archive_damaged(title: str, archive: object, why: str, url: str) -> str:
    return (
        f"{harmless(str(archive))} cannot be unpacked for {title} ({harmless(why)}): delete it and "
        f"start again, or get {url} in another way and put it there."
    )


CUT_OFF = "the connection was cut"
NO_ANSWER = "no answer in time"


def folder_missing(path: object) -> str:
    return f"the data folder {harmless(str(path))} does not exist: check the path."


def folder_unreadable(path: object, why: str) -> str:
    return f"the data folder {harmless(str(path))} cannot be read: {harmless(why)}."


def folder_empty(path: object) -> str:
    return (
        f"the data folder {harmless(str(path))} holds no images: it needs one subfolder a class, "
        "with images inside, or such subfolders under train/ and val/ or test/."
    )


def folder_one_class(path: object, name: str) -> str:
    return (
        f"the data folder {harmless(str(path))} holds only the class '{harmless(name)}': "
        "a classifier needs two or more subfolders of images."
    )


def folder_class_mismatch(path: object, names: Iterable[str]) -> str:
    shown = ", ".join(harmless(name) for name in names)
    return f"{harmless(str(path))} holds classes that train/ does not: {shown}; rename or add them."


def too_many_broken(count: int, total: int, path: object, first: object, why: str) -> str:
    return (
        f"{count:,} of {total:,} images in {harmless(str(path))} cannot be read, "
        f"{harmless(str(first))} first ({harmless(why)}): repair or delete them."
    )


def some_broken(count: int, total: int, first: object, why: str) -> str:
    return (
        f"{count:,} of {total:,} images cannot be read and are left out, "
        f"{harmless(str(first))} first ({harmless(why)})."
    )


NOT_AN_IMAGE = "not an image"


def too_few_images(path: object, count: int) -> str:
    return (
        f"the data folder {harmless(str(path))} holds {count} readable training images: "
        "add more, at least two a class."
    )


def data_too_large(images: int, needed: float, free: float) -> str:
    return (
        f"{images:,} images need {size(needed)} of memory and {size(free)} are free: "
        "choose smaller images with --set size=32, or stream a folder with --set loader=streaming."
    )


def input_too_small(arch: str, least: int, given: int) -> str:
    return (
        f"{arch} needs images of {least} pixels or more, not {given}: use --set size={least}, "
        "or another architecture."
    )


def all_broken(count: int, first: object) -> str:
    return (
        f"{count:,} images on end cannot be read, {harmless(str(first))} first: check that the "
        "folder is still there and whole."
    )


def replaced_broken(count: int, first: object, why: str) -> str:
    return (
        f"{count:,} images cannot be read and the next ones stand in for them, "
        f"{harmless(str(first))} first ({harmless(why)}): repair or delete them."
    )


def decoders_replaced(deaths: int, workers: int) -> str:
    times = "once" if deaths == 1 else "twice"
    fewer = f", or start the next run with --set threads={workers // 2}" if workers > 1 else ""
    return (
        f"the processes that decode images were replaced {times}, since one was ended from "
        "outside, most likely for want of memory; no image was left out: free some memory"
        f"{fewer}."
    )


def decoder_died(workers: int) -> str:
    fewer = max(1, workers // 2)
    return (
        "a process that decodes images was ended from outside, most likely for want of memory: "
        f"free some and resume the run, or start one with --set threads={fewer}."
    )


def unused_validation(folder: object) -> str:
    return (
        f"{harmless(str(folder))} is left out, since the recipe holds out a share of the training "
        "images: leave holdout at 0 to validate on it."
    )


DEVICES = {"cpu": "processor", "cuda": "GPU"}


def images_resident(needed: float, device: str) -> str:
    return f"the images ({size(needed)}) stay in the memory of the {device}"


def images_streamed(needed: float, room: float, workers: int) -> str:
    return (
        f"the images ({size(needed)}, where {size(room)} can be kept) are decoded from disk as "
        f"they are needed, by {workers} processes"
    )


def cannot_stream(data: str) -> str:
    return f"{data} is not a folder of images and cannot be streamed: leave loader at auto."


VALIDATION_IS_TEST = (
    "validation is the test split: the best epoch is chosen on it, so its accuracy flatters"
)
VALIDATION_HELD_OUT = "validation is a share held out of the training images"
VALIDATION = {"test": VALIDATION_IS_TEST, "held out": VALIDATION_HELD_OUT}
TEST_AT_THE_END = "the test images are looked at once, at the end, with the best checkpoint"


def one_class_prevails(name: str, share: float, right: float, weighted: bool) -> str:
    rest = (
        "" if weighted else ", or use --set class_weights=true, which makes all classes count alike"
    )
    return (
        f"{share * 100:.1f} % of the training images are of the class '{harmless(name)}', and to "
        f"guess it for all is right for {right * 100:.1f} % of the validation images: judge the "
        f"accuracy by that{rest}."
    )


def test_left_out(why: str) -> str:
    return f"the test images were not looked at, since the best checkpoint is missing: {why}"


# Architectures


def no_dropout_in_small(arch: str, size: int) -> str:
    return (
        f"{arch} has dropout between its linear layers, of which images of {size} pixels leave one "
        "only: leave dropout out, or use images above 64 pixels."
    )


def not_adjustable(field: str, arch: str, families: Iterable[str]) -> str:
    return (
        f"{field} cannot be set for {harmless(arch)}: leave it out, or use an architecture of the "
        f"family {choices(families)}."
    )


def no_pretrained(arch: str, families: Iterable[str]) -> str:
    return (
        f"there are no pretrained weights for {harmless(arch)}: leave pretrained out, or use "
        f"torchvision/NAME or an architecture of the family {choices(families)}."
    )


PRETRAINED_WEIGHTS = "torchvision's weights for ImageNet"


def pretrained_too_small(size: int) -> str:
    return (
        f"pretrained weights are for images above 64 pixels, not {size}: use --set size=224, "
        "or leave pretrained out."
    )


def weights_not_here(file: str, folder: object, url: str, why: str) -> str:
    return (
        f"the pretrained weights cannot be loaded ({harmless(why)}): get {file} from {url} and "
        f"put it into {harmless(str(folder))}."
    )


def weights_do_not_fit(source: object) -> str:
    return (
        f"the weights in {harmless(str(source))} are of another architecture or another form of "
        "it: use the arch, size and style that they were trained with."
    )


def head_left_fresh(source: object) -> str:
    return (
        f"{harmless(str(source))} tells other classes apart, so the last layer begins fresh and "
        "all others with its weights."
    )


def no_weights_there(source: object) -> str:
    return (
        f"{harmless(str(source))} holds no checkpoint to begin with: name a run that has saved "
        "one, or a file of one."
    )


def no_file_either(source: str, no_run: str) -> str:
    return f"there is no file {harmless(source)}, and {no_run}"


def unknown_library_model(library: str, name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), list(known), n=1)
    hint = f"did you mean {library}/{close[0]}?" if close else "see the list in its documentation."
    return f"{library} has no image classifier '{harmless(name)}': {hint}"


NO_TIMM = "timm is not installed: install it with `pip install timm`, or use another architecture."


def own_missing(file: object) -> str:
    return f"there is no file {harmless(str(file))} to make the model: check the path."


def own_unreadable(file: object, why: str) -> str:
    return f"the file {harmless(str(file))} cannot be read: {harmless(why)}; check the path."


def own_fails(where: str, error: str) -> str:
    return f"the model cannot be made: {harmless(error)} ({harmless(where)}); repair the file."


def own_lacks(file: str, function: str, names: Iterable[str]) -> str:
    known = [harmless(name) for name in names]
    hint = nearest(function, known) if known else "write one that takes classes and gives a model."
    return f"{harmless(file)} has no function {harmless(function)}: {hint}"


def own_makes_no_model(file: str, function: str, made: str) -> str:
    return (
        f"{harmless(function)} in {harmless(file)} gives {harmless(made)}: it must return a "
        "torch.nn.Module."
    )


def model_fails(arch: str, images: str, error: str) -> str:
    return (
        f"{harmless(arch)} does not take images of {images} ({harmless(error)}): use another size, "
        "or another architecture."
    )


def wrong_output(arch: str, given: str, images: int, classes: int) -> str:
    return (
        f"{harmless(arch)} gives {harmless(given)} for {images} images and {classes} classes: a "
        f"model must give one tensor of logits, ({images}, {classes})."
    )


# Runs


def no_run(selector: str, runs_dir: object) -> str:
    return (
        f"there is no run '{harmless(selector)}' in the folder {harmless(str(runs_dir))}: "
        "`cnn-tui runs` lists them."
    )


def runs_unreadable(path: object, why: str) -> str:
    return f"the runs folder {harmless(str(path))} cannot be read: {harmless(why)}."


def no_locks(why: str) -> str:
    return f"this file system has no locks ({harmless(why)}): choose another with --runs-dir."


def not_unicode(name: str) -> str:
    return f"the name '{harmless(name)}' is not valid UTF-8: rename it."


def no_runs(runs_dir: object) -> str:
    return f"the folder {harmless(str(runs_dir))} holds no run yet: start one with `cnn-tui`."


def several_runs(selector: str, names: Iterable[str]) -> str:
    shown = ", ".join(harmless(name) for name in names)
    return f"'{harmless(selector)}' fits several runs ({shown}): give a number or more of the name."


def none_live() -> str:
    return "no run is live: name one, or see `cnn-tui runs`."


def several_live(names: Iterable[str]) -> str:
    shown = ", ".join(harmless(name) for name in names)
    return f"several runs are live ({shown}): say which."


def not_running(name: str) -> str:
    return f"{harmless(name)} is not running."


def silent(name: str, host: str, seconds: float) -> str:
    return (
        f"{harmless(name)} was not heard of for {duration(seconds)}, and whether it still runs on "
        f"{harmless(host)} cannot be seen from here: if it does not, go on with "
        f"`cnn-tui resume {harmless(name)} --force`."
    )


def already_done(name: str) -> str:
    return (
        f"{harmless(name)} is done: let it go on with `cnn-tui resume {harmless(name)} --epochs N`."
    )


def trained_already(name: str, epochs: int) -> str:
    return (
        f"{harmless(name)} has {in_epochs(epochs)} behind it: give --epochs {epochs + 1} or more."
    )


def _unlike(fields: Mapping[str, tuple[str, str]]) -> str:
    """`lr = 0.1 (and not 0.05)`: what a run has, and what a command line says."""
    return ", ".join(
        f"{key} = {harmless(has)} (and not {harmless(asked)})"
        for key, (has, asked) in fields.items()
    )


def another_run(name: str, fields: Mapping[str, tuple[str, str]]) -> str:
    return (
        f"{harmless(name)} is a run with {_unlike(fields)}: leave that out to go on with it, or "
        "begin another run with another --name."
    )


def goes_on_as_it_began(name: str, fields: Mapping[str, tuple[str, str]]) -> str:
    return (
        f"{harmless(name)} goes on as it began, with {_unlike(fields)}: for what this command line "
        "says begin another run with another --name."
    )


def already_running(name: str) -> str:
    return (
        f"{harmless(name)} is already running: watch it with `cnn-tui attach`, or end a pause with "
        "`cnn-tui continue`."
    )


def bad_name(name: str) -> str:
    return (
        f"'{harmless(name)}' cannot name a run: use letters, digits, dots, dashes and underscores, "
        "beginning with a letter or digit, 100 at most."
    )


def cannot_write(path: object, why: str) -> str:
    return (
        f"{harmless(str(path))} cannot be written: {harmless(why)}; make room there, or choose "
        "another place with --runs-dir."
    )


def intruder(module: str, found: object, expected: object) -> str:
    return (
        f"another module named {module!r} at {harmless(str(found))} hides cnn-tui's own in "
        f"{harmless(str(expected))}: start from another folder, or unset PYTHONPATH."
    )


def engine_died(name: str, last: str) -> str:
    why = f": {harmless(last)}" if last else ""
    return f"the engine of {harmless(name)} ended without a word{why}; see its engine.log."


# The machine


def no_cuda(device: str) -> str:
    return f"there is no usable GPU for --device {device}: use --device cpu or auto."


def no_such_gpu(device: str, count: int) -> str:
    return f"there is no {device}: this machine has {count} usable, numbered from 0."


def gpu_unusable(why: str) -> str:
    return (
        f"a GPU is here but PyTorch cannot use it, so the run is on the processor "
        f"({harmless(why)}): install a PyTorch build for its driver."
    )


def batch_not_shared(batch: int, parts: int) -> str:
    least = -(-batch // parts) * parts
    return (
        f"a batch of {batch:,} images cannot be shared equally by {parts:,} processes: use --set "
        f"batch={least}, or another number of them with --gpus."
    )


def too_few_gpus(wanted: int, count: int) -> str:
    if not count:
        return "there is no usable GPU for --gpus: leave it out, or train with --device cpu."
    return f"there are {count} usable GPUs and not {wanted}: use --gpus {count} or fewer."


def gpus_and_number(device: str) -> str:
    return (
        f"--gpus takes the first GPUs and --device {device} is one: use --device cuda, and "
        "CUDA_VISIBLE_DEVICES to choose among them."
    )


# What is left of a rank that another one waited for in vain.
RANK_LOST = (
    "another process of this run has ended (see engine.log): go on from the last checkpoint with "
    "`cnn-tui resume`."
)


def ranks_ended(name: str, ranks: int) -> str:
    return (
        f"one of the {ranks} processes of {harmless(name)} ended without a word, so all of them "
        f"were ended (see engine.log): go on with `cnn-tui resume {harmless(name)}`."
    )


# In PyTorch's words; the amounts are in units of 1024.
ASKED = re.compile(r"Tried to allocate ([0-9.]+ \w+)")
FREE = re.compile(r"of which ([0-9.]+ \w+) is free")


def out_of_memory(batch: int, message: str, saved_in: str) -> str:
    """`message` is PyTorch's; `saved_in` the run that has a checkpoint, or nothing."""
    asked, free = ASKED.search(message), FREE.search(message)
    told = f", where {asked[1]} more were asked for" if asked else ""
    told += f" and {free[1]} were free" if asked and free else ""
    kept = f" and --init-from {harmless(saved_in)}, to keep what was learnt" if saved_in else ""
    if batch == 1:
        return f"the device ran out of memory with one image{told}: try a smaller size, --set size."
    return (
        f"the device ran out of memory with batch {batch}{told}: begin a run with --set "
        f"batch={batch // 2}{kept}."
    )


def not_compiled(why: str) -> str:
    return (
        f"the model could not be compiled ({harmless(why)}), so it is trained as it is; the log "
        "has the details, and --compile off spares the try."
    )


def not_recorded(why: str) -> str:
    return (
        f"a step could not be launched at once ({harmless(why)}), so its kernels are launched one "
        "by one, which is slower; --set cuda_graph=off spares the try."
    )


NO_ROOM_TO_RECORD = "its activations do not fit twice into the GPU's memory"


# What happens in a run


# The code of the alert for a loss that is not a number.
LOSS_BROKEN = "loss"


def loss_not_finite(step: int, layer: str) -> str:
    where = f", first in {harmless(layer)}" if layer else ""
    return (
        f"the loss is not a number since step {step}{where}: try a lower learning rate, --set "
        "clip=1, or --set on_nan=rollback."
    )


def loss_explodes(loss: float, before: float) -> str:
    return (
        f"the loss has grown from {before:.3g} to {loss:.3g}: try a lower learning rate (here with "
        "s), a warm-up, or --set clip=1."
    )


def gradient_explodes(norm: float, usual: float, layer: str) -> str:
    return (
        f"the gradient has grown from {usual:.3g} to {norm:.3g}, most in {harmless(layer)}: try a "
        "lower learning rate (here with s), a warm-up, or --set clip=1."
    )


def learns_nothing(epochs: int, top1: float, chance: float) -> str:
    return (
        f"after {epochs} epochs the validation accuracy is {top1 * 100:.1f} %, no better than a "
        f"guess ({chance * 100:.1f} %): check the labels, and try another learning rate, mostly a "
        "lower one."
    )


def batch_not_kept(why: str) -> str:
    return f"the batch that broke the loss was not kept: {harmless(why)}; free some room."


def not_saved_broken(file: str) -> str:
    return (
        f"{file} was not saved, for the weights are no numbers any more: the checkpoint before it "
        "is still whole, so resume from it with a lower learning rate."
    )


def small_norm_batch(batch: int, enough: int) -> str:
    return (
        f"batch norm sees only {batch} images at a time, too few for a steady mean: use --set "
        f"batch={enough} or more, or an architecture without batch norm."
    )


def flip_changes_labels(title: str) -> str:
    return f"a mirrored image of {title} shows something else: leave flip and tta false."


def high_rate(lr: float, usual: float, optimizer: str) -> str:
    return (
        f"lr = {lr:g} is {lr / usual:.0f} times what {optimizer} usually takes here: if the loss "
        f"does not fall, try --set lr={usual:g}."
    )


def batch_of_one(arch: str, layer: str, enough: int) -> str:
    return (
        f"{harmless(arch)} cannot train on one image at a time, for the batch norm {layer} needs "
        f"two values to compare: use --set batch={enough} or more."
    )


# How far, as a share, the first loss may be from that of a guess.
FIRST_LOSS_FITS = 0.1


def first_loss(loss: float, expected: float, classes: int) -> str:
    guess = f"a guess among {classes} classes has ln {classes} = {expected:.2f}"
    if loss > expected + 1:
        return (
            f"the first loss is {loss:.2f}, and {guess}: the logits begin too large, so check the "
            "initialisation and that images are normalised."
        )
    if loss < expected * 0.5:
        return (
            f"the first loss is {loss:.2f}, and {guess}: the model knows the answers already, so "
            "check that labels do not leak into images, or that it was meant to be trained before."
        )
    fits = abs(loss - expected) <= FIRST_LOSS_FITS * expected
    return f"the first loss is {loss:.2f}, {'as it should be' if fits else 'near enough'}: {guess}."


def out_of_patience(patience: int, best_epoch: int) -> str:
    return (
        f"{patience} epochs brought no better validation accuracy than epoch {best_epoch}, so the "
        "training ends here: give it more with --set patience=0."
    )


def crashed(error: str) -> str:
    return f"the training stopped on an error of the program: {harmless(error)} (see engine.log)."


def journal_failed(why: str) -> str:
    return (
        f"the journal cannot be written: {harmless(why)}; free some room, then let the run go on "
        "with `cnn-tui resume`."
    )


def journal_held(why: str) -> str:
    return (
        f"the journal cannot be written: {harmless(why)}; the training goes on and keeps its "
        "events in memory, so free some room before it ends."
    )


# What to do about an error of the disk; of all others room is the usual cure.
REMEDIES: Mapping[int, str] = {
    errno.ENOMEM: "free some memory",
    errno.EDQUOT: "delete files of yours, for your quota is used up",
    errno.EROFS: "make the disk writable again",
    errno.EIO: "look after the disk, which may be failing",
    errno.ENOENT: "put the run's folder back to where it was",
    errno.EACCES: "give the run's folder back its permissions",
    errno.ESTALE: "mount the disk of the run's folder again",
}


def save_failed(file: str, error: OSError) -> str:
    remedy = REMEDIES.get(error.errno or 0, "free some room")
    return (
        f"{file} was not saved: {harmless(reason(error))}; {remedy}: the checkpoint before it is "
        "kept, and the next save tries again."
    )


def save_crashed(error: Exception) -> str:
    why = f"{type(error).__name__}: {error}".partition("\n")[0]
    return (
        f"the checkpoint was not saved, by a fault of this program ({harmless(why)}); the one "
        "before it is kept, and the next save tries again: please report it with engine.log."
    )


def command_ignored(file: str, why: str) -> str:
    return f"the command {harmless(file)} was ignored: {harmless(why)}."


COMMAND_NOT_OURS = "it is not a plain file of this user"
COMMAND_TOO_LARGE = "it is too large"
COMMAND_BAD_ID = "its id is none of ours"


def other_data(then: Mapping[str, int], now: Mapping[str, int]) -> str:
    changed = [f"{key} {then[key]:,} → {now[key]:,}" for key in now if then.get(key) != now[key]]
    return (
        f"the data or the recipe is not what the checkpoint was made with ({', '.join(changed)}): "
        "put it back as it was, or start another run with --init-from."
    )


def bad_checkpoint(path: object) -> str:
    return f"{harmless(str(path))} is not a whole checkpoint of this program: use another file."


def other_version(path: object, *, newer: bool) -> str:
    if newer:
        return (
            f"{harmless(str(path))} was written by a newer version of this program: use that one, "
            "or update this one with `pip install --upgrade cnn-tui`."
        )
    return (
        f"{harmless(str(path))} was written by an older version of this program, which this one "
        "cannot go on from: use that version, or begin another run."
    )


def nothing_to_save(phase: str) -> str:
    return f"nothing is trained yet ({phase}), so there is nothing to save."


def nothing_to_show(phase: str) -> str:
    return f"nothing is trained yet ({phase}), so there is nothing to look at: ask again later."


def answer_failed(why: str) -> str:
    return f"the look inside was not written: {harmless(why)}; free some room and ask again."


NO_PREVIEW = "the preview ended without an answer: start the run to see more"


def no_maps(layer: str, names: Iterable[str]) -> str:
    return f"the layer {harmless(layer)!r} has no feature maps: {nearest(layer, names)}"


def no_such_image(count: int) -> str:
    return f"there are {count:,} validation images: ask for one from 0 to {count - 1}."


NO_KERNELS = "this architecture has no convolution, and so no kernels to show: look at another run."


STEERED_NOTHING = "nothing was to be changed: give a learning rate, a factor or a number of epochs."


def rate_out_of_range(most: float) -> str:
    return f"a learning rate or factor must be above 0 and at most {most:g}: give another one."


RATE_IS_NOUGHT = "the planned rate is 0 here and cannot be scaled: give the run more epochs first."


STEERED_TOO_LATE = "the last epoch has ended, so there is nothing to steer: start another run."


def too_many_epochs(most: int) -> str:
    return f"a run has at most {most:,} epochs: give fewer."


def too_few_epochs(epochs: int, least: int) -> str:
    return (
        f"the run cannot end after {epochs} epochs, for it is in epoch {least}: "
        f"give {least} or more."
    )


def nothing_to_steer(phase: str) -> str:
    return f"nothing is trained yet ({phase}), so there is nothing to steer: ask again later."


def nothing_to_look_at(name: str) -> str:
    return (
        f"{harmless(name)} has no checkpoint yet, so there is nothing to look at: resume it first."
    )
