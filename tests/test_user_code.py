"""A user's own Python: loaded as Python would, kept with the run, refused in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.errors import RunError, UsageError
from engine.text import PIP
from engine.user_code import user_importer
from engine.user_code.kept_code import keep_code, kept_code
from engine.user_code.user_code import code_of
from engine.user_code.user_module import load_user_module, user_object

pytestmark = pytest.mark.usefixtures("forgotten_imports")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A package in a `src` layout, with a module beside it and files that are no part of it."""
    files = {
        "src/mypkg/__init__.py": "",
        "src/mypkg/blocks.py": "WIDTH = 4",
        "src/mypkg/nets/__init__.py": "from .net import make",
        "src/mypkg/nets/net.py": "import near\n"
        "from ..blocks import WIDTH\n"
        "from mypkg.blocks import WIDTH as SAME\n"
        "from beside import HEIGHT\n"
        "def make(): return WIDTH, SAME, HEIGHT, near.DEPTH\n",
        "src/mypkg/nets/near.py": "DEPTH = 6",
        "src/mypkg/build/lib.py": "",
        "src/mypkg/.venv/lib.py": "",
        "src/mypkg/env/pyvenv.cfg": "",
        "src/mypkg/env/lib.py": "",
        "src/mypkg/__pycache__/lib.py": "",
        "src/mypkg/names.txt": "cat",
        "src/mypkg/.hidden.py": "",
        "src/mypkg/runs/1-net/code/mypkg/net.py": "",
        "src/beside.py": "HEIGHT = 5",
        "src/unrelated.py": "",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path / "src"


def made(file: Path, folder: Path | None = None, *, keep: bool = True) -> object:
    code = keep_code(file, folder, keep=keep).code if folder else code_of(file)
    make = user_object(code, "make")
    assert callable(make)
    return make()


def refused(file: Path, name: str = "make") -> str:
    with pytest.raises(UsageError) as caught:
        user_object(code_of(file), name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_imports_work_as_in_the_package_and_leave_nothing_behind(source: Path) -> None:
    before = {*source.rglob("*")}
    assert made(source / "mypkg/nets/net.py") == (4, 4, 5, 6)
    assert {file for file in source.rglob("*.pyc") if "mypkg" in file.parts} == set()
    assert {*source.rglob("*")} - before <= {source / "__pycache__", *source.rglob("*.pyc")}
    assert load_user_module(code_of(source / "mypkg/nets/net.py")).__name__ == "mypkg.nets.net"


def test_a_run_keeps_the_package_and_what_it_imports_and_goes_on_with_that(
    source: Path, tmp_path: Path
) -> None:
    run, file = tmp_path / "run", source / "mypkg/nets/net.py"
    assert made(file, run) == (4, 4, 5, 6)
    kept = {str(path.relative_to(run / "code")) for path in run.rglob("*.py")}
    inner = {"__init__", "blocks", "nets/__init__", "nets/net", "nets/near"}
    assert kept == {"beside.py", *(f"mypkg/{name}.py" for name in inner)}
    for changed in source.rglob("*.py"):
        changed.write_text("broken(")
    assert made(file, run) == (4, 4, 5, 6)
    assert not [*run.rglob("__pycache__")]
    (source / "mypkg/nets/net.py").unlink()
    assert made(file, run, keep=False) == (4, 4, 5, 6), "the original is gone"


def test_a_run_without_weights_follows_the_users_files(source: Path, tmp_path: Path) -> None:
    run, file = tmp_path / "run", source / "mypkg/nets/net.py"
    assert made(file, run) == (4, 4, 5, 6)
    (source / "mypkg/blocks.py").write_text("WIDTH = 7")
    (source / "beside.py").unlink()
    file.write_text("from mypkg.blocks import WIDTH\ndef make(): return WIDTH")
    keep_code(file, run, keep=True)
    assert (run / "code/mypkg/blocks.py").read_text() == "WIDTH = 4"
    keep_code(file, run, keep=False)
    assert not (run / "code/beside.py").exists()
    assert (run / "code/mypkg/blocks.py").read_text() == "WIDTH = 7"


def test_a_file_in_no_package_is_kept_with_the_modules_that_it_imports(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from layers import make")
    (tmp_path / "layers.py").write_text("def make():\n    import deep\n    return deep.DEPTH")
    (tmp_path / "deep.py").write_text("DEPTH = 3")
    (tmp_path / "json.py").write_text("broken(")
    run = tmp_path / "run"
    assert made(tmp_path / "net.py", run) == 3
    assert (run / "net.py").exists()
    assert {path.name for path in (run / "code").iterdir()} == {"layers.py", "deep.py"}
    (tmp_path / "deep.py").write_text("DEPTH = 4")
    for name in ("layers", "deep"):
        del sys.modules[name]
    assert made(tmp_path / "net.py", run) == 3


def test_files_beside_the_original_are_found(source: Path, tmp_path: Path) -> None:
    file = source / "mypkg/nets/net.py"
    file.write_text(
        "from pathlib import Path\n"
        "def make(): return (Path(__file__).parents[1] / 'names.txt').read_text()\n"
        "TEXT = make()"
    )
    assert made(file, tmp_path / "run") == "cat"
    (source / "mypkg/names.txt").unlink()
    user_importer.install(code_of(tmp_path / "other.py"))
    sys.modules.pop("mypkg.nets.net")
    with pytest.raises(
        UsageError, match=r"names.txt, which is not there \(net.py, line 2\): a run"
    ):
        load_user_module(keep_code(file, tmp_path / "run", keep=True).code)


def test_of_too_much_a_run_keeps_a_digest(source: Path, tmp_path: Path) -> None:
    file, run = source / "mypkg/nets/net.py", tmp_path / "run"
    (source / "mypkg/table.py").write_text("#" * 5_000_001)
    notes = keep_code(file, run, keep=False).notes
    assert [note[:51] for note in notes] == ["The Python files of mypkg have 5.0 MB, more than th"]
    assert [path.name for path in run.rglob("*.py")] == ["net.py"]
    assert made(file, run) == (4, 4, 5, 6)
    assert keep_code(file, run, keep=True).notes == ()
    (source / "mypkg/blocks.py").write_text("WIDTH = 9")
    (changed,) = keep_code(file, run, keep=True).notes
    assert "mypkg have changed since the run began" in changed


def test_a_run_of_an_older_version_keeps_its_file_alone(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("def make(): return 2")
    run = tmp_path / "run"
    run.mkdir()
    (run / "net.py").write_text("def make(): return 1")
    assert made(tmp_path / "net.py", run) == 1
    assert kept_code(tmp_path / "other.py", run) is None


def test_links_lead_to_files_and_never_in_a_circle(source: Path, tmp_path: Path) -> None:
    (source / "mypkg/again").symlink_to(source / "mypkg", target_is_directory=True)
    (source / "mypkg/linked.py").symlink_to(source / "beside.py")
    (source / "mypkg/gone.py").symlink_to(source / "nowhere.py")
    keep_code(source / "mypkg/nets/net.py", tmp_path / "run", keep=False)
    kept = tmp_path / "run/code/mypkg"
    assert (kept / "linked.py").read_text() == "HEIGHT = 5"
    assert not (kept / "again").exists()
    assert not (kept / "gone.py").exists()


def test_a_file_in_a_folder_that_is_not_kept_is_kept_itself(source: Path, tmp_path: Path) -> None:
    (source / "mypkg/build/__init__.py").write_text("")
    (source / "mypkg/build/net.py").write_text("from ..blocks import WIDTH\nmake = lambda: WIDTH")
    assert made(source / "mypkg/build/net.py", tmp_path / "run") == 4
    assert (tmp_path / "run/code/mypkg/build/net.py").exists()


def test_a_package_may_be_named_by_its_init_file(source: Path, tmp_path: Path) -> None:
    assert made(source / "mypkg/nets/__init__.py") == (4, 4, 5, 6)
    assert made(source / "mypkg/nets/__init__.py", tmp_path / "run") == (4, 4, 5, 6)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "net.py cannot be read: No such file or directory; check the path."),
        ("def make(:", "net.py fails: SyntaxError: invalid syntax (net.py, line 1); repair the"),
        ("import sys\nsys.exit()", "the file ends the program when it is loaded (net.py, line 2):"),
        (
            "from .blocks import make",
            "net.py imports relative to its package (net.py, line 1), and its folder ",
        ),
        ("1 / 0", "net.py fails: ZeroDivisionError: division by zero (net.py, line 1); repair"),
        ("", "net.py has no make, and defines nothing else: define make there."),
        (
            "from json import dumps\ndef maek(): ...\ndef b(): ...\nclass C: ...\ndef _d(): ...",
            "net.py has no make, it has maek, b, C and 1 more: type net.py:maek.",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(
    tmp_path: Path, content: str | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "net.py").write_text(content)
    assert sentence in refused(tmp_path / "net.py")


def test_the_line_is_that_of_the_file_that_fails(source: Path) -> None:
    (source / "mypkg/blocks.py").write_text("\nnothing")
    said = refused(source / "mypkg/nets/net.py")
    assert "net.py fails: NameError: name 'nothing' is not defined (mypkg/blocks.py, line" in said


def test_a_package_with_a_name_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    for name in ("__init__.py", "net.py"):
        (tmp_path / "engine" / name).write_text("make = print")
    assert refused(tmp_path / "engine/net.py").startswith(
        "the package engine of your file has the name of another one that is loaded already ("
    )


def test_the_same_package_in_another_place_is_another_one(source: Path, tmp_path: Path) -> None:
    assert made(source / "mypkg/nets/net.py") == (4, 4, 5, 6)
    moved = source.rename(tmp_path / "moved")
    (moved / "mypkg/blocks.py").write_text("WIDTH = 8")
    assert made(moved / "mypkg/nets/net.py") == (8, 8, 5, 6)


def test_a_damaged_record_of_the_code_is_told(tmp_path: Path) -> None:
    (tmp_path / "code.json").write_text("{")
    with pytest.raises(RunError, match=r"code\.json is damaged"):
        kept_code(tmp_path / "net.py", tmp_path)


def test_a_package_that_the_file_needs_is_named(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text("from no_such_package.models import Net")
    with pytest.raises(UsageError) as caught:
        load_user_module(code_of(file))
    assert str(caught.value) == (
        "net.py needs no_such_package, which is not installed (net.py, line 1): install it with "
        f"`{PIP} install NAME`, where NAME is what its pages call it, often no-such-package."
    )


@pytest.mark.parametrize("content", ["import os.no_such_part", "from email.no_such import part"])
def test_a_part_that_a_package_lacks_is_the_fault_of_the_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(content)
    with pytest.raises(UsageError, match=r"ModuleNotFoundError: .*; repair the file\.$"):
        load_user_module(code_of(file))
