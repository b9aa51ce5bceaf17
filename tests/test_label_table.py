"""Tables of labels: how their text is read, and which columns mean what."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from engine.data.inventory.layouts.called_images import CalledImages
from engine.data.inventory.layouts.label_columns import LabelColumns, find_columns
from engine.data.inventory.layouts.label_table import LabelTable, read_table


def table(text: str) -> LabelTable:
    found = read_table("t.csv", text.encode())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id,label\n1,a\n", [["id", "label"], ["1", "a"]]),
        ("1;0,5;a\r\n2;0,7;b\r\n", [["1", "0,5", "a"], ["2", "0,7", "b"]]),
        ("a.jpg|cat|1,2\nb.jpg|dog|3,4\n", [["a.jpg", "cat", "1,2"], ["b.jpg", "dog", "3,4"]]),
        ("a.jpg\tred fox\nb.jpg\twolf\n", [["a.jpg", "red fox"], ["b.jpg", "wolf"]]),
        ("a.jpg  0\nb.jpg 1 \n\n", [["a.jpg", "0"], ["b.jpg", "1"]]),
        ('1,"a ""big"" cat, red"\n2,b\n', [["1", 'a "big" cat, red'], ["2", "b"]]),
        ('1,"two\nlines"\n2,b\n', [["1", "two\nlines"], ["2", "b"]]),
        ("\ufeffid, label \n1,\ta\n", [["id", "label"], ["1", "a"]]),
    ],
)
def test_a_table_is_read_whatever_parts_its_columns(text: str, rows: list[list[str]]) -> None:
    assert table(text).rows == rows


@pytest.mark.parametrize("text", ["", "\n", "word\nword\n", "One line of prose,\nand a second.\n"])
def test_text_is_no_table(text: str) -> None:
    assert read_table("t.txt", text.encode()) is None


def test_other_encodings_are_read() -> None:
    for content in ("1,é\n2,b\n".encode("utf-16"), "1,é\n2,b\n".encode("latin-1")):
        found = read_table("t.csv", content)
        assert found is not None
        assert found.rows == [["1", "é"], ["2", "b"]]


def test_rows_of_another_length_are_counted() -> None:
    found = table("sep=,\nid,label\n1,a\n2,b\n3\n4,c\n5,d\n")
    assert (len(found.rows), found.uneven) == (5, 1)


def test_one_quoted_cell_does_not_decide_on_the_delimiter() -> None:
    """`csv.Sniffer` would split at spaces."""
    plain = "id,label\n" + "".join(f"{i}.jpg,cat\n" for i in range(99))
    found = table(plain + '99.jpg,"the ""big"" cat, red"\n')
    assert found.rows[-1] == ["99.jpg", 'the "big" cat, red']
    assert found.uneven == 0


def test_as_many_rows_as_asked_for_are_read() -> None:
    found = read_table("t.csv", b"1,a\n" * 90, most=7)
    assert found is not None
    assert len(found.rows) == 7


IMAGES = CalledImages(["train/1.jpg", "train/2.jpg", "train/3.jpg", "train/4.jpg"])


def columns(text: str, known: Collection[str] = (), wanted: str = "") -> LabelColumns | None:
    return find_columns(table(text), IMAGES, known, wanted)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name,age,breed\n1,5,a\n2,6,b\n", LabelColumns(0, 2)),
        ("kind,file\na,1.jpg\na,2.jpg\nb,3.jpg\n", LabelColumns(1, 0)),
        ("1,a\n2,a\n3,b\n4,b\n", LabelColumns(0, 1, header=False)),
        ("id,part,kind\n1,train,a\n2,train,a\n3,val,b\n4,test,b\n", LabelColumns(0, 2, split=1)),
        ("id,a,b\n1,0,1\n2,1,0\n", LabelColumns(0, None, (1, 2))),
        ("id,a,b\n1,1,1\n2,1,0\n", LabelColumns(0, candidates=("a", "b"), several=True)),
        ("id,label\n1,0\n2,0\n3,0\n", LabelColumns(0)),
        ("id,a,b\n1,x,k\n2,y,l\n3,x,k\n4,y,k\n", LabelColumns(0, candidates=("a", "b"))),
        ("id,score,kind\n1,0.5,a\n2,0.7,a\n3,0.5,b\n4,0.7,b\n", LabelColumns(0, 2)),
    ],
)
def test_columns_are_found_by_their_content(text: str, found: LabelColumns) -> None:
    said = columns(text)
    assert said is not None
    assert said == found or (*said.candidates, *said.marked) == (*found.candidates, *found.marked)
    assert (said.image, said.label, said.split) == (found.image, found.label, found.split)
    assert (said.header, said.several) == (found.header, found.several)


def test_known_classes_decide_on_the_column() -> None:
    found = columns("1,x,n01\n2,y,n02\n3,x,n01\n4,y,n02\n", known=("n01", "n02"))
    assert found is not None
    assert found.label == 2


def test_columns_without_a_header_are_called_by_their_places() -> None:
    rows = "a.png,0,1,a\n1.jpg,0,1,a\n2.jpg,1,0,b\n3.jpg,0,1,a\n4.jpg,1,0,b\n"
    found = columns(rows)
    assert found is not None
    assert (found.header, found.candidates) == (False, ["2", "3", "4"])
    assert found.cells == ["0", "1", "a"]
    wanted = columns(rows, wanted="4")
    assert wanted is not None
    assert wanted.label == 3


def test_boxes_may_follow_the_known_classes() -> None:
    found = columns("id,says\n1,n01 1 2 3 4\n2,n02 5 6 7 8 n02 1 1 2 2\n", known=("n01", "n02"))
    assert found == LabelColumns(0, 1, cells=[], boxed=True)


def test_a_table_of_other_things_names_no_images() -> None:
    assert columns("n01,tench\nn02,frog\n") is None


@pytest.mark.parametrize(
    ("called", "names"),
    [
        ("1", ["train/1.jpg", "test/1.png"]),
        ("1.png", ["test/1.png"]),
        ("train/1", ["train/1.jpg"]),
        (r"C:\data\test\1.jpg", ["test/1.png"]),
        ("val/1.jpg", []),
        ("extra/1.jpg", []),
        ("there/set/1.jpg", ["train/1.jpg"]),
        ("cat.0001", ["train/cat.0001.jpg"]),
        ("9", []),
        ("CAT.0001.JPG", ["train/cat.0001.jpg"]),
        ("Ab", []),
    ],
)
def test_a_cell_finds_its_images(called: str, names: list[str]) -> None:
    images = CalledImages(
        ["train/1.jpg", "test/1.png", "train/cat.0001.jpg", "AB.jpg", "ab.jpg"], ["train", "extra"]
    )
    assert [*images.find(called)] == names
