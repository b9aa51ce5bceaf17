"""The command line: what is imported, what is refused, and how it is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.text import Text

from engine.catalog import architectures
from engine.errors import UsageError
from engine.machine import nvml
from engine.protocol import events
from engine.protocol.requests import Predict
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields, to_toml
from engine.run import run_creation, run_liveness, run_lock, run_search
from engine.start import device_request, launch
from engine.start.engine_request import EngineRequest
from tests import scripted
from tui.cli import fitted_columns
from tui.cli.command_line import main

MAIN = "from tui.cli.command_line import main; main()"


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a sign of one, on whatever machine."""
    monkeypatch.setattr(nvml, "gpus", tuple)
    monkeypatch.setattr(device_request, "GPU_SIGNS", ())


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def loaded_by(*arguments: str) -> set[str]:
    """The heavy modules that a command line loads, in a fresh interpreter."""
    code = (
        "import sys\n"
        "from tui.cli.command_line import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *(m for m in ('torch', 'textual', 'plotext', 'rich') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rsplit("LOADED", 1)[1].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--no-ui", "--arch", "nonsense"],
        ["--no-ui", "--set", "lr=-1"],
        ["--nonsense"],
        ["recipes", "quick"],
        ["stop"],
    ],
)
def test_a_quick_answer_loads_nothing_heavy(arguments: list[str]) -> None:
    assert loaded_by(*arguments) == set()


@pytest.mark.parametrize(
    "arguments",
    [["status", "--json"], ["wait", "1"], ["export", "1", "--csv", "a.csv"]],
    ids=" ".join,
)
def test_a_script_that_asks_for_a_run_loads_nothing_heavy(
    tmp_path: Path, arguments: list[str]
) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    assert loaded_by(*arguments) == set()


def test_the_words_of_a_status_load_no_torch_and_no_textual(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    assert loaded_by("status") <= {"rich"}


@pytest.mark.parametrize("command", ["models", "datasets", "runs"])
def test_tables_load_no_torch_and_no_textual(command: str) -> None:
    assert loaded_by(command) <= {"rich"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--no-ui", "-m", "resnet19"], "there is no architecture 'resnet19': did you mean"),
        (["--no-ui", "-m", "net.py:make"], "there is no file net.py to build the model from"),
        (["--no-ui", "-m", "lenet5", "--pretrained"], "no pretrained weights for lenet5"),
        (["--no-ui", "-m", "lenet5", "--set", "size=16"], "lenet5 needs images of 28 pixels"),
        (["--no-ui", "-d", "cifar11"], "did you mean cifar10?"),
        (["--no-ui", "-d", "./flowers"], "the data folder flowers does not exist"),
        (["--no-ui", "-r", "fast"], "there is no recipe 'fast'"),
        (["--no-ui", "-r", "mine.toml"], "cannot be read: No such file"),
        (["--no-ui", "--set", "lr"], "--set takes KEY=VALUE"),
        (["--no-ui", "--set", "lt=0.1"], "there is no recipe field 'lt'"),
        (["--no-ui", "--set", "colour=1"], "'colour': `cnn-tui recipes quick` shows all of them."),
        (["--no-ui", "-m", "densenet"], "'densenet': `cnn-tui models` lists them."),
        (["--no-ui", "--epochs", "0"], "epochs = 0 is not possible"),
        (["--no-ui", "--device", "gpu"], "device must be auto, cpu, cuda or cuda:N"),
        (["--no-ui", "--device", "cuda:7"], "no usable GPU for --device cuda:7"),
        (["--dry-run", "--device", "cuda"], "no usable GPU for --device cuda"),
        (["--name", "x", "--resume", "auto", "--device", "cuda"], "no usable GPU"),
        (["--no-ui", "--name", "job", "--resume", "auto", "--set", "lr"], "--set takes KEY=VALUE"),
        (["--no-ui", "--name", "../up"], "cannot name a run"),
        (["--no-ui", "--resume", "auto"], "cnn-tui: --resume auto needs --name"),
        (["--arch", "lenet5", "runs"], "put --arch after runs"),
        (["--set", "lr=1", "runs"], "put --set after runs"),
        (["--archh", "x"], "cnn-tui: no such option '--archh': did you mean '--arch'?\n"),
        (["--zzz"], "cnn-tui: no such option '--zzz': see `cnn-tui --help`.\n"),
        (["zzz"], "cnn-tui: no such command 'zzz': see `cnn-tui --help`.\n"),
        (["runs", "--zzz"], "no such option '--zzz': see `cnn-tui runs --help`.\n"),
        (
            ["export", "1", "--onnx"],
            "'--onnx' requires an argument: see `cnn-tui export --help`.\n",
        ),
        (["--epochs"], "'--epochs' requires an argument: see `cnn-tui --help`.\n"),
        (["queue", "move", "--zzz"], "no such option '--zzz': see `cnn-tui queue move --help`.\n"),
        (["status", "--json=1"], "does not take a value: see `cnn-tui status --help`.\n"),
        (["train", "--epoch", "1"], "no such option '--epoch': did you mean '--epochs'?\n"),
        (["lenet5", "digits", "--no-ui"], "type `--arch lenet5 --data digits` instead.\n"),
        (["statu", "lenet5"], "no such command 'statu': did you mean 'status'?\n"),
        (["train", "digits", "timm/x"], "type `--data digits --arch timm/x` instead.\n"),
        (["train", "lenet5", "x"], "unexpected extra arguments (lenet5 x): see `cnn-tui train --"),
        (["--no-ui", "--set", "learning_rate=0.1"], "field 'learning_rate': did you mean lr?\n"),
        (["attach", "1", "2"], "cnn-tui: got unexpected extra argument (2): see `cnn-tui attach"),
        (["stop", ""], "cnn-tui: RUN is empty, perhaps an unset variable"),
        (["wait", ""], "cnn-tui: RUN is empty, perhaps an unset variable"),
        (["export", "", "--csv", "a.csv"], "cnn-tui: RUN is empty, perhaps an unset variable"),
        (["predict", "", "a.png"], "cnn-tui: RUN is empty, perhaps an unset variable"),
        (["--epochs", "x"], "'x' is not a valid integer: see `cnn-tui --help`.\n"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(arguments: list[str], sentence: str) -> None:
    result = cli(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("cnn-tui: ")
    assert result.stderr.count("\n") == 1
    assert not Path("runs").exists() or list(Path("runs").iterdir()) == []


def test_another_device_and_too_few_epochs_are_judged_before_a_run_goes_on(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    saved = events.Checkpointed("last.pt", 3, 9, 0.1, "stop", step=25)
    scripted.write(run, [saved])
    (run.checkpoints / "last.pt").touch()
    before = run.journal.read_bytes()
    for arguments, sentence in (
        (("--epochs", "2"), "has already trained 2 epochs: give --epochs 3 or more"),
        (("--device", "cuda"), "no usable GPU for --device cuda"),
    ):
        result = cli("resume", "1", *arguments)
        assert result.exit_code == 2
        assert sentence in result.stderr
    assert run.journal.read_bytes() == before


def test_a_data_folder_is_looked_at_before_anything_starts(tmp_path: Path) -> None:
    empty, lonely = tmp_path / "empty", tmp_path / "lonely"
    empty.mkdir()
    (lonely / "cat").mkdir(parents=True)
    (lonely / "cat" / "1.png").write_bytes(b"")
    assert "holds no images" in cli("--no-ui", "-d", str(empty)).stderr
    assert "holds only the class 'cat'" in cli("--no-ui", "-d", str(lonely)).stderr


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.zip", b"PK\x03\x04", "a.zip cannot be read"),
        ("a.npz", b"no zip", "a.npz cannot be read"),
        ("a.csv", b"1" + b",0" * 784 + b"\n2,x\n", "a.csv does not have 785 columns"),
        ("a.tar.gz", b"\x1f\x8b", "a.tar.gz cannot be read"),
        ("x_train.npy", b"", "x_train.npy cannot be read"),
        ("notes.odt", b"hello", "it begins with b'hello'"),
    ],
    ids=["zip", "npz", "csv", "tar.gz", "npy", "odt"],
)
def test_a_file_of_data_is_looked_at_before_there_is_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    result = cli("--no-ui", "-d", name)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def again(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Result, tuple[str, ...]]:
    """What a command line says that goes on with the run `job`, and how it starts an engine."""
    options: tuple[str, ...] = ()

    def become(claim: run_lock.Claim, chosen: object, *said: str) -> None:
        nonlocal options
        options = said
        os.close(claim.lock)
        raise SystemExit(0)

    monkeypatch.setattr(launch, "exec_engine", become)
    return cli("--no-ui", "--name", "job", "--resume", "auto", *arguments), options


def test_the_data_that_nobody_named_is_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    said, _ = again(monkeypatch, "-m", "lenet5")
    assert said.stdout.startswith("no --data is named, so digits is taken: `cnn-tui datasets`")
    assert cli("--no-ui", "-m", "lenet5").stdout == said.stdout
    assert cli("--no-ui", "-m", "lenet5", "--set", "data=digits").stdout == ""


def test_a_command_line_that_is_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run(), "1-job")
    (tmp_path / "like.toml").write_text(run.recipe.read_text())
    same, options = again(monkeypatch, "-r", "like.toml", "-m", "lenet5")
    assert (same.exit_code, same.output, options) == (0, "", ())
    other, options = again(monkeypatch, "--set", "lr=0.02", "--epochs", "6")
    assert other.exit_code == 0
    assert other.stderr.startswith(
        "warning: 1-job keeps the settings that it began with: lr = 0.05 (not "
    )
    assert options == ("--epochs", "6")
    another, _ = again(monkeypatch, "-m", "resnet20")
    assert another.exit_code == 2
    assert "1-job is a run with arch = lenet5 (not resnet20)" in another.stderr


def test_a_run_that_is_there_begins_with_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first weights may be gone by then; what they brought with them holds for its own."""
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run(), "1-job")
    began = build_recipe(
        flags={"arch": "lenet5", "data": "mnist", "bn": False, "init_from": "/gone/best.pt"}
    )
    run.recipe.write_text(to_toml(began))
    begin = ("--init-from", "gone", "--set", "bn=false", "-d", "mnist")
    same, _ = again(monkeypatch, *begin)
    assert (same.exit_code, same.output) == (0, "")
    created = cli("--create", "--name", "job", "--resume", "auto", *begin)
    assert created.output == f"{run.path.resolve()}\n"


def test_a_run_that_waits_for_its_first_engine_has_not_failed() -> None:
    cli("--create", "--name", "job", "-m", "lenet5", "-d", "digits")
    listed = json.loads(cli("runs", "--json").output)
    assert (listed["state"], listed["error"]) == ("starting", "")
    assert "○ not begun" in cli("runs").output
    assert "○ starting" in cli("attach", "--once", "1").output


def test_torchrun_has_to_be_told_of_more_epochs(tmp_path: Path) -> None:
    run = scripted.run_dir(tmp_path / "runs", scripted.half_a_run(), "1-job")
    result = cli("--create", "--name", "job", "--resume", "auto", "--epochs", "6")
    assert result.stdout == f"{run.path.resolve()}\n"
    assert "add --epochs 6 after `-m engine RUN`" in result.stderr
    assert not run_liveness.is_live(run)


def test_commands_need_a_live_run(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    for command in ("stop", "pause", "continue", "checkpoint"):
        result = cli(command, "1")
        assert (result.exit_code, result.stderr) == (
            1,
            "cnn-tui: 1-lenet5-digits is not running.\n",
        )


def test_a_command_reaches_the_spool(tmp_path: Path) -> None:
    run, _ = run_creation.create(tmp_path / "runs", "x", "")
    assert cli("pause").output == "sent pause to 1-x\n"
    assert [path.suffix for path in run.commands.iterdir()] == [".json"]


def test_a_command_that_changes_nothing_says_so(tmp_path: Path) -> None:
    run, _ = run_creation.create(tmp_path / "runs", "x", "")
    assert cli("continue").output == "sent continue to 1-x, which was not paused\n"
    scripted.write(run, [events.Phase("paused")])
    assert cli("continue").output == "sent continue to 1-x\n"
    assert cli("pause").output == "sent pause to 1-x, which was paused already\n"
    assert len(list(run.commands.iterdir())) == 3, "for the engine knows best"


def test_runs_are_listed(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run())
    table = cli("runs").output
    assert table.endswith("saved anything can be deleted: cnn-tui delete 1\n")
    assert "lenet5-digits" in table
    assert "3/4" in table
    assert "✗ failed" in table
    run = json.loads(cli("runs", "--json").output)
    assert (run["number"], run["state"], run["best_top1"]) == (1, "failed", 0.9)
    assert run["started"] == scripted.START


def test_the_test_accuracy_of_a_run_is_listed(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run(), "1-no-holdout")
    assert " test " not in cli("runs").output.splitlines()[0], "no run was tested"
    ended = events.RunEnded("done", 2, 0.9, test_loss=0.4, test_top1=0.8772)
    scripted.run_dir(tmp_path / "runs", [*scripted.half_a_run(), ended], "2-holdout")
    heading, *rows = cli("runs").output.splitlines()
    assert " test " in heading
    assert ["87.7" in row for row in rows[:2]] == [True, False]
    lines = map(json.loads, cli("runs", "--json").output.splitlines())
    found = {run["name"]: run["test_top1"] for run in lines}
    assert found == {"holdout": 0.8772, "no-holdout": None}


def on_terminal(width: int, *arguments: str) -> list[str]:
    """The lines of a command's output on a terminal of so many columns."""
    variables = {"FORCE_COLOR": "1", "COLUMNS": str(width)}
    result = CliRunner().invoke(main, arguments, env=variables)
    return Text.from_ansi(result.output).plain.splitlines()


def saved_run(folder: Path, name: str) -> None:
    run = scripted.run_dir(folder / "runs", scripted.half_a_run(), name)
    (run.checkpoints / "last.pt").touch()


def test_a_run_that_torchrun_has_yet_to_start_is_not_to_be_forgotten() -> None:
    assert cli("--create", "-m", "lenet5", "-d", "digits").exit_code == 0
    assert "can be deleted" not in cli("runs").output


def test_a_run_that_has_saved_something_is_not_to_be_forgotten(tmp_path: Path) -> None:
    saved_run(tmp_path, "1-x")
    assert "can be deleted" not in cli("runs").output


@pytest.mark.parametrize("command", ["models", "datasets", "recipes", "runs"])
@pytest.mark.parametrize("width", [80, 61, 40])
def test_a_table_fits_the_terminal(tmp_path: Path, command: str, width: int) -> None:
    saved_run(tmp_path, f"1-{'long-name-' * 9}")
    notes = ("a wider terminal", "the engine died")
    lines = on_terminal(width, command)
    table = (line for line in lines if not any(note in line for note in notes))
    assert max(map(cell_len, table)) <= width


def test_columns_that_shrink_share_what_is_left_over() -> None:
    columns = [
        fitted_columns.TableColumn("a", least=10),
        fitted_columns.TableColumn("b"),
        fitted_columns.TableColumn("c", least=10),
    ]
    assert fitted_columns.fit_columns(columns, [20, 5, 20], 60) == ([0, 1, 2], [20, 5, 20])
    assert fitted_columns.fit_columns(columns, [20, 5, 20], 43) == ([0, 1, 2], [20, 5, 12])
    assert fitted_columns.fit_columns(columns, [20, 5, 20], 35) == ([0, 1, 2], [14, 5, 10])


def test_whether_data_is_here_is_told_before_its_shape() -> None:
    heading, *_, last = on_terminal(55, "datasets")
    assert "on disk" in heading
    assert last == "a wider terminal also shows: classes, source"


def test_a_narrow_table_has_a_row_a_model_and_tells_what_it_leaves_out() -> None:
    heading, _, *rows, last, counts, top5, top1 = on_terminal(80, "models")
    assert heading.rstrip().endswith("top-1")
    assert [row.split()[0] for row in rows] == list(architectures.ARCHITECTURES)
    assert last == "a wider terminal also shows: what was new"
    assert counts == "parameters and MAC: for images of 3×32×32 and 10 classes"
    assert top5.startswith("top-5 err: the error on ImageNet")
    assert top1.startswith("top-1: the accuracy")


def test_a_wide_terminal_and_a_pipe_show_all_of_a_table() -> None:
    heading, _, *rows = on_terminal(200, "models")
    assert heading.rstrip().endswith("what was new")
    assert len(rows) == len(architectures.ARCHITECTURES) + 3
    assert cli("models").output.splitlines()[2:] == rows


def test_a_long_name_is_cut_before_a_number_is(tmp_path: Path) -> None:
    saved_run(tmp_path, f"1-{'long-name-' * 9}")
    _, row, left_out, note = on_terminal(80, "runs")
    assert "the engine died" in note
    assert left_out == "a wider terminal also shows: started"
    assert "…" in row
    assert row.endswith("   lenet5   digits   quick      3/4   90.0 %   34 s")


def test_the_list_of_commands_is_in_whole_sentences() -> None:
    assert "..." not in cli("--help").output.partition("Commands:")[2]


def test_no_runs_says_how_to_start_one() -> None:
    assert cli("runs").output == "the folder ./runs holds no run yet: start one with `cnn-tui`.\n"


def test_weights_that_are_neither_a_file_nor_a_run(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs")
    result = cli("--no-ui", "--init-from", "nofile.pt")
    assert result.stderr == (
        "cnn-tui: there is no file nofile.pt, and there is no run 'nofile.pt' in the folder "
        "./runs: `cnn-tui runs` lists them.\n"
    )


def test_weights_that_need_code_leave_no_run(tmp_path: Path) -> None:
    torch.save({"args": Namespace(lr=0.1)}, tmp_path / "theirs.pth")
    result = cli("--no-ui", "--init-from", str(tmp_path / "theirs.pth"))
    assert result.exit_code == 2
    assert "theirs.pth holds argparse.Namespace, which only code can load" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_a_printed_recipe_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(cli("recipes", "quick", "-m", "lenet5").output)
    assert build_recipe(file=read_fields(tmp_path / "mine.toml")).arch == "lenet5"


def test_models_and_datasets_as_json() -> None:
    assert {a["key"] for a in json.loads(cli("models", "--json").output)} >= {"lenet5", "resnet18"}
    ready = {d["key"]: d["ready"] for d in json.loads(cli("datasets", "--json").output)}
    assert (ready["digits"], ready["cifar10"]) == (True, False)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no full device")
def test_a_full_disk_below_what_is_printed_is_said_in_a_sentence() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "datasets", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "cnn-tui: what the command prints cannot be written: No space left on device; "
        "let it print elsewhere.\n"
    )


def test_a_name_that_the_terminal_cannot_encode_is_escaped(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run()).path.rename(tmp_path / "runs/1-中")
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "status"],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "1-\\u4e2d" in done.stdout


def test_ctrl_c_ends_a_command_as_the_shell_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_search, "find", interrupted)
    result = cli("status", "1")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "cnn-tui: stopped\n")


def test_a_name_that_is_no_text_is_refused_before_a_process_starts() -> None:
    wanted = Predict(saved=b"best.pt", places=(), arch=os.fsdecode(b"b\xff.py:net"))
    with pytest.raises(UsageError, match=r"the name 'b\\udcff\.py:net' is not valid UTF-8"):
        EngineRequest(wanted, json.loads, "a process", os.environ)


def test_the_version() -> None:
    assert cli("--version").output.startswith("cnn-tui 0.")


@pytest.mark.parametrize("command", ["stop", "pause", "continue", "checkpoint"])
def test_a_command_says_which_run_it_means_without_one(command: str) -> None:
    words = " ".join(cli(command, "--help").output.split())
    assert "without it, the only live run is meant" in words


def test_attach_in_a_folder_without_runs_names_the_live_one_elsewhere(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run, lock = run_creation.create(there, "mine", "")
    assert "holds no run yet: start one" in cli("attach", "--runs-dir", str(here)).stderr
    run_creation.link_into_state(run)
    told = cli("attach", "--runs-dir", str(here))
    assert told.exit_code == 1
    assert "but 1-mine is live elsewhere: see it with `cnn-tui attach 1-mine`." in told.stderr
    assert "run 1" in cli("attach", "1-mine", "--once", "--runs-dir", str(here)).stdout
    os.close(lock)


def test_a_frame_of_the_newest_run_names_the_live_one(tmp_path: Path) -> None:
    live, _ = run_creation.create(tmp_path / "runs", "x", "")
    scripted.run_dir(tmp_path / "runs", scripted.half_a_run(), "2-y")
    told = "2-y, the newest run, is not live; 1-x is: see it with `cnn-tui attach 1`.\n"
    assert cli("attach", "--once").stderr == told
    assert not cli("attach", "--once", "2").stderr, "that one was asked for"
    os.close(run_creation.create(tmp_path / "runs", "z", "").lock)
    (live.path / "recipe.toml").unlink()
    assert not cli("attach", "--once").stderr, "no run is live"
