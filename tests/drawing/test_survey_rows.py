"""What a data set holds, as rows."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from engine.data.survey.survey import ContactSheet, Findings, Place, SplitCounts, Survey
from engine.protocol.events import Picture, Sample
from tests.drawing.examples import FLOWERS
from tui.drawing import cells, survey_rows
from tui.drawing.wrapping import wrapped


def texts(survey: Survey, width: int) -> list[str]:
    return [cells.text(row).rstrip() for row in survey_rows.survey_rows(survey, width)]


def test_facts_and_classes() -> None:
    assert texts(FLOWERS, 70) == [
        " /data/flowers",
        "",
        " layout      train/CLASS",
        " images      train 130, validation 33 (held out), 3 classes",
        " sizes       500×375 (90), 64×64 (40) and 1 other; from 64×64 to",
        "             800×600, median 500×375",
        " colours     RGB (129), grey (1)",
        " network     3×64×64: the square at the centre; 18 % of the area is",
        "             cut off (25 % at most); 2 images are smaller and",
        "             enlarged",
        r" unequal     daisy has 80 training images, tulip\x1b[31m 10, 8 times",
        "             as many",
        " skipped     hidden: 4 (.a, .b, .c and 1 more)",
        " broken      not an image: 1 (daisy/no.jpg)",
        " note        a note.",
        "",
        " class                                              train  validation",
        " daisy          ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇     80          20",
        " 向日葵         ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇                      40          10",
        r" tulip\x1b[31m  ▇▇▇▇                                   10           3",
    ]


@pytest.mark.parametrize("width", [30, 80, 120, 200])
def test_no_row_is_wider_than_the_terminal(width: int) -> None:
    rows = survey_rows.survey_rows(FLOWERS, width)
    assert max(map(cells.width, rows)) <= width


def test_of_many_classes_the_largest_and_the_smallest_are_listed() -> None:
    counts = tuple(range(100, 1100))
    survey = Survey(
        **{
            **{name: getattr(FLOWERS, name) for name in FLOWERS.__struct_fields__},
            "classes": tuple(map(str, counts)),
            "splits": (SplitCounts("train", sum(counts), counts),),
        }
    )
    listed = [row.split()[0] for row in texts(survey, 80)[-31:]]
    assert listed[0] == "1099"
    assert listed[14:17] == ["1085", "…", "114"]
    assert listed[-1] == "100"


def test_what_the_pixels_tell() -> None:
    first, second = Place("train/a/1.png", "a", "train"), Place("val/b/1.png", "b", "validation")
    found = Findings(
        9,
        ((first, second),),
        ((second, first),),
        (Place("train/a/2.png", "a", "train"),),
        ((Place("train/a/3.png", "a", "train"), "not an image"),),
        (),
    )
    rows = survey_rows.findings_rows(found, 100)
    assert [cells.text(row) for row in rows] == [
        " twice       1 repeats another image: train/a/1.png = val/b/1.png",
        " classes     1 of these has several classes: train/a/1.png (a) and val/b/1.png (b)",
        " overlap     1 validation or test image is also in training: val/b/1.png = train/a/1.png",
        " near        no other two look alike",
        " one colour  1 image of one colour: train/a/2.png",
        " broken      1 cannot be decoded: train/a/3.png (not an image)",
    ]
    rows = survey_rows.findings_rows(Findings(9, (), (), (), ()), 100)
    assert [(cells.text(row), row[-1].ink) for row in rows] == [
        (" twice       no image occurs twice", "good"),
        (" overlap     no validation or test image is also in training", "good"),
    ]


def test_a_contact_sheet_has_two_bands_at_most() -> None:
    picture = Picture(1, 1, 1, "/w==")
    sheet = ContactSheet(tuple(Sample(picture, name) for name in "向bcdefghijklmnop"))
    rows = survey_rows.sheet_rows(sheet, 80, coloured=False)
    assert cells.text(rows[0]) == " " + " ".join(["@" * 12] * 6)
    assert cells.text(rows[6]).split() == [*"向bcdef"]
    assert len(rows) == 16
    assert {cell_len(cells.text(row)) for row in rows if row} == {78}
    coloured = survey_rows.sheet_rows(sheet, 80, coloured=True)
    assert coloured[0][1].colours == ("", "#eeeeee")


def test_sentences_are_wrapped_by_cells_and_numbers_keep_their_unit() -> None:
    assert wrapped("向日葵 is 25 % of all", 10) == ["向日葵 is", "25 % of", "all"]
    assert wrapped("/a/very/long/path", 6) == ["/a/ver", "y/long", "/path"]
    assert wrapped("", 6) == [""]
