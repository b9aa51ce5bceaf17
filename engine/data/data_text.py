"""Sentences for the user about data sets and their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, islice

from engine import numbers
from engine.text import EXAMPLES, PIP, harmless

# The setting that leaves broken images out.
SKIP_BROKEN = "broken=skip"


def data_not_on_disk(key: str, title: str, where: Iterable[object], urls: Iterable[str]) -> str:
    searched = ", ".join(harmless(str(folder)) for folder in where)
    return (
        f"{title} is not on this disk (searched in {searched}): a training downloads it, such as "
        f"`cnn-tui --arch lenet5 --data {key} --epochs 1`; or download {' and '.join(urls)} and "
        "unpack it there, or name its folder with --data-dir."
    )


def data_damaged(title: str, file: object, why: str) -> str:
    return (
        f"{title} is damaged ({harmless(str(file))}: {harmless(why)}): delete that file, and the "
        "next start downloads it again."
    )


def another_set(title: str, folder: object) -> str:
    return (
        f"the files in {harmless(str(folder))} belong to another data set than {title}: choose "
        "that data set with --data, or another folder with --data-dir."
    )


WRONG_CHECKSUM = "its checksum is wrong"

NOT_WHOLE = "it has another format or is cut off"


def download_failed(title: str, url: str, why: str, folder: object) -> str:
    return (
        f"{title} cannot be downloaded from {url} ({harmless(why)}): start again to continue the "
        f"download, or put that file into {harmless(str(folder))} yourself."
    )


def download_unwritable(title: str, path: object, refusal: str, url: str) -> str:
    """`refusal` is what `text.refused` says."""
    return (
        f"{title} cannot be written to {harmless(str(path))}: {refusal}, "
        f"or download {url} yourself and name its folder with --data-dir."
    )


def archive_damaged(title: str, archive: object, why: str, url: str) -> str:
    return (
        f"{harmless(str(archive))} cannot be unpacked for {title} ({harmless(why)}): delete it and "
        f"start again, or download {url} yourself and put it there."
    )


CUT_OFF = "the connection was cut"

NO_ANSWER = "no answer in time"


def folder_unreadable(path: object, why: str) -> str:
    return f"the data folder {harmless(str(path))} cannot be read: {harmless(why)}."


def _first_of(broken: Mapping[str, str]) -> str:
    """`the first is a/1.png (not an image)`, or the first three; `broken` gives why, by name."""
    verb = "is" if len(broken) == 1 else "are"
    return f"the first {verb} {with_reasons(islice(broken.items(), EXAMPLES))}"


def with_reasons(broken: Iterable[tuple[str, str]]) -> str:
    """Names with the reasons, each said once: `a.png, b.png (not an image), c.png (cut off)`."""
    return ", ".join(
        f"{', '.join(harmless(name) for name, _ in group)} ({harmless(why)})"
        for why, group in groupby(broken, lambda one: one[1])
    )


def _are_replaced(count: int) -> str:
    replaced = "is replaced by the next one" if count == 1 else "are replaced by the next ones"
    return f"cannot be read and {replaced}"


IMAGES, TRIED_IMAGES = "images", "training images that were tried"


def too_many_broken(
    total: int, images: str, path: object, broken: Mapping[str, str], listed: object | None
) -> str:
    """`images` says of what there are so many: `IMAGES`, or of a sample `TRIED_IMAGES`."""
    if {*broken.values()} == {NEEDS_HEIF}:
        return (
            f"{len(broken):,} of {total:,} {images} in {harmless(str(path))} are HEIC, such as "
            f"{harmless(next(iter(broken)))}: install the package that opens them with "
            f"`{PIP} install pi-heif`, or leave them out with --set {SKIP_BROKEN}."
        )
    return (
        f"{len(broken):,} of {total:,} {images} in {harmless(str(path))} cannot be read; "
        f"{_first_of(broken)}{_all_listed(listed)}: repair or delete them, or leave them out with "
        f"--set {SKIP_BROKEN}."
    )


def _all_listed(listed: object | None) -> str:
    return f"; all are listed in {harmless(str(listed))}" if listed else ""


def none_readable(path: object, broken: Mapping[str, str]) -> str:
    return (
        f"{harmless(str(path))} has a split of {len(broken):,} images, and none can be read; "
        f"{_first_of(broken)}: repair or delete them."
    )


def some_broken(total: int, images: str, broken: Mapping[str, str], listed: object | None) -> str:
    """`images` is as for `too_many_broken`."""
    return (
        f"{len(broken):,} of {total:,} {images} {_are_replaced(len(broken))}; "
        f"{_first_of(broken)}{_all_listed(listed)}; evaluations leave them out."
    )


NOT_AN_IMAGE = "not an image"

# Why an image is broken whose file ends too early.
ENDS_EARLY = "the file is cut off"

# Why an HEIC image is broken where no package opens it.
NEEDS_HEIF = f"needs {PIP} install pi-heif"


NEEDS_TIFFFILE = f"needs {PIP} install tifffile"


def fewer_bands(count: int) -> str:
    return f"has only {count} band{'s' * (count > 1)}"


def too_many_axes(shape: Sequence[int]) -> str:
    return f"has {len(shape)} axes, {' x '.join(map(str, shape))}"


def more_bands(count: int) -> str:
    """Why an image is broken that has more bands than colours and transparency."""
    return f"has {count} bands"


def choose_bands(name: str, count: int, path: object) -> str:
    return (
        f"images in {harmless(str(path))} have more than 4 bands, such as {harmless(name)} with "
        f"{count}: choose one or three of them by number with --set bands=1,2,3."
    )


def bands_unreadable(name: str, why: str, bands: Sequence[int]) -> str:
    return (
        f"the bands {', '.join(map(str, bands))} cannot be read of {harmless(name)}, which "
        f"{harmless(why)}: choose other ones with --set bands=1,2,3."
    )


def bands_need_package(name: str) -> str:
    return (
        f"the bands of {harmless(name)} cannot be read without the package tifffile: install it "
        f"with `{PIP} install tifffile`."
    )


def values_outside(share: float, low: float, high: float) -> str:
    return (
        f"{numbers.share(share)} of the values of the images are outside the levels from {low:g} "
        f"to {high:g} and become black or white: set others with --set levels={low:g},{high:g}."
    )


def mixed_depths(count: int, looked_at: int, name: str) -> str:
    return (
        f"{count:,} of {looked_at:,} images that were looked at have more than 8 bits, such as "
        f"{harmless(name)}, and the others 8, which keep their values: their brightness may tell "
        "which is which, so save all alike."
    )


def levels_used(low: float, high: float) -> str:
    return (
        f"in images of more than 8 bits, {low:g} is black and {high:g} is white: `levels` in the "
        "recipe"
    )


def backdrop_chosen(transparent: int, looked_at: int, backdrop: str) -> str:
    return (
        f"{transparent:,} of {looked_at:,} images that were looked at are partly transparent: they "
        f"are shown on {backdrop}, or with --set backdrop=none in the colours that they hide"
    )


def cut_bands(count: int, looked_at: int, name: str) -> str:
    return (
        f"{count:,} of {looked_at:,} images that were looked at have more bands or bits than are "
        f"read, such as {harmless(name)}: the first bands are read, of 16 bits the upper 8; of a "
        "TIFF, --set bands=1,2,3 reads those bands with all their bits"
    )


def first_frames(count: int, looked_at: int, name: str) -> str:
    return (
        f"{count:,} of {looked_at:,} images that were looked at have several frames, such as "
        f"{harmless(name)}: the first one is taken"
    )


IMAGE_TOO_LARGE = "too large for the free memory"


def values_out_of_range(low: float, high: float) -> str:
    return (
        f"its values go from {low:g} to {high:g}; save it with 8 or 16 bits, or with values "
        "from 0 to 1"
    )


def data_too_large(images: int, needed: float, free: float, fitting: int) -> str:
    """`fitting` is the largest side of the images, in pixels, with which they would fit."""
    return (
        f"{images:,} images need {numbers.size(needed)} of memory, and {numbers.size(free)} are "
        f"free: choose smaller images with --set size={fitting} or less, free some memory, or "
        "stream a folder with --set loader=streaming."
    )


def all_broken(folder: object, broken: Mapping[str, str]) -> str:
    return (
        f"{len(broken):,} images in a row in {harmless(str(folder))} cannot be read; "
        f"{_first_of(broken)}: repair or delete them, and check that the folder is complete."
    )


def replaced_broken(broken: Mapping[str, str], listed: object | None) -> str:
    return (
        f"{len(broken):,} image{'s' * (len(broken) > 1)} {_are_replaced(len(broken))}; "
        f"{_first_of(broken)}{_all_listed(listed)}: repair or delete them; evaluations leave them "
        "out."
    )


def decoders_replaced(deaths: int, workers: int) -> str:
    times = "once" if deaths == 1 else "twice"
    fewer = f", or start the next run with --set threads={workers // 2}" if workers > 1 else ""
    return (
        f"the processes that decode images were replaced {times}, because one was killed, probably "
        "for lack of memory; no image was lost: free some memory"
        f"{fewer}."
    )


def no_decoders(why: str) -> str:
    return (
        f"the processes that decode images cannot start ({harmless(why)}): see that TMPDIR, or "
        "/tmp without it, can be written and has room, and raise the limits of `ulimit -n` and "
        "`ulimit -u`."
    )


def no_semaphores(why: str) -> str:
    return (
        f"the processes that decode images cannot start, since /dev/shm fails ({harmless(why)}): "
        "see that it can be written and has room (`df /dev/shm`, or --shm-size of a container), "
        "or use --set loader=resident, which can do without."
    )


def no_shared_memory(needed: float, why: str) -> str:
    return (
        f"the processes that decode images need {numbers.size(needed)} of shared memory, which the "
        f"system refuses ({harmless(why)}): free some memory, raise the limits of `ulimit -v` and "
        "`ulimit -n`, or use a smaller batch or size."
    )


def decoded_by_threads(why: str) -> str:
    return f"the images were decoded by threads, which takes longer, because {harmless(why)}"


def decoder_died(workers: int) -> str:
    fewer = f", or start a run with --set threads={workers // 2}" if workers > 1 else ""
    return (
        "a process that decodes images was killed, probably for lack of memory: "
        "free some memory and resume the run, or start it again where it has trained nothing"
        f"{fewer}."
    )


# The same where the signal is not known.
CRASHES = "it crashes the decoder"


def decoder_crashes(number: int) -> str:
    """Why an image is broken at which the decoder crashes by this signal."""
    return f"it crashes the decoder by signal {number}"


def decoder_crashed(broken: Mapping[str, str]) -> str:
    return (
        f"the processes that decode images crashed in native code {len(broken):,} times; "
        f"{_first_of(broken)}: repair or delete them, or install Pillow anew."
    )


ONE_COLOUR = "each training image is of one colour, which alone can tell its class: look at some"


def no_contrast(path: object) -> str:
    return (
        f"each training image in {harmless(str(path))} is of one colour, so that there is nothing "
        "to learn from: look at them, and where they have more than 8 bits, say what is black and "
        "white with --set levels=LOW,HIGH."
    )


DEVICES = {"cpu": "CPU", "cuda": "GPU"}


def images_resident(needed: float, device: str) -> str:
    return f"the images ({numbers.size(needed)}) stay in the memory of the {device}"


def images_streamed(needed: float, room: float, workers: int, *, kept: bool) -> str:
    once = "decoded once, kept on the disk as far as there is room, and read when needed"
    return (
        f"the images ({numbers.size(needed)}, with room for {numbers.size(room)} in memory) are "
        f"{once if kept else 'decoded from disk when needed'}, by {_processes(workers)}"
    )


def images_cropped(canvas: int, workers: int, *, kept: bool) -> str:
    often = "once and kept on the disk (as far as there is room)" if kept else "in every epoch"
    return (
        f"each image is decoded {often}, with its shorter side shrunk to about {canvas} pixels if "
        f"it is much longer; random crops are made of that when needed, by {_processes(workers)}"
    )


def _processes(count: int) -> str:
    return f"{count} process{'es' * (count > 1)}"


def cannot_stream(data: str) -> str:
    return f"{data} is not a folder of images, so it cannot be streamed: leave loader at auto."


VALIDATION_IS_TEST = (
    "validation uses the test split: the best epoch is chosen on it, so its accuracy is optimistic"
)


def validation_held_out(held: int, images: int, dropped: int) -> str:
    """`dropped` are those of the images that decisions on labels drop after this choice."""
    then = f"; decisions on labels then drop {dropped:,} of the {images:,}" if dropped else ""
    return f"validation uses {held:,} of {images:,} training images, which are held out{then}"


TEST_AT_THE_END = "the test images are evaluated once, at the end, with the best checkpoint"


def one_class_dominates(name: str, share: float, right: float, weighted: bool) -> str:
    rest = "" if weighted else ", or use --set class_weights=true, so that all classes count alike"
    return (
        f"{numbers.share(share)} of the training images are of the class '{harmless(name)}', and "
        f"always guessing it is right for {numbers.share(right)} of the validation images: compare "
        f"the accuracy with that{rest}."
    )


def photo_trains(size: int, median: int, least: int) -> str:
    """`median` is that of the shorter sides, which is at least `least` for photographs."""
    trains = f"the recipe is photo, at {size} pixels"
    if median < least:
        return (
            f"{trains}, though the images are small: the median of their shorter sides is "
            f"{median:,} pixels, and that of photographs at least {least}"
        )
    smaller = "; a smaller size trains faster, such as --set size=160" if size > 160 else ""
    return (
        f"{trains}: the images are photographs, since the median of their shorter sides is "
        f"{median:,} pixels, and at least {least}{smaller}"
    )


def quick_for_small(median: int, least: int) -> str:
    return (
        f"the recipe is quick: the median of the shorter sides of the images is {median:,} pixels, "
        f"and photo is for images of {least} and more"
    )


def quick_for_network(arch: str) -> str:
    return (
        "the recipe is quick, though the images are photographs: photo is for networks that were "
        f"made for ImageNet, and {harmless(arch)} is not known to be one"
    )


QUICK_ALTHOUGH = (
    "the recipe is quick, though the images are photographs: --recipe photo trains on random crops "
    "of them"
)


def size_of_weights(size: int) -> str:
    return (
        f"the size is {size} pixels, which the pretrained weights were trained at: --set size=N "
        "takes another one"
    )


def training_crops(
    scale: Sequence[float], changes: Sequence[str], start: int, size: int, growing: int
) -> str:
    """`changes` are the fields of the recipe that change crops. These grow from `start` to `size`
    in so many `growing` epochs.
    """
    shown = " to ".join(map(numbers.whole_share, scale))
    changed = f", changed at random by {', '.join(changes)}" if changes else ""
    grow = f"; they grow from {start} to {size} pixels in the first {growing:,} epochs"
    return (
        f"in training the network sees random crops of {shown} of the area{changed}"
        f"{grow if growing else ''}"
    )


def size_of_photographs(size: int, median: int, least: int) -> str:
    return (
        f"size = auto is {size} pixels, as for ImageNet: the images are photographs, since the "
        f"median of their shorter sides is {median:,} pixels, and at least {least}; a smaller size "
        "trains faster, such as --set size=160"
    )


def size_near_median(size: int, median: int, step: int) -> str:
    return (
        f"size = auto is {size} pixels, the multiple of {step} next to the median of the shorter "
        f"sides of the images, {median:,} pixels"
    )


def enlarged(count: int, total: int, size: int, suits: int) -> str:
    """`suits` is a size that suits the images."""
    many = "1 is" if count == 1 else f"{count:,} are"
    faster = f"; --set size={suits} shows as much, and trains faster" if suits < size else ""
    return (
        f"of {total:,} sampled images {many} enlarged more than twice for the {size} pixels that "
        f"the network sees: they look blurred{faster}."
    )
