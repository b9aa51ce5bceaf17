"""Downloads, from a server on this machine that behaves well or badly."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.catalog import datasets
from engine.catalog.datasets import DatasetFacts, Download
from engine.data.sets import download, resumable_download
from engine.data.sets.download import fetch
from engine.errors import DataError
from tests.loading import run_to_end
from tests.processes import TIMEOUT, headless

CONTENT = bytes(range(256)) * 4_000  # 1 MB
MD5 = hashlib.md5(CONTENT).hexdigest()


class Site(ThreadingHTTPServer):
    """Serves `files` by path, and remembers the range that each request asked for.

    `cuts` are after how many bytes of the answer the connection breaks, request by request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/set.bin": CONTENT}
        self.cuts: list[int] = []
        self.ranges = True
        self.asked: list[str | None] = []
        self.hold: threading.Event | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that left."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def url(self, name: str = "set.bin") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        site = self.server
        site.asked.append(self.headers["Range"])
        content = site.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        first = int(self.headers["Range"][6:-1]) if site.ranges else 0
        self.send_response(206 if site.ranges else 200)
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        rest = content[first:]
        self.wfile.write(rest[: site.cuts.pop(0)] if site.cuts else rest)
        if site.hold is not None:
            site.hold.wait(TIMEOUT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        """Silence."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "*")
    server = Site()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    if server.hold is not None:
        server.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


def data_set(*urls: str, path: str = "set.bin", content: bytes = CONTENT) -> DatasetFacts:
    """A data set of one file with these mirrors."""
    file = Download(path, urls, len(content), hashlib.md5(content).hexdigest())
    return msgspec.structs.replace(
        datasets.DATASETS["svhn"], title="Set", folder="", files=(path,), downloads=(file,)
    )


def fetched(facts: DatasetFacts, place: Path) -> list[float]:
    fractions, _ = run_to_end(fetch(facts, str(place)))
    return fractions


def test_a_file_is_downloaded_whole_and_found(site: Site, tmp_path: Path) -> None:
    facts = data_set(site.url())
    fractions = fetched(facts, tmp_path / "new")
    assert (tmp_path / "new/set.bin").read_bytes() == CONTENT
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["set.bin"]
    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in fractions)
    assert datasets.folder_of(facts, str(tmp_path / "new")) == tmp_path / "new"


def test_what_is_there_is_not_downloaded_again(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set.bin").write_bytes(b"by hand")
    fetched(data_set(site.url()), tmp_path)
    assert site.asked == []


def test_a_part_is_taken_up_where_it_ends(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set.bin.part").write_bytes(CONTENT[:1000])
    fetched(data_set(site.url()), tmp_path)
    assert site.asked == ["bytes=1000-"]
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


def test_a_cut_connection_is_taken_up_again(site: Site, tmp_path: Path) -> None:
    site.cuts = [300_000, 200_000]
    fetched(data_set(site.url()), tmp_path)
    assert site.asked == ["bytes=0-", "bytes=300000-", "bytes=500000-"]
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


def test_without_ranges_it_begins_again(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    site.cuts = [300_000]
    (tmp_path / "set.bin.part").write_bytes(b"x" * 1000)
    fetched(data_set(site.url()), tmp_path)
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


def test_a_connection_that_is_always_cut_is_told_and_what_came_is_kept(
    site: Site, tmp_path: Path
) -> None:
    site.cuts = [100_000] * resumable_download.TRIES
    sentence = rf"from {site.url()} \(the connection was cut\).*put that file into {tmp_path}"
    with pytest.raises(DataError, match=sentence):
        fetched(data_set(site.url()), tmp_path)
    assert (tmp_path / "set.bin.part").read_bytes() == CONTENT[:300_000]
    assert not (tmp_path / "set.bin").exists()


@pytest.mark.parametrize(
    "before",
    [b"", b"x" * 10, b"y" * len(CONTENT), b"z" * 2_000_000],
    ids=["empty", "short", "full", "too long"],
)
def test_a_part_of_other_bytes_is_thrown_away(site: Site, tmp_path: Path, before: bytes) -> None:
    (tmp_path / "set.bin.part").write_bytes(before)
    fetched(data_set(site.url()), tmp_path)
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [b"x" * len(CONTENT), b"x" * 2_000_000], ids=["same", "more"])
def test_wrong_bytes_never_get_the_name(site: Site, tmp_path: Path, wrong: bytes) -> None:
    site.files["/set.bin"] = wrong
    with pytest.raises(DataError, match="its checksum is wrong"):
        fetched(data_set(site.url()), tmp_path)
    assert not (tmp_path / "set.bin").exists()
    assert (tmp_path / "set.bin.part").stat().st_size == 0


def test_mirrors_are_tried_in_turn(site: Site, tmp_path: Path) -> None:
    site.files["/wrong"] = b"x" * len(CONTENT)
    urls = (site.url("none"), site.url("wrong"), "http://127.0.0.1:1/set.bin", site.url())
    fetched(data_set(*urls), tmp_path)
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


def test_the_first_mirror_is_named_where_all_fail(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"{site.url('none')} \(HTTP 404 Not Found\)"):
        fetched(data_set(site.url("none"), "http://127.0.0.1:1/set.bin"), tmp_path)


def test_no_route_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DataError, match=r"cannot be downloaded .*\(Connection refused\): start"):
        fetched(data_set("http://127.0.0.1:1/set.bin"), tmp_path)


def test_a_silent_server_is_given_up(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable_download, "TIMEOUT_SECONDS", 0.05)
    site.hold = threading.Event()
    site.cuts = [10, 10, 10]
    with pytest.raises(DataError, match=r"\(no answer in time\)"):
        fetched(data_set(site.url()), tmp_path)
    site.hold.set()


def test_a_download_may_be_left_at_any_time(site: Site, tmp_path: Path) -> None:
    site.hold = threading.Event()
    site.cuts = [10]
    life = fetch(data_set(site.url()), str(tmp_path))
    while (
        not (tmp_path / "set.bin.part").exists() or not os.stat(tmp_path / "set.bin.part").st_size
    ):
        next(life)
    life.close()
    site.hold.set()
    assert not (tmp_path / "set.bin").exists()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to write a file beyond this size, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_is_told(site: Site, tmp_path: Path) -> None:
    sentence = rf"cannot be written to {tmp_path}/set.bin: File too large; .* download {site.url()}"
    with files_of_at_most(10_000), pytest.raises(DataError, match=sentence):
        fetched(data_set(site.url()), tmp_path)
    assert not (tmp_path / "set.bin").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file/data: Not a directory; check.*--data-dir"):
        fetched(data_set("http://127.0.0.1:1/set.bin"), tmp_path / "file/data")


def test_the_first_folder_that_can_be_written_to_is_taken(site: Site, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    run_to_end(fetch(data_set(site.url())))
    assert (Path.home() / "data/set.bin").read_bytes() == CONTENT


def test_two_at_once_download_once(site: Site, tmp_path: Path) -> None:
    site.hold = threading.Event()
    site.cuts = [500_000]
    facts = data_set(site.url())
    first, second = fetch(facts, str(tmp_path)), fetch(facts, str(tmp_path))
    part = tmp_path / "set.bin.part"
    while not part.exists() or part.stat().st_size < 500_000:
        next(first)
    seen = [next(second) for _ in range(4)]
    assert seen[-1] == pytest.approx(500_000 / len(CONTENT)), "the other's progress is ours"
    site.hold.set()
    run_to_end(first)
    run_to_end(second)
    assert site.asked == ["bytes=0-", "bytes=500000-"]
    assert (tmp_path / "set.bin").read_bytes() == CONTENT
    assert not part.exists()


def test_a_lock_on_a_file_that_lost_its_name_is_not_enough(tmp_path: Path) -> None:
    path = tmp_path / "a"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    assert download.has_name(descriptor, path)
    path.rename(tmp_path / "b")
    assert not download.has_name(descriptor, path)
    path.touch()
    assert not download.has_name(descriptor, path)
    os.close(descriptor)


# Archives


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in names:
            content = name.encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def archived(site: Site, content: bytes) -> DatasetFacts:
    site.files["/s.tar.gz"] = content
    facts = data_set(site.url("s.tar.gz"), path="s.tar.gz", content=content)
    return msgspec.structs.replace(facts, folder="set", files=("a", "b"))


def test_an_archive_is_unpacked(site: Site, tmp_path: Path) -> None:
    facts = archived(site, archive("set/a", "set/b"))
    fetched(facts, tmp_path)
    assert datasets.folder_of(facts, str(tmp_path)) == tmp_path / "set"
    assert (tmp_path / "set/b").read_text() == "set/b"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.tar.gz", "set"]


def test_an_archive_put_there_by_hand_is_unpacked(site: Site, tmp_path: Path) -> None:
    facts = archived(site, archive("set/a", "set/b"))
    (tmp_path / "s.tar.gz").write_bytes(site.files["/s.tar.gz"])
    fetched(facts, tmp_path)
    assert (tmp_path / "set/a").read_text() == "set/a"
    assert site.asked == []


def test_half_a_folder_is_completed(site: Site, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a").write_text("broken")
    fetched(archived(site, archive("set/a", "set/b")), tmp_path)
    assert (tmp_path / "set/a").read_text() == "set/a"
    assert (tmp_path / "set/b").read_text() == "set/b"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (archive("set/a", "set/../../evil"), "outside the destination"),
        (archive("other/a"), "another format"),
        (archive("set/a" * 40)[:100], "end-of-stream"),
        (b"no archive at all", "could not be opened"),
    ],
    ids=["evil", "other folder", "cut off", "none"],
)
def test_an_archive_that_is_none_or_evil_leaves_nothing(
    site: Site, tmp_path: Path, content: bytes, why: str
) -> None:
    place = tmp_path / "data"
    with pytest.raises(DataError, match=rf"s.tar.gz cannot be unpacked for Set \(.*{why}"):
        fetched(archived(site, content), place)
    assert [path.name for path in place.iterdir()] == ["s.tar.gz"]
    assert not (tmp_path / "evil").exists()


def test_every_download_of_the_catalogue_can_be_checked() -> None:
    for facts in datasets.DATASETS.values():
        for file in facts.downloads:
            assert file.size > 1000
            assert len(file.md5) == 32
            assert all(url.endswith(Path(file.path).name) for url in file.urls)


def test_a_set_that_is_not_on_disk_is_downloaded_when_its_run_starts(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", site.url(""))  # so that the catalogue's address is asked here
    process = headless("--no-ui", "-m", "lenet5", "-d", "svhn")
    out, err = process.communicate(timeout=TIMEOUT)
    url = datasets.DATASETS["svhn"].downloads[0].urls[0]
    assert process.returncode == 2
    assert f"cnn-tui: SVHN cannot be downloaded from {url} (HTTP 404 Not Found)" in err
    assert f"put that file into {tmp_path}/data yourself." in err
    assert out.splitlines()[0] == "downloading svhn"
    assert not Path("runs/1-lenet5-svhn").exists(), "what is loaded so far is among the data"
