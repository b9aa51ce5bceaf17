"""What the pages for developers say of the files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest

from engine.export.export_formats import PACKAGES
from engine.report.report_target import PACKAGE
from tui.cli.command_line import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md")
# Not files of the project, but of a run, or of a person.
FOREIGN = {"probes/ID.json", "path/to/net.py", "net.py", "mine.toml", "__init__.py"}


def all_files() -> set[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    listed = [file for file in done.stdout.split("\n") if file and (ROOT / file).exists()]
    # Without git, as in an unpacked archive, the files themselves.
    return set(listed) or {str(p.relative_to(ROOT)) for p in ROOT.rglob("*.py")}


def named_files(page: str) -> set[str]:
    """The files that a page names between backticks or as links."""
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.DOTALL)
    text = re.sub(r"`git show [^`]*`", "", text)  # files as they were then
    names = re.findall(r"[`(]([A-Za-z0-9_./-]+\.(?:py|md|json|tcss|svg))[`)]", text)
    return {name for name in names if name not in FOREIGN}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    files = all_files()
    last_parts = {Path(file).name for file in files}
    for name in named_files(page):
        there = name in files if "/" in name else name in last_parts
        assert there or any(file.endswith(f"/{name}") for file in files), name


def test_every_row_of_data_names_tests_that_exist() -> None:
    page = (ROOT / "docs/data.md").read_text()
    cells = re.findall(r"^\| (?!.* test \|$).* \| (.*) \|$", page, re.MULTILINE)
    assert len(cells) > 200
    for name in (name for cell in cells for name in cell.split(", ")):
        found = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)(\[[^`]+\])?`", name)
        assert found, name
        file, test, _ = found.groups()
        assert f"\ndef {test}(" in (ROOT / file).read_text(), name


def test_no_two_modules_share_a_file_name() -> None:
    """So a file name says where one is."""
    modules = [Path(f) for f in all_files() if re.match(r"(engine|tui|cnn_tui)/.*\.py$", f)]
    names = [m.name for m in modules if not m.name.startswith("__")]
    assert sorted(names) == sorted(set(names))


def test_every_folder_of_modules_is_a_package() -> None:
    """The wheel leaves out a folder without `__init__.py`."""
    modules = [Path(f) for f in all_files() if re.match(r"(engine|tui|cnn_tui)/.*\.py$", f)]
    assert {m.parent for m in modules} == {m.parent for m in modules if m.name == "__init__.py"}


def test_every_room_says_what_is_there_and_nothing_else() -> None:
    for file in all_files():
        if re.match(r"(engine|tui)/.*__init__\.py$", file):
            content = (ROOT / file).read_text().strip()
            assert content.startswith('"""'), file
            assert content.count('"""') == 2, file
            assert content.endswith('"""'), file


def test_the_readme_says_what_a_command_does_that_names_no_run() -> None:
    said = README.partition("Without it, ")[2].partition("\n\n")[0].replace("\n", " ")
    newest, live, needed = re.split("; |[.] ", said)
    runs = {
        name: argument.required
        for name, command in main.commands.items()
        for argument in command.params
        if isinstance(argument, click.Argument) and argument.name in ("run", "runs", "source")
    }
    optional = [name for name, required in runs.items() if not required]
    assert re.findall("`([a-z]+)`", newest) + re.findall("`([a-z]+)`", live) == [
        *(name for name in optional if "only live run" not in str(main.commands[name].help)),
        *(name for name in optional if "only live run" in str(main.commands[name].help)),
    ]
    assert re.findall("`([a-z]+)`", needed) == [name for name in runs if runs[name]]


def test_the_pages_and_the_program_install_the_same_packages() -> None:
    table = dict(re.findall(r"^\| `([a-z -]+)` \| `pip install (.*)` \|$", README, re.M))
    wanted = {"--onnx": " ".join(PACKAGES["onnx"]), "--tensorboard": "tensorboard"}
    assert table == wanted | {"report": PACKAGE, "race --sampler tpe": "optuna"}
    for page in (ROOT / "docs").glob("*.md"):
        found = re.findall("`pip install (.*?)`", page.read_text())
        assert {*found} <= {*table.values()}, page.name
