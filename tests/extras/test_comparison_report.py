"""The report of several runs: drawn by matplotlib, and read as a browser reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from engine.protocol.answers import Note, Written
from engine.protocol.requests import CompareRuns
from engine.run.run_paths import RunDir
from tests import scripted
from tests.judged_runs import run

pytest.importorskip("matplotlib")
html5lib = pytest.importorskip("html5lib")

from engine.process.comparison_making import compared_runs as report_on  # noqa: E402

pytestmark = pytest.mark.extras

HALF, ALL = [True, False] * 20, [True] * 40
HOSTILE = "<script>alert(1)</script>&--> $x_1$ ]]>\x1b[31m"


def report(runs: list[RunDir], folder: Path, pictures: bytes = b"") -> tuple[str, list[str]]:
    """The page, and what the user was told."""
    path = folder / "comparison.html"
    places = tuple(os.fsencode(one.path) for one in runs)
    wanted = CompareRuns(runs=places, target=os.fsencode(path), pictures=pictures)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answers = list(report_on(wanted))
    assert answers[-1] == Written(path.stat().st_size)
    page = path.read_text("utf-8")
    html5lib.HTMLParser(strict=True).parse(page)  # raises ParseError
    return page, [each.text for each in answers if isinstance(each, Note)]


def heads(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def two_recipes(folder: Path) -> list[RunDir]:
    """Two rates with two seeds each."""
    return [
        run(folder, f"{i}-x", HALF if lr == 0.1 else ALL, lr=lr, seed=seed)
        for i, (lr, seed) in enumerate(((0.1, 0), (0.1, 1), (0.01, 0), (0.01, 1)), 1)
    ]


def test_a_report_of_four_runs_has_all_its_parts(tmp_path: Path) -> None:
    page, told = report(two_recipes(tmp_path), tmp_path)
    assert told == []
    assert heads(page) == [
        "What differs, and what came of it",
        "How they learned",
        "Whether they differ by more than chance",
        "The classes in which they differ most",
        "How to repeat them",
    ]
    assert "<h3>Seeds of one recipe together</h3>" in page
    assert "On average over seeds, the highest is that of lr=0.1 (2 seeds): 90.5 ± 0.7 %." in page
    assert page.count("<li>") == 6, "all pairs, in words"
    assert "cnn-tui --arch lenet5 --data digits --recipe quick" in page


def test_it_needs_nothing_from_elsewhere_and_has_the_colours_of_the_page(tmp_path: Path) -> None:
    page, _ = report(two_recipes(tmp_path), tmp_path)
    links = re.findall(r'\b(?:src|href)="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
    assert links
    assert all(link.startswith("#") for link in links)
    assert "<script" not in page
    drawn = page[page.index("<svg") : page.index("</svg>")]
    assert "var(--run1)" in drawn
    assert "#1f5fbf" not in drawn


def test_two_runs_have_the_images_that_only_one_has_right(tmp_path: Path) -> None:
    page, _ = report([run(tmp_path, "1-a", HALF), run(tmp_path, "2-b", ALL, lr=0.2)], tmp_path)
    assert "A is 1-a, B is 2-b." in page
    assert "Images that only 1-a has right, by index in 2-b: none." in page
    assert "Images that only 2-b has right, by index in 1-a: 1, 3, 5" in page


def test_runs_without_numbers_and_of_other_data_are_shown_without_a_test(tmp_path: Path) -> None:
    waiting = scripted.run_dir(tmp_path)
    other = run(tmp_path, "2-b", ALL, classes=("cat", "fox"))
    page, _ = report([waiting, run(tmp_path, "3-c", ALL), other], tmp_path)
    assert "What this report lacks" in page
    assert "no epoch of 1-lenet5-digits has ended, so there is no paired test yet." in page
    assert "3-c and 2-b learn other classes, so there is no paired test." in page
    assert "Whether they differ" not in page


def test_runs_that_have_not_begun_have_no_curves(tmp_path: Path) -> None:
    runs = [scripted.run_dir(tmp_path, name=f"{i}-lenet5-digits") for i in (1, 2)]
    page, _ = report(runs, tmp_path)
    assert heads(page) == [
        "What this report lacks",
        "What differs, and what came of it",
        "How to repeat them",
    ]
    assert "<svg" not in page


def test_hostile_names_and_folders_of_this_machine_stay_out(tmp_path: Path) -> None:
    runs = [
        run(tmp_path, f"{i}-x", right, classes=(HOSTILE, "b"), data=f"/home/ann/{HOSTILE}{i}")
        for i, right in enumerate((HALF, ALL))
    ]
    runs[1].predictions.write_bytes(b"damaged")
    page, _ = report(runs, tmp_path)
    assert "predictions.npz is not a whole file" in page
    for private in ("/home", str(tmp_path), "\x1b", "<script"):
        assert private not in page


def test_figures_are_written_at_print_size(tmp_path: Path) -> None:
    report(two_recipes(tmp_path), tmp_path, os.fsencode(tmp_path / "figures"))
    names = sorted(file.name for file in (tmp_path / "figures").iterdir())
    assert names == ["curves.pdf", "curves.png", "curves.svg"]


def test_it_loads_no_torch() -> None:
    code = "import sys, engine.process.comparison_making; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
