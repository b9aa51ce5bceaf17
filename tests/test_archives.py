"""Archives of image folders are read in place, within bounds."""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import subprocess
import sys
import tarfile
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import UnidentifiedImageError

from engine.catalog.user_folders import cache_folder
from engine.data.inventory import data_inventory, kept_copies
from engine.data.inventory.inventory import Inventory
from engine.data.inventory.listing import archive_listing, archives, listing_text
from engine.data.stored.archive_entry import ArchiveEntry
from engine.data.stored.stored_image import StoredImage
from engine.data.stored.zip_packing import ZipPacking
from engine.recipes.recipe import Recipe
from tests.archived_images import add, files, picture, write_tar, write_zip
from tests.inventories import inventory, refusal


def contents(found: Inventory) -> dict[str, bytes]:
    return {image.name: image.content() for image, _ in found.images}


PACKED = ["a.zip", "stored.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"]


def packed(path: Path, content: dict[str, bytes]) -> Path:
    """The archive of this name."""
    if path.suffix == ".zip":
        stored = path.name.startswith("stored")
        return write_zip(path, content, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    packing = {".tgz": "gz", ".gz": "gz", ".bz2": "bz2", ".xz": "xz"}.get(path.suffix, "")
    return write_tar(path, content, packing)


@pytest.mark.parametrize("name", PACKED)
def test_an_archive_is_a_folder(tmp_path: Path, name: str) -> None:
    found = inventory(packed(tmp_path / name, files()))
    assert found.classes == ("cat", "dog")
    assert contents(found) == files()
    assert all(image.open().size == (8, 8) for image, _ in found.images)
    assert not any(path.suffix == ".png" for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("name", PACKED)
def test_the_content_says_what_an_archive_is(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, files()).rename(tmp_path / "download")
    assert contents(inventory(path)) == files()


@pytest.mark.parametrize("top", ["pets/", "./", "./pets/"])
def test_a_folder_around_all_counts_for_nothing(tmp_path: Path, top: str) -> None:
    for path in (
        write_zip(tmp_path / "a.zip", files(top)),
        write_tar(tmp_path / "a.tar", files(top)),
    ):
        found = inventory(path)
        assert found.classes == ("cat", "dog")
        assert {*contents(found)} == {*files(top.removeprefix("./"))}


def test_splits_and_tables_in_an_archive_are_those_of_a_folder(tmp_path: Path) -> None:
    content = {**files("train/"), **files("val/")}
    assert inventory(write_zip(tmp_path / "a.zip", content)).validates == "separate"
    images = {f"{index}.png": picture(index) for index in range(12)}
    rows = [f"{index}.png,{'cat' if index % 2 else 'dog'}" for index in range(12)]
    table = "\n".join(["image,label", *rows]).encode()
    found = inventory(write_tar(tmp_path / "b.tar", {**images, "labels.csv": table}))
    assert found.classes == ("cat", "dog")


def test_names_of_windows_and_of_macos_are_understood(tmp_path: Path) -> None:
    """Backslashes; UTF-8 without the flag that says so; resource forks."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files("Grüße/").items():
            info = zipfile.ZipInfo("x")
            info.filename = name.replace("/", "\\")
            archive.writestr(info, content)
            archive.writestr("__MACOSX/" + name.replace("/", "/._"), b"fork")
    raw = bytearray(path.read_bytes())
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := raw.find(sign, at + 1)) >= 0:
            raw[at + flags + 1] &= ~0x08
    path.write_bytes(raw)
    found = inventory(path)
    assert contents(found) == files("Grüße/")
    assert found.skipped


def test_a_name_in_cp437_is_read_as_such(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", files("x_/"))
    path.write_bytes(path.read_bytes().replace(b"x_/", b"\x81_/"))
    found = inventory(path)
    assert {*contents(found)} == {*files("ü_/")}
    names = [*files("ü_/")]
    assert found.notes == (listing_text.names_in_cp437(path, names),)


def test_a_name_in_another_encoding_is_named_and_so_is_the_way_to_unpack_it(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {**files("x_/"), "plain.txt": b""})
    path.write_bytes(path.read_bytes().replace(b"x_/", "狗/".encode("gbk")))
    (note,) = (note for note in inventory(path).notes if "CP437" in note)
    assert f"--metadata-encoding gbk -e {path} FOLDER" in note
    command = [sys.executable, "-m", "zipfile", "--metadata-encoding", "gbk"]
    subprocess.run([*command, "-e", path, tmp_path / "out"], check=True)
    assert {*contents(inventory(tmp_path / "out"))} == {*files("狗/")}


def test_of_two_entries_of_one_name_the_last_counts(tmp_path: Path) -> None:
    content = files()
    with tarfile.open(write_tar(tmp_path / "a.tar", content), "a") as archive:
        add(archive, "cat/0.png", picture(255))
    with (
        zipfile.ZipFile(write_zip(tmp_path / "a.zip", content), "a") as zipped,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        zipped.writestr("cat/0.png", picture(255))
    for name in ("a.tar", "a.zip"):
        assert contents(inventory(tmp_path / name)) == {**content, "cat/0.png": picture(255)}


class Pipe(io.RawIOBase):
    """A stream in which nobody can go back, into a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        with self._path.open("ab") as file:
            return file.write(content)


def test_a_zip_whose_headers_know_no_sizes_is_read(tmp_path: Path) -> None:
    """As one that is written into a pipe; or with the headers of large archives (ZIP64)."""
    with zipfile.ZipFile(Pipe(tmp_path / "piped.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files().items():
            archive.writestr(name, content)
    with zipfile.ZipFile(tmp_path / "large.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files().items():
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(content)
    for name in ("piped.zip", "large.zip"):
        assert contents(inventory(tmp_path / name)) == files()


def test_bytes_before_a_zip_do_not_matter(tmp_path: Path) -> None:
    """A program that unpacks itself begins with its code; it is known by its end."""
    path = write_zip(tmp_path / "a.zip", files())
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    assert contents(inventory(path)) == files()


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_the_file_of_an_image_is_given_where_it_is_small(tmp_path: Path, name: str) -> None:
    image, _ = inventory(packed(tmp_path / name, files())).train[0]
    content = image.content()
    assert image.encoded(len(content)) == content
    assert image.encoded(len(content) - 1) == b""


# What is left out


@pytest.mark.parametrize("name", ["../out.png", "/out.png", "cat/../../out.png", "C:\\out.png"])
def test_names_that_climb_out_are_left_out(tmp_path: Path, name: str) -> None:
    content = {**files(), name: picture(0)}
    for path in (write_zip(tmp_path / "a.zip", content), write_tar(tmp_path / "a.tar", content)):
        found = inventory(path)
        assert contents(found) == files()
        assert found.skipped["names that lead out of the archive"] == [name]
        assert "names that lead out of the archive (1: " in " ".join(found.notes)


def test_links_are_left_out_unless_they_stand_for_a_member(tmp_path: Path) -> None:
    with tarfile.open(write_tar(tmp_path / "a.tar", files()), "a") as archive:
        add(archive, "cat/soft.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "cat/hard.png", type=tarfile.LNKTYPE, linkname="cat/0.png")
        add(archive, "cat/gone.png", type=tarfile.LNKTYPE, linkname="../cat/0.png")
        add(archive, "cat/pipe.png", type=tarfile.FIFOTYPE)
    found = inventory(tmp_path / "a.tar")
    assert contents(found) == {**files(), "cat/hard.png": files()["cat/0.png"]}
    assert found.skipped["links"] == ["cat/gone.png", "cat/soft.png"]
    link = zipfile.ZipInfo("cat/soft.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(write_zip(tmp_path / "a.zip", files()), "a") as zipped:
        zipped.writestr(link, "/etc/passwd")
    assert inventory(tmp_path / "a.zip").skipped["links"] == ["cat/soft.png"]


def test_archives_in_an_archive_and_other_packings_are_left_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {**files(), "more.zip": b"PK", "cat/note.xml": b"<a/>"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("cat/packed.png", picture(0), zipfile.ZIP_BZIP2)
    found = inventory(path)
    assert contents(found) == files()
    assert found.skipped["archives"] == ["more.zip"]
    assert any(names == ["cat/packed.png"] for names in found.skipped.values())


# Bounds, with small ones


def test_more_entries_than_the_bound_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_listing, "MOST_ENTRIES", 11)
    for path in (write_zip(tmp_path / "a.zip", files()), write_tar(tmp_path / "a.tar", files())):
        assert "has more than 11 entries: unpack it" in refusal(path)


def test_more_bytes_than_the_bound_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_listing, "MOST_BYTES", 500)
    for path in (write_zip(tmp_path / "a.zip", files()), write_tar(tmp_path / "a.tar", files())):
        assert "say that they have more than 500" in refusal(path)


def test_an_entry_larger_than_the_bound_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_listing, "MOST_ENTRY_BYTES", 5_000)
    content = {**files(), "cat/large.png": bytes(5_001)}
    for path in (write_zip(tmp_path / "a.zip", content), write_tar(tmp_path / "a.tar", content)):
        assert contents(inventory(path)) == files()


def test_no_more_is_inflated_than_the_directory_says(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.png": bytes(100_000)})
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("a.png")
    packing = ZipPacking(info.compress_size, zipfile.ZIP_DEFLATED, info.CRC)
    entry = ArchiveEntry(str(path), "a.png", 0, 50, packing)
    with pytest.raises(OSError, match="damaged"):
        entry.content()


def test_a_packed_tar_larger_than_the_disk_allows_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tar(tmp_path / "a.tar.gz", files(), "gz")
    monkeypatch.setattr(kept_copies, "MOST_BYTES", 2_000)
    assert "needs more than the 2.0 kB that may be used there" in refusal(path)
    assert not [*kept_copies.folder().glob("*-*")]


# Damage


def test_an_encrypted_zip_says_how_to_unpack_it(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", files())
    content = bytearray(path.read_bytes())
    content[content.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "is encrypted: unpack it with `unzip" in refusal(path)


@pytest.mark.parametrize("name", PACKED)
def test_a_cut_archive_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, files())
    os.truncate(path, path.stat().st_size * 5 // 9)
    told = refusal(path)
    assert f"{name} cannot be read" in told
    assert "download or copy it again" in told


def test_a_tar_without_its_end_is_read_with_a_warning(tmp_path: Path) -> None:
    """It may be cut off between two members, or be written so: tarfile tells nobody."""
    path = write_tar(tmp_path / "a.tar", files())
    os.truncate(path, path.read_bytes().find(b"dog/5.png"))
    found = inventory(path)
    assert len(found.images) == 11
    assert any("has no mark at its end" in note for note in found.notes)


def test_a_tar_with_a_damaged_header_is_refused_as_a_whole(tmp_path: Path) -> None:
    """Python's tarfile would list the members before it, and say nothing."""
    path = write_tar(tmp_path / "a.tar", files())
    content = bytearray(path.read_bytes())
    content[content.find(b"dog/0.png")] ^= 0xFF
    path.write_bytes(content)
    assert "the header of a member is damaged" in refusal(path)


def test_damaged_bytes_of_one_image_make_it_broken_alone(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", files(), zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    at = content.find(files()["cat/3.png"])
    content[at + 60] ^= 0xFF
    path.write_bytes(content)
    broken = [image.name for image, _ in inventory(path).images if not _readable(image)]
    assert broken == ["cat/3.png"]


def _readable(image: StoredImage) -> bool:
    try:
        image.content()
    except OSError:
        return False
    return True


def test_an_archive_of_arrays_says_how_to_unpack_it(tmp_path: Path) -> None:
    content = {f"cifar/data_batch_{number}": bytes(600) for number in range(5)}
    told = refusal(write_tar(tmp_path / "a.tar.gz", content, "gz"))
    assert "holds no images but cifar/data_batch_0, cifar/data_batch_1, cifar/data_batch_2" in told
    assert "`tar xf" in told


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (b"\x28\xb5\x2f\xfd....", "unpack it with `zstd -d"),
        (b"7z\xbc\xaf\x27\x1c..", "unpack it with `7z x"),
        (b"hello", "it begins with b'hello'"),
        (b"", "it begins with b''"),
        (picture(0), "is one image: name the folder"),
    ],
)
def test_another_file_says_what_it_is(tmp_path: Path, first: bytes, told: str) -> None:
    (tmp_path / "a").write_bytes(first)
    assert told in refusal(tmp_path / "a")


def test_a_table_of_labels_says_to_name_its_folder(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,label\na.png,cat\n")
    assert f"name the folder, as in --data {tmp_path}" in refusal(tmp_path / "labels.csv")


def test_a_format_that_starts_another_program_is_never_opened(tmp_path: Path) -> None:
    content = {**files(), "cat/page.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n"}
    found = inventory(write_zip(tmp_path / "a.zip", content))
    (page,) = (image for image, _ in found.images if image.name == "cat/page.png")
    with pytest.raises(UnidentifiedImageError):
        page.open()


# Unpacked copies


def test_a_packed_tar_is_unpacked_once_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tar(tmp_path / "a.tar.gz", files(), "gz")
    found = inventory(path)
    (remark,) = found.remarks
    assert "it lies unpacked in" in remark
    assert "kB" in remark
    archives._listing.cache_clear()
    monkeypatch.setattr(kept_copies, "_write_whole", None)
    assert data_inventory.inventory_of(Recipe(data=str(path))).train == found.train


def test_the_progress_of_unpacking_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_copies, "CHUNK", 100_000)
    noise = random.Random(0).randbytes(500_000)
    path = write_tar(tmp_path / "a.tar.gz", {**files(), "noise.bin": noise}, "gz")
    told: list[float] = []
    with kept_copies.progress_told(told.append):
        inventory(path)
    assert told == sorted(told)
    assert len({*told}) > 2
    assert told[-1] == 1


def test_the_check_unpacks_nothing_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_copies, "QUICK_BYTES", 100)
    path = write_tar(tmp_path / "a.tar.gz", files(), "gz")
    data_inventory.check(Recipe(data=str(path)))
    assert not cache_folder().exists()


def _names(path: str) -> list[str]:
    return [image.name for image, _ in data_inventory.inventory_of(Recipe(data=path)).train]


def test_two_starts_at_once_unpack_one_copy(tmp_path: Path) -> None:
    path = str(write_tar(tmp_path / "a.tar.gz", files(), "gz"))
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        one, other = pool.map(_names, [path, path])
    assert one == other
    assert len([*kept_copies.folder().glob("*-*")]) == 1
    assert not [*kept_copies.folder().glob(".*-*")]


def test_what_a_killed_start_left_is_removed(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar.gz", files(), "gz")
    inventory(path)
    (copy,) = kept_copies.folder().glob("*-*")
    left = copy.rename(copy.with_name(f".{copy.name}.0123abcd"))
    archives._listing.cache_clear()
    inventory(path)
    assert copy.is_dir()
    assert not left.exists()


# Threads


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_threads_share_one_opened_archive(tmp_path: Path, name: str) -> None:
    images = [image for image, _ in inventory(packed(tmp_path / name, files())).images]
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda image: (image.name, image.content()), images * 20))
    assert all(files()[name] == content for name, content in read)


def test_an_archive_that_is_replaced_stays_the_one_that_was_opened(tmp_path: Path) -> None:
    found = inventory(write_tar(tmp_path / "a.tar", files()))
    before = contents(found)
    write_tar(tmp_path / "new.tar", {}).replace(tmp_path / "a.tar")
    assert contents(found) == before


def test_an_archive_that_is_replaced_and_listed_again_is_the_new_one(tmp_path: Path) -> None:
    """The launcher lives on while the user puts another archive there."""
    contents(inventory(write_tar(tmp_path / "a.tar", files())))
    other = {**files(), "cat/0.png": picture(7), "cat/a.png": picture(9)}
    write_tar(tmp_path / "new.tar", other).replace(tmp_path / "a.tar")
    assert contents(inventory(tmp_path / "a.tar")) == other
