"""The user's own settings: what the file may say, what gives way to what, and who may change it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.catalog import config_trust, datasets, user_config
from engine.catalog.user_config import UserConfig
from engine.diagnosis.examined_system import System
from engine.diagnosis.settings_findings import settings
from engine.errors import UsageError
from engine.recipes.recipe import FIELDS
from engine.recipes.recipe_building import build_recipe
from engine.run.run_paths import default_runs_dir
from tui.cli.command_line import main
from tui.widgets import themes


def written(content: str | bytes, mode: int = 0o600) -> Path:
    """The user's file, with this content."""
    file = user_config.config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o700)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)
    return file


def refusal(content: str | bytes) -> str:
    file = written(content)
    with pytest.raises(UsageError) as refused:
        user_config.read(FIELDS)
    assert user_config.current() == user_config.BUILT_IN
    return str(refused.value).replace(str(file), "FILE")


def test_without_a_file_everything_is_built_in() -> None:
    assert user_config.read() == user_config.current() == UserConfig()


def test_the_file_has_every_setting() -> None:
    written(
        'runs_folder = "~/runs"\ndata_folders = ["/a", "~/b"]\ntheme = "light"\n'
        'on_end = "true"\nbell = false\n'
    )
    home = os.environ["HOME"]
    assert user_config.current() == UserConfig(
        f"{home}/runs", ("/a", f"{home}/b"), "light", "true", bell=False
    )


def test_a_changed_file_counts_at_once() -> None:
    written('theme = "light"')
    assert user_config.current().theme == "light"
    written('theme = "dark"  # longer')
    assert user_config.current().theme == "dark"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('on_edn = "x"', "there is no setting 'on_edn' in FILE: did you mean on_end?"),
        ('runs_dir = "/r"', "there is no setting 'runs_dir' in FILE: did you mean runs_folder?"),
        ('data_dir = "/r"', "there is no setting 'data_dir' in FILE: did you mean data_folders?"),
        (
            "lr = 0.1",
            "'lr' in FILE is a field of a recipe, which belongs to a run and not to a person: "
            "give it with --set lr=VALUE, or in a file for --recipe.",
        ),
        ('theme = "drak"', 'theme = drak is not possible in FILE: theme must be "auto", "dark" or'),
        ('runs_folder = "runs"', "runs_folder must be a folder as a string with its whole path"),
        ('runs_folder = "/a\\u0000b"', "runs_folder must be a folder as a string"),
        ("data_folders = []", "data_folders must be a list of folders with their whole paths"),
        ("bell = 1", "bell = 1 is not possible in FILE: bell must be true or false."),
        ('bell = true\non_end = "x', "FILE is not valid TOML in line 2 (Unterminated string): "),
        ("bell = true\nbell = true\n", "FILE is not valid TOML in line 2 (Cannot overwrite"),
        ("a = " + "[" * 9999, "FILE is not valid TOML in line 1 ("),
        (b"\xff", "your settings in FILE are not valid UTF-8: save the file as UTF-8."),
    ],
)
def test_one_sentence_says_what_is_wrong(content: str | bytes, sentence: str) -> None:
    assert sentence in refusal(content)


def test_a_fifo_does_not_stop_the_program() -> None:
    os.mkfifo(written("").with_name("fifo"))
    user_config.config_file().unlink()
    user_config.config_file().with_name("fifo").rename(user_config.config_file())
    with pytest.raises(UsageError, match="cannot be read"):
        user_config.read()


def test_variables_take_precedence_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    written('runs_folder = "/of-file"\ndata_folders = ["/data-of-file"]')
    assert default_runs_dir() == Path("/of-file")
    assert datasets.data_folders() == [Path("/data-of-file")]
    monkeypatch.setenv("CNN_TUI_RUNS", "/of-variable")
    monkeypatch.setenv("CNN_TUI_DATA", "/data-of-variable")
    assert default_runs_dir() == Path("/of-variable")
    assert datasets.data_folders() == [Path("/data-of-variable")]
    assert datasets.data_folders("/flag") == [Path("/flag")]


def test_a_folder_with_a_comma_in_its_name_is_one_folder() -> None:
    here = System(environment={}, user="cats")
    found = {each.name: each.value for each in settings(here, Path("runs"), "/data/cats, dogs")}
    assert found["data_folders"].startswith("/data/cats, dogs ")


def test_the_theme_of_the_file_takes_precedence_over_that_of_the_terminal() -> None:
    assert themes.at_start("auto", "0;15") == themes.LIGHT.name
    assert themes.at_start("dark", "0;15") == themes.DARK.name
    assert themes.at_start("light", "15;0") == themes.LIGHT.name


def test_a_command_refuses_a_wrong_file_unless_it_helps(tmp_path: Path) -> None:
    written("on_edn = 1")
    run = CliRunner().invoke
    refused = run(main, ["runs"])
    assert refused.exit_code == 2
    assert "did you mean on_end?" in refused.stderr
    assert run(main, ["--arch", "lenet5"]).exit_code == 2
    assert run(main, ["runs", "--help"]).exit_code == 0


@pytest.mark.parametrize("key", user_config.KEYS)
def test_a_recipe_sets_none_of_them(key: str) -> None:
    with pytest.raises(UsageError, match=f"'{key}' is not part of a recipe"):
        build_recipe(file={key: "x"})
    assert key not in FIELDS


# Who may change the file


def test_others_who_can_write_take_the_command_away() -> None:
    file = written('on_end = "true"')
    assert (config_trust.trusted_on_end(), config_trust.complaint()) == ("true", "")
    file.chmod(0o620)
    assert config_trust.trusted_on_end() == ""
    assert "no command on_end is taken from there" in config_trust.complaint()
    file.chmod(0o600)
    file.parent.chmod(0o770)
    assert config_trust.trusted_on_end() == ""
    assert f"`chmod go-w {file.parent}`" in config_trust.complaint()


def test_others_who_can_read_are_only_told() -> None:
    file = written('on_end = "true"', 0o644)
    assert config_trust.trusted_on_end() == "true"
    assert config_trust.complaint() == f"others can read {file}: type `chmod 600 {file}`."


def test_a_file_that_sets_nothing_may_be_read_by_all() -> None:
    written("# nothing yet", 0o644)
    assert config_trust.complaint() == ""


def test_a_file_of_somebody_else_names_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    written('on_end = "true"')
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    if Path(user_config.config_file()).stat().st_uid:
        assert config_trust.trusted_on_end() == ""


# What the doctor shows


def told(runs: str = "runs", data_dir: str = "") -> dict[str, str]:
    system = System(environment=os.environ)
    return {each.name: each.value for each in settings(system, Path(runs), data_dir)}


def test_the_doctor_shows_each_value_and_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert told() == {
        "file": "none (~/cnn-tui/config.toml would be it)",
        "runs_folder": "runs (built-in)",
        "data_folders": "./data, ~/data, ~/.cache/cnn-tui/data (built-in)",
        "theme": "auto (built-in)",
        "on_end": "none (built-in)",
        "bell": "true (built-in)",
    }
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert told()["data_folders"] == "./data, ~/data, /cache/cnn-tui/data (built-in)"
    written('runs_folder = "/r"\ntheme = "dark"\nbell = false\non_end = "true x"')
    monkeypatch.setenv("CNN_TUI_DATA", "/d")
    assert told("/r") == {
        "file": "~/cnn-tui/config.toml",
        "runs_folder": "/r (config.toml)",
        "data_folders": "/d ($CNN_TUI_DATA)",
        "theme": "dark (config.toml)",
        "on_end": "true x (config.toml)",
        "bell": "false (config.toml)",
    }
    monkeypatch.setenv("CNN_TUI_ON_END", "")
    shown = told("/elsewhere", "/flag")
    assert shown["runs_folder"] == "/elsewhere (--runs-dir)"
    assert shown["data_folders"] == "/flag (--data-dir)"
    assert shown["on_end"] == "none ($CNN_TUI_ON_END)"


def test_the_doctor_says_what_is_wrong_with_the_file() -> None:
    written("lr = 1")
    (found, *_) = settings(System(), Path("runs"))
    assert found.verdict == "failure"
    assert "field of a recipe" in found.advice
    assert json.dumps(found.value)
