"""Nobody gets in: journals, commands, recipes and checkpoints that are broken or mean harm."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import stat
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoints import checkpoint
from engine.checkpoints.run_state import RunState
from engine.errors import EngineError, RunError
from engine.process.lines import Lines
from engine.protocol import commands, events
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields
from engine.run import run_creation, run_liveness, sightings_file, spool
from engine.run.curve import BINS
from engine.run.history import History
from engine.run.journal_reader import JournalReader
from engine.run.journal_search import excerpt, last_event, last_seq
from engine.run.journal_tail import JournalTail
from engine.run.run_paths import RunDir
from tests import run_states, scripted
from tests.kept_sightings import sighted
from tests.test_versions import everything
from tui.cli import single_frame
from tui.cli.command_line import main
from tui.viewer.run_follower import RunFollower
from tui.viewer.run_summary import summarize

HARM = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202e"
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([0, -1, 10**30, 2**63])
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.just(HARM)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
)


def changed_somewhere(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """The same JSON with one place of it replaced by anything."""
    if draw(st.integers(0, 3)) and isinstance(value, dict) and value:
        key = draw(st.sampled_from(sorted(value)))
        return value | {key: changed_somewhere(value[key], draw)}
    if draw(st.integers(0, 3)) and isinstance(value, list) and value:
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], changed_somewhere(value[at], draw), *value[at + 1 :]]
    return draw(VALUES)


@st.composite
def journals(draw: st.DrawFn) -> bytes:
    """A journal of which some lines are not as an engine writes them."""
    lines = []
    for event in scripted.stamped(everything()):
        line = json.loads(events.encode(event))
        if draw(st.integers(0, 4)) == 0:
            line = changed_somewhere(line, draw)
        text = json.dumps(line).encode() + b"\n"
        lines.append(draw(st.binary(max_size=9)) + text if draw(st.integers(0, 9)) == 0 else text)
    return b"".join(lines)


@contextlib.contextmanager
def run_with(journal: bytes) -> Iterator[RunDir]:
    with tempfile.TemporaryDirectory() as folder:
        run = scripted.run_dir(Path(folder))
        run.journal.write_bytes(journal)
        yield run


@given(journals())
def test_any_journal_is_read_folded_and_told(content: bytes) -> None:
    with run_with(content) as run:
        history, lines = History(), Lines("1")
        for batch in JournalReader(run.journal).slices():
            history.fold(batch.events)
            for event in batch.events:
                assert all(map(harmless, lines.of(event)))
        assert 0.0 <= history.progress <= 1.0
        assert history.epoch >= 0
        assert history.elapsed(history.last_time) >= 0.0
        assert len(history.loss.bins()) <= BINS
        assert isinstance(history.plateau_factor, float)
        JournalTail(run.journal).read()
        excerpt(run.journal)
        last_event(run.journal)
        last_seq(run.journal)
        summarize(run, run_liveness.liveness(run))


def numbers_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the numbers of a JSON value are."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers_of(inner, (*path, key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def with_number(line: dict[str, Any], path: tuple[Any, ...], number: float) -> dict[str, Any]:
    """The same line with another number in one place."""
    changed = copy.deepcopy(line)
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = number
    return changed


@pytest.mark.parametrize("number", [0, -1, 10**12, 10**30, -(2**70), 1e308, -1e308])
def test_any_number_anywhere_is_borne(number: float) -> None:
    """One of each kind of line, with each of its numbers out of all bounds."""
    said = {type(event): event for event in scripted.stamped(everything())}
    for event in said.values():
        line = json.loads(events.encode(event))
        for path in numbers_of(line):
            history, lines = History(), Lines("1")
            for written in (line, with_number(line, path, number)):
                with contextlib.suppress(*events.UNREADABLE):
                    strange = events.decode(json.dumps(written).encode())
                    history.fold([*scripted.stamped(everything()), strange])
                    lines.of(strange)
            assert 0.0 <= history.progress <= 1.0, path
            assert history.epoch >= 0
            assert history.plateau_factor is not None
            assert len(history.loss.bins()) <= BINS
            history.remaining()


def harmless(line: str) -> bool:
    """Whether a terminal would take no character of it for a command."""
    return all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in line)


COMMAND = {
    "type": "Probe",
    "id": "ab12",
    "attempt": "a",
    "look": "maps",
    "layer": "conv1",
    "images": [0],
}


@given(st.data())
def test_any_command_is_one_or_refused(data: st.DataObject) -> None:
    changed = changed_somewhere(COMMAND, data.draw)
    with tempfile.TemporaryDirectory() as folder:
        run = RunDir(Path(folder))
        run.commands.mkdir()
        (run.commands / "1-a.json").write_text(json.dumps(changed))
        refused: list[str] = []
        taken = spool.Spool(run, "a", lambda file, why: refused.append(file)).take()
        assert all(spool.ID.fullmatch(command.id) for command in taken)
        assert os.listdir(run.commands) == []


@pytest.mark.parametrize(
    "name", ["../../escaped", "/tmp/escaped", "", "a/b", ".", "\x1b", "x" * 65]
)
def test_a_command_whose_answer_would_leave_the_folder_is_refused(
    tmp_path: Path, name: str
) -> None:
    run = scripted.run_dir(tmp_path)
    question = commands.Inspect(id=name, attempt="a")
    (run.commands / "1-a.json").write_bytes(commands.encode(question))
    refused: list[tuple[str, str]] = []
    assert spool.Spool(run, "a", lambda *said: refused.append(said)).take() == []
    assert refused == [("1-a.json", "its id is not valid")]


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_recipe_file_is_one_or_a_sentence(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recipe.toml"
        file.write_bytes(content)
        with contextlib.suppress(EngineError):
            build_recipe(file=read_fields(file))


@given(st.data())
def test_any_change_of_a_checkpoint_is_loaded_or_a_sentence(data: st.DataObject) -> None:
    """Of what is loaded nothing was run: it holds plain values alone."""
    whole = bytearray(run_states.content(run_states.state()))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)) | st.just(len(whole)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "last.pt"
        file.write_bytes(whole[:cut])
        with contextlib.suppress(RunError):
            assert isinstance(checkpoint.load(file), RunState)


# What reaches a terminal


def evil_run(folder: Path) -> RunDir:
    """Every word in it that is not the program's means harm."""
    name = f"1-{HARM}"
    began = scripted.started(tuple(f"{HARM}{i}" for i in range(10)), name=name)
    assert began.recipe is not None
    layers = tuple(msgspec.structs.replace(e, name=HARM + e.name) for e in began.layers)
    chosen = msgspec.structs.replace(began.recipe, arch=f"{HARM}.py:{HARM}", data=f"/x/{HARM}")
    began = msgspec.structs.replace(
        began, layers=layers, recipe=chosen, device=f"cpu {HARM}", host=HARM, git=HARM
    )
    said: list[events.Event] = [
        events.Phase("loading", note=HARM),
        began,
        *scripted.half_a_run()[2:],
        events.Alert("warning", HARM, f"see {HARM}", {HARM: HARM}, step=25),
        events.Checkpointed(HARM, 3, 1, 0.1, "command", step=25),
        events.RunEnded("failed", error=HARM, step=25),
    ]
    run = scripted.run_dir(folder, said, name.replace("/", ""))
    run.log.write_text(HARM)
    sightings_file.write(run.sightings, sighted(classes=10))
    return run


def test_what_is_printed_of_an_evil_run_is_harmless(tmp_path: Path) -> None:
    run = evil_run(tmp_path / "runs")
    lines = Lines(str(run.path))
    for event in JournalTail(run.journal).read():
        assert all(map(harmless, lines.of(event)))
    for command in (
        ["runs"],
        ["runs", "--json"],
        ["attach", "1", "--once"],
        ["status", "1"],
        ["status", "1", "--json"],
        ["status", "1", "--since", "0"],
        ["suspects", "1"],
        ["suspects", "1", "--json"],
        ["suspects", "1", "--validation"],
        ["wait", "1"],
        ["wait", "1", "--json", "--until", "top1>99%"],
        ["wait", "1", "--until", HARM],
        ["wait", "1", "--until", f'"{HARM}">1'],
        ["export", "1", "--csv", f"no/{HARM}"],
        ["stop", "1"],
        ["stop", HARM],
        ["resume", str(run.path) + HARM],
        ["--no-ui", "--recipe", HARM],
        ["--no-ui", "--arch", HARM],
        ["--no-ui", "--data", HARM],
        ["--no-ui", "--set", HARM],
        ["--no-ui", "--set", f"lr={HARM}"],
        ["--no-ui", "--name", HARM],
        ["--no-ui", "--runs-dir", "/proc/" + HARM],
    ):
        shown = CliRunner().invoke(main, command, color=False).output
        assert all(map(harmless, shown.split("\n"))), (command, shown)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_what_is_drawn_of_an_evil_run_is_harmless(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, cells in zip(("COLUMNS", "LINES"), size, strict=True):
        monkeypatch.setenv(name, str(cells))
    assert all(
        map(harmless, single_frame.frame(RunFollower(evil_run(tmp_path / "runs"))).split("\n"))
    )


# Who may read


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        claim = run_creation.create(tmp_path / "runs", "x", "")
        scripted.write(claim.run, everything())
        run_states.save(claim.run.checkpoints / "last.pt", run_states.state())
        run_creation.link_into_state(claim.run)
        spool.send(claim.run, commands.Pause)
        os.close(claim.lock)
    finally:
        os.umask(before)
    for path in (tmp_path / "runs", *(tmp_path / "runs").rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


@pytest.mark.parametrize("name", ["..", "../x", "a/../../x", "/tmp/x", ".x", "x\0y", "x/y"])
def test_a_name_that_climbs_out_makes_nothing(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(
        main, ["--no-ui", "-m", "lenet5", "-d", "digits", "--name", name, "--runs-dir", "runs"]
    )
    assert done.exit_code == 2
    assert "cannot name a run" in done.output
    assert not [p for p in tmp_path.rglob("*") if p.name not in ("runs", ".numbers")]
