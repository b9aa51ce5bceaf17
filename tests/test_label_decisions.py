"""The file of a person's decisions on labels: read, checked, and written one decision at a time."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.run import label_decisions
from engine.run.label_decisions import Decision, Decisions, Relabel

ODD = 'a "b"\n\\c\x7f/drop.jpg'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labels.toml"


def test_each_image_has_one_of_three_decisions(file: Path) -> None:
    file.write_text(
        "# of Monday\n[labels]\n"
        '"train/cat/1.jpg" = "drop"\n'
        "\"a.npz/7\" = 'keep'\n"
        '"train/dog/3.jpg" = { label = "drop" }\n'
        '[labels."4.jpg"]\nlabel = "cat"\n'
    )
    assert label_decisions.read(file) == {
        "train/cat/1.jpg": "drop",
        "a.npz/7": "keep",
        "train/dog/3.jpg": Relabel("drop"),
        "4.jpg": Relabel("cat"),
    }


def test_a_change_keeps_all_other_decisions(file: Path) -> None:
    label_decisions.change(file, "b.jpg", "drop")
    label_decisions.change(file, ODD, Relabel('the "cat"'))
    label_decisions.change(file, "a.jpg", "keep")
    label_decisions.change(file, "b.jpg", Relabel("dog"))
    assert file.read_text() == (
        '[labels]\n"b.jpg" = { label = "dog" }\n'
        '"a \\"b\\"\\n\\\\c\\u007f/drop.jpg" = { label = "the \\"cat\\"" }\n'
        '"a.jpg" = "keep"\n'
    )
    expected: Decisions = {"b.jpg": Relabel("dog"), ODD: Relabel('the "cat"'), "a.jpg": "keep"}
    assert label_decisions.read(file) == expected


def test_a_decision_is_taken_back(file: Path) -> None:
    label_decisions.change(file, "a.jpg", "drop")
    label_decisions.change(file, "b.jpg", "keep")
    label_decisions.change(file, "a.jpg", None)
    label_decisions.change(file, "c.jpg", None)
    assert label_decisions.read(file) == {"b.jpg": "keep"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('"1.jpg" = "drop', "cannot be read: Unterminated string"),
        ('[labels]\n"1.jpg" = "drop"\n"1.jpg" = "keep"', "'1.jpg' stands twice in PATH"),
        (
            '[labels]\n"1.jpg" = "drop"\n"2" = "keep"\n"1.jpg" = "keep"\n"3" = "keep"',
            "'1.jpg' stands",
        ),
        (
            '[labels]\n"1.jpg" = "drop"\n[labels]\n"1.jpg" = "keep"',
            "cannot be read: Cannot declare",
        ),
        (b"[labels]\n'\xff' = 'drop'", "cannot be read: 'utf-8' codec"),
        ('"1.jpg" = "drop"', "'1.jpg' in PATH is no table of decisions on labels: write [labels]"),
        ('labels = "drop"', "'labels' in PATH is no table"),
        ("data = 3", "'data' in PATH is no name of a data set"),
        ('[labels]\n"1.jpg" = "cat"', 'for a class, write { label = "cat" }, else'),
        ('[labels]\n"1.jpg" = { label = 3 }', "the line of '1.jpg' in PATH is no decision"),
        (
            '[labels]\n"1.jpg" = { label = "a", by = "b" }',
            "the line of '1.jpg' in PATH has the key 'by'",
        ),
        ('[labels]\n"1.jpg" = { lable = "a" }', "in PATH has the key 'lable': write { label ="),
        ("[labels]\ntrain/1.jpg = 'drop'", "Expected '='"),
    ],
)
def test_what_is_no_decision_is_refused_and_nothing_is_lost(
    content: str | bytes, sentence: str, file: Path
) -> None:
    before = content if isinstance(content, bytes) else content.encode()
    file.write_bytes(before)
    for attempt in (
        lambda: label_decisions.read(file),
        lambda: label_decisions.change(file, "2.jpg", "drop"),
    ):
        with pytest.raises(UsageError) as refused:
            attempt()
        assert sentence in str(refused.value).replace(str(file), "PATH")
        assert "\n" not in str(refused.value)
    assert file.read_bytes() == before


def test_a_file_that_is_not_there_and_a_name_that_is_not_unicode_are_refused(file: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read: No such file .*--set labels="):
        label_decisions.read(file)
    label_decisions.change(file, "1.jpg", "drop")
    with pytest.raises(UsageError, match=r"^the name '.udcff\.jpg' is not valid UTF-8"):
        label_decisions.change(file, "\udcff.jpg", "drop")
    assert label_decisions.read(file) == {"1.jpg": "drop"}


WRITTEN = """\
# of Monday
[ labels ]  # all of them
"a#.jpg" = 'drop'   # blurred # asked Ann
# "b.jpg" = "drop"
'b.jpg'="keep"\r
"""


def test_a_change_leaves_comments_and_other_lines(file: Path) -> None:
    file.write_text(WRITTEN, newline="")
    label_decisions.change(file, "a#.jpg", "keep", data="/pets")
    label_decisions.change(file, "c.jpg", Relabel("dog"))
    label_decisions.change(file, "b.jpg", "drop")
    changed = WRITTEN.replace("'drop'", '"keep"').replace("'b.jpg'=\"keep\"\r", '"b.jpg" = "drop"')
    assert file.read_text() == changed + '"c.jpg" = { label = "dog" }\n'
    label_decisions.change(file, "b.jpg", None)
    assert file.read_text().count("\n") == WRITTEN.count("\n")


@pytest.mark.parametrize(
    "content",
    [
        'labels = { "a.jpg" = "drop", "b.jpg" = "keep" }',
        '[labels]\n"a.jpg" = "drop"\n[labels."b.jpg"]\nlabel = "dog"',
        '[labels]\n"\\u0061.jpg" = "drop"\n"b.jpg" = "keep"',
        "[labels]\n'a.jpg' = '''drop'''\n\"b.jpg\" = { label = '''\n'a.jpg' = 'drop'\n''' }",
        '[ labels ]\n"a.jpg" = "drop"\n"b.jpg" = "keep"',
    ],
)
@pytest.mark.parametrize("choice", ["keep", Relabel("cat"), None])
@pytest.mark.parametrize("image", ["a.jpg", "c.jpg"])
def test_however_a_file_is_written_one_decision_changes(
    content: str, image: str, choice: Decision | None, file: Path
) -> None:
    file.write_text(content)
    expected: dict[str, Decision | None] = {**label_decisions.read(file), image: choice}
    label_decisions.change(file, image, choice)
    left = {name: decision for name, decision in expected.items() if decision is not None}
    assert label_decisions.read(file) == left


def test_a_file_that_a_change_makes_says_which_data_it_is_of(file: Path) -> None:
    for choice in ("drop", None):
        label_decisions.change(file, "data", choice, data='/the "pets"')
        found = label_decisions.read_if_there(file)
        assert found is not None
        assert found.data == '/the "pets"'
    label_decisions.change(file, "a.jpg", "keep", data="/others")
    assert file.read_text() == 'data = "/the \\"pets\\""\n[labels]\n"a.jpg" = "keep"\n'


def test_a_change_writes_through_a_link_and_leaves_permissions(file: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    linked = tmp_path / "mine" / "real.toml"
    file.symlink_to(linked)
    label_decisions.change(file, "a.jpg", "drop")
    assert stat.S_IMODE(linked.stat().st_mode) == 0o600
    linked.chmod(0o664)
    label_decisions.change(file, "b.jpg", "drop")
    assert file.is_symlink()
    assert stat.S_IMODE(linked.stat().st_mode) == 0o664
    assert [*label_decisions.read(linked)] == ["a.jpg", "b.jpg"]


def test_a_file_that_is_gone_begins_as_the_copy(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.toml"
    label_decisions.change(file, "a.jpg", "drop", copy=copy)
    copy.write_text('[labels]\n"b.jpg" = "drop"  # blurred\n')
    label_decisions.change(file, "c.jpg", "drop", copy=copy)
    assert [*label_decisions.read(file)] == ["a.jpg", "c.jpg"]
    file.unlink()
    label_decisions.change(file, "c.jpg", "keep", copy=copy)
    assert file.read_text() == copy.read_text() + '"c.jpg" = "keep"\n'


def test_a_change_removes_what_a_killed_one_left(file: Path, tmp_path: Path) -> None:
    left, other, fresh = (
        tmp_path / name
        for name in (".labels.toml.0123abcd", ".labels.toml.bak", ".labels.toml.00000000")
    )
    for half in (left, other, fresh):
        half.touch()
    for half in (left, other):
        os.utime(half, (0, 0))
    label_decisions.change(file, "a.jpg", "drop")
    assert [left.exists(), other.exists(), fresh.exists()] == [False, True, True]


def test_a_name_that_no_disk_takes_is_refused(tmp_path: Path) -> None:
    for attempt in (label_decisions.read_if_there, label_decisions.read):
        with pytest.raises(UsageError, match="File name too long"):
            attempt(tmp_path / ("x" * 256))


def test_two_who_decide_at_once_lose_nothing(file: Path) -> None:
    def decide(person: str) -> None:
        for at in range(30):
            label_decisions.change(file, f"{person}/{at}.jpg", "drop")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(decide, "ab"))
    assert len(label_decisions.read(file)) == 60


def test_the_digest_is_that_of_the_decisions_in_any_order() -> None:
    one: Decisions = {"a": "drop", "b": Relabel("keep"), "c": "keep"}
    digest = label_decisions.digest(one)
    assert label_decisions.digest(dict(reversed(one.items()))) == digest
    assert label_decisions.digest({**one, "b": "keep"}) != digest
    assert label_decisions.digest({**one, "d": "keep"}) != digest
