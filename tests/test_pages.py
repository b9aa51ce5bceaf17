"""What the pages for developers say of the files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md")
# Not files of the project, but of a run, or of a person.
FOREIGN = {"probes/ID.json", "path/to/net.py", "net.py", "mine.toml", "__init__.py"}


def tracked() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
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
    files = tracked()
    last_parts = {Path(file).name for file in files}
    for name in named_files(page):
        there = name in files if "/" in name else name in last_parts
        assert there or any(file.endswith(f"/{name}") for file in files), name


def test_no_two_modules_share_a_file_name() -> None:
    """So a file name says where one is."""
    modules = [Path(f) for f in tracked() if re.match(r"(engine|tui|cnn_tui)/.*\.py$", f)]
    names = [m.name for m in modules if not m.name.startswith("__")]
    assert sorted(names) == sorted(set(names))


def test_every_room_says_what_is_there_and_nothing_else() -> None:
    for file in tracked():
        if re.match(r"(engine|tui)/.*__init__\.py$", file):
            content = (ROOT / file).read_text().strip()
            assert content.startswith('"""'), file
            assert content.count('"""') == 2, file
            assert content.endswith('"""'), file
