"""The report of a real run: drawn by matplotlib, and read as a browser reads it."""

from __future__ import annotations

import dataclasses
import errno
import os
import re
import shutil
import socket
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from engine.errors import RunError
from engine.protocol import events
from engine.protocol.answers import Note, Written
from engine.protocol.events import Event
from engine.protocol.requests import Report
from engine.run import predictions_file
from engine.run.run_paths import RunDir
from tests import journals, scripted
from tests.kept_repetitions import keep_repeated

pytest.importorskip("matplotlib")
html5lib = pytest.importorskip("html5lib")

from engine.process import report_making  # noqa: E402
from engine.process.report_making import reported  # noqa: E402
from engine.report import confusion_figure, fonts  # noqa: E402
from engine.report.confusions import Cell  # noqa: E402
from engine.report.figure_style import PALETTE, Drawing  # noqa: E402
from engine.report.inline_svg import inline_svg  # noqa: E402

pytestmark = pytest.mark.extras

HOSTILE = "<script>alert(1)</script>&--> $x_1$ ]]>\x1b[31m"


def report(run: RunDir, folder: Path, **options: object) -> tuple[str, list[str]]:
    """The page, and what the user was told."""
    path = folder / "report.html"
    wanted = {"run": os.fsencode(run.path), "target": os.fsencode(path), **options}
    answers = list(reported(msgspec.convert(wanted, Report)))
    assert answers[-1] == Written(path.stat().st_size)
    return path.read_text("utf-8"), [each.text for each in answers if isinstance(each, Note)]


@pytest.fixture(scope="module")
def home_run(finished_run: RunDir, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A finished run in a folder below a home folder."""
    path = tmp_path_factory.mktemp("home") / "home" / "annamaria" / "runs" / finished_run.label
    shutil.copytree(finished_run.path, path)
    return RunDir(path)


@pytest.fixture(scope="module")
def page(home_run: RunDir, tmp_path_factory: pytest.TempPathFactory) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content, told = report(home_run, tmp_path_factory.mktemp("report"))
    assert told == []
    return content


def test_a_report_is_valid_html_and_no_name_in_it_occurs_twice(page: str) -> None:
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(page)  # raises ParseError
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]*)', page))
    assert used <= set(ids)


def test_a_report_needs_nothing_from_elsewhere(page: str) -> None:
    links = re.findall(r'\b(?:src|href)="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
    assert links
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert "<script" not in page


def test_a_report_tells_nothing_of_the_machine(page: str, home_run: RunDir) -> None:
    text = re.sub(r"data:image/png;base64,[^\"]*", "", page)
    for private in ("annamaria", str(home_run.path.parent), "/home/"):
        assert private not in text
    assert re.search(rf"\b{re.escape(socket.gethostname())}\b", text) is None


def test_a_report_has_all_its_parts(page: str) -> None:
    heads = re.findall(r"<h2>(.*?)</h2>", page)
    assert heads == [
        "How it learned",
        "What it confuses",
        "Class by class",
        "Whether its probabilities can be trusted",
        "Images whose label is doubtful",
        "What its first layers see",
        "Its layers",
        "How to repeat it",
    ]
    assert "cnn-tui --arch lenet5 --data digits --recipe quick --epochs 2" in page


def test_doubtful_labels_are_shown_with_pictures_and_names(page: str) -> None:
    [training, *_] = re.findall(r'<ol class="doubtful">(.*?)</ol>', page, re.DOTALL)
    cards = re.findall(r"<li>(.*?)</li>", training)
    assert len(cards) == 20
    for card in cards:
        assert re.match(r'<img src="data:image/png;base64,\S+" alt="train/\d+"><b>labelled ', card)
        assert re.search(r'<span class="file">train/<wbr>\d+</span>$', card)


def test_what_stands_twice_is_shown_before_the_pictures(home_run: RunDir, tmp_path: Path) -> None:
    keep_repeated(home_run)
    content, _ = report(home_run, tmp_path)
    html5lib.HTMLParser(strict=True).parse(content)
    group = "<li>train/1.png (train) = test/4.png (test)</li>"
    assert content.index(group) < content.index('<ol class="doubtful">')


def test_without_images_none_is_shown(home_run: RunDir, tmp_path: Path) -> None:
    content, _ = report(home_run, tmp_path, images=False)
    assert "Images were left out" in content
    assert "feature-maps-" not in content
    assert "mistakes-" not in content
    assert "labelled " in content
    assert "<img" not in content


def test_a_run_whose_network_is_gone_keeps_the_rest(home_run: RunDir, tmp_path: Path) -> None:
    run = RunDir(tmp_path / home_run.label)
    shutil.copytree(home_run.path, run.path)
    shutil.rmtree(run.checkpoints)
    run.predictions.write_bytes(b"damaged")
    content, _ = report(run, tmp_path)
    assert "predictions.npz is not a whole file of predictions" in content
    assert str(tmp_path) not in content
    assert "Images are missing: " in content
    assert "labelled " in content
    assert "<img" not in content
    assert "The feature maps are those that the run recorded" in content
    assert "feature-maps-" in content
    assert "confusion-" in content


def test_predictions_of_more_images_than_there_are_show_none(
    home_run: RunDir, tmp_path: Path
) -> None:
    run = RunDir(tmp_path / home_run.label)
    shutil.copytree(home_run.path, run.path)
    kept = predictions_file.read(run.predictions, 10)
    assert kept is not None
    twice: dict[str, Any] = {
        name: np.tile(getattr(kept, name), 2) for name in predictions_file.ARRAYS
    }
    predictions_file.write(run.predictions, dataclasses.replace(kept, **twice))
    content, _ = report(run, tmp_path)
    assert "The validation images are not those of the kept predictions." in content


def test_a_report_breaks_neither_short_tables_nor_words(tmp_path: Path) -> None:
    started = scripted.started()
    conv, *others = started.layers
    deep = msgspec.structs.replace(conv, name="layer1.0.conv1")
    started = msgspec.structs.replace(started, layers=(deep, *others))
    said = [started, *scripted.half_a_run()[2:]]
    content, _ = report(scripted.run_dir(tmp_path, said), tmp_path)
    html5lib.HTMLParser(strict=True).parse(content)
    assert '<td class="layer">layer1.<wbr>0.<wbr>conv1</td>' in content
    assert content.count('<table class="short">') == 2, "of the pairs and of the classes"


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    names = (HOSTILE, *(f"{HOSTILE}{i}" for i in range(9)))
    started = msgspec.structs.replace(scripted.started(names), versions={HOSTILE: HOSTILE})
    said = [started, *scripted.half_a_run()[2:], events.Alert("warning", "x", HOSTILE, step=21)]
    content, _ = report(scripted.run_dir(tmp_path, said), tmp_path)
    html5lib.HTMLParser(strict=True).parse(content)
    assert "<script" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "\x1b" not in content


@pytest.mark.parametrize("said", [journals.just_started, journals.failed, journals.chinese])
def test_an_unfinished_run_is_reported_as_it_is(
    said: Callable[[], Sequence[Event]], tmp_path: Path
) -> None:
    content, _ = report(journals.write_run(tmp_path, said()), tmp_path)
    html5lib.HTMLParser(strict=True).parse(content)


def test_characters_that_no_font_has_are_told_with_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "_candidates", lambda wanted: iter(()))
    _, told = report(journals.write_run(tmp_path, journals.chinese()), tmp_path)
    assert told[0].startswith("no installed font has the characters 卡")
    assert "apt install fonts-noto-cjk" in told[0]


@pytest.mark.parametrize(
    ("text", "package"),
    [("猫", "fonts-noto-cjk"), ("고", "fonts-noto-cjk"), ("अ", "fonts-noto-core")],
)
def test_a_script_has_its_package(text: str, package: str) -> None:
    assert fonts.package_for(text) == package


def test_latin_and_cyrillic_names_need_no_other_font() -> None:
    assert fonts.font_choice(["Ünïcode", "кошка", "γάτα"]) == ((fonts.BASE,), "")


def matrix(classes: int) -> list[Drawing]:
    cells = [Cell(i, j, 3) for i in range(classes) for j in (i, (i + 1) % classes)]
    names = [f"class {i}" for i in range(classes)]
    return list(confusion_figure.confusion_figures(cells, names, (fonts.BASE,)))


def words_in(drawing: Drawing) -> list[str]:
    [axes] = drawing.figure.axes
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(
    ("classes", "drawn", "numbers"), [(10, 1, 20), (40, 1, 40), (100, 2, 100), (1000, 2, 0)]
)
def test_numbers_and_matrices_fit_the_number_of_classes(
    classes: int, drawn: int, numbers: int
) -> None:
    drawings = matrix(classes)
    assert len(drawings) == drawn
    assert len(words_in(drawings[0])) == numbers
    assert all(len(words_in(one)) > 0 for one in drawings[1:])


def test_a_drawing_in_the_page_has_the_colours_of_the_page() -> None:
    written = inline_svg(matrix(3)[0])
    assert "var(--ink)" in written
    assert not any(colour in written for colour in PALETTE.values())
    assert "<!--" not in written


def test_figures_are_written_at_print_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_making, "drawings", lambda *arguments: matrix(3))
    run = journals.write_run(tmp_path, journals.just_started())
    report(run, tmp_path, pictures=os.fsencode(tmp_path / "deep" / "figures"))
    files = sorted((tmp_path / "deep" / "figures").iterdir())
    assert [file.name for file in files] == ["confusion.pdf", "confusion.png", "confusion.svg"]
    pdf, png, svg = files
    assert pdf.read_bytes().startswith(b"%PDF")
    with Image.open(png) as picture:
        assert picture.size == tuple(round(300 * side) for side in matrix(3)[0].inches)
        assert picture.getpixel((0, 0)) == (255, 255, 255, 255)
    assert PALETTE["ink"] in svg.read_text()


def test_a_disk_without_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(report_making, "drawings", lambda *arguments: matrix(3))
    run = journals.write_run(tmp_path, journals.just_started())
    with pytest.raises(RunError, match=r"figures/confusion\.png cannot be written: No space left"):
        report(run, tmp_path, pictures=os.fsencode(tmp_path / "figures"))
    assert not (tmp_path / "figures").exists()
    (tmp_path / "report.html").symlink_to("/dev/full")
    with pytest.raises(RunError, match="the file was not written: No space left on device"):
        report(run, tmp_path)
