"""Sentences for the user about run folders, locks and commands."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Sequence

from engine.errors import CRASH_SIGNALS
from engine.numbers import duration
from engine.text import examples, folder, harmless, typed


def no_run(selector: str, runs_dir: object) -> str:
    return (
        f"there is no run '{harmless(selector)}' in the folder {folder(runs_dir)}: "
        "`cnn-tui runs` lists them."
    )


def no_run_of_race(tag: str, runs_dir: object) -> str:
    return (
        f"no run in the folder {folder(runs_dir)} has the tag '{harmless(tag)}': `cnn-tui runs "
        "--columns number,name,race` shows the races."
    )


def no_number(number: str, runs_dir: object) -> str:
    return (
        f"there is no run '{harmless(number)}' in the folder {folder(runs_dir)}, and a number "
        "counts only there: `cnn-tui runs` lists them, and --runs-dir names another folder."
    )


def nothing_there(path: str) -> str:
    return f"there is no file and no folder {harmless(path)}: check the path."


def folder_of_no_run(path: str, example: str) -> str:
    """`example` is the path of a run in the folder; empty if it holds none."""
    if example:
        return (
            f"{folder(path)} is a folder of runs, and no run itself: name one of them, as in "
            f"{typed(folder(example))}."
        )
    return f"{folder(path)} is a folder without a run: name that of a run, with recipe.toml in it."


def folder_of_checkpoint(path: str, file: str) -> str:
    return f"{folder(path)} is a folder without a run: name {file} in it."


def runs_unreadable(path: object, why: str) -> str:
    return f"the runs folder {folder(path)} cannot be read: {harmless(why)}."


def no_locks(why: str) -> str:
    return f"this file system cannot lock files ({harmless(why)}): choose another with --runs-dir."


def locked_by_another(file: object) -> str:
    return f"another process holds the lock {folder(file)}: try again."


def no_runs(runs_dir: object) -> str:
    return f"the folder {folder(runs_dir)} holds no run yet: start one with `cnn-tui`."


def network_of_program(run: str, program: str) -> str:
    return (
        f"{harmless(run)} was trained by {harmless(program)}, and only that program can build its "
        "network: name a run that cnn-tui trained."
    )


def several_runs(selector: str, names: Iterable[str]) -> str:
    shown = ", ".join(harmless(name) for name in names)
    return (
        f"'{harmless(selector)}' matches several runs ({shown}): give the whole name of one of "
        "them."
    )


def several_of_a_name(selector: str, paths: Sequence[str]) -> str:
    return (
        f"'{harmless(selector)}' matches several runs ({examples(paths)}): give the path of one of "
        "them."
    )


def none_live() -> str:
    return "no run is live: name one, or see `cnn-tui runs`."


def several_live(names: Iterable[str]) -> str:
    shown = ", ".join(harmless(name) for name in names)
    return f"several runs are live ({shown}): name one of them."


def not_running(name: str) -> str:
    return f"{harmless(name)} is not running."


def silent(name: str, selector: str, host: str, seconds: float) -> str:
    return (
        f"{harmless(name)} has been silent for {duration(seconds)}, and only {harmless(host)} can "
        "tell whether it still runs: if it does not, resume it with "
        f"`cnn-tui resume {typed(selector)} --force`."
    )


def silent_program(name: str, program: str, host: str, seconds: float) -> str:
    return (
        f"{harmless(name)} has been silent for {duration(seconds)}, and only {harmless(host)} can "
        f"tell whether {harmless(program)} still runs: look there."
    )


KILLED, CRASHED = "killed by signal", "crashed in native code"


def ended_by_signal(number: int) -> str:
    name = {known.value: known.name for known in signal.Signals}.get(number, "")
    if number in CRASH_SIGNALS:
        return f"{CRASHED} (signal {number}, {name}), see engine.log"
    return f"{KILLED} {number}" + (f" ({name})" if name else "")


# Begins the line of engine.log about the user's command; it says nothing about the engine.
AT_END = "the command at the end"


def at_end(how: str) -> str:
    """`how` it went, as in `exited with 0 after 0.2 s`."""
    return f"{AT_END} {how}"


ON_END_BLANK = '--on-end needs a command, or "" for none.'


def on_end_unclear(command: str, why: str) -> str:
    return (
        f"the command '{harmless(command)}' for the end of a run is unclear ({harmless(why)}): put "
        "words with spaces in quotes, and close each quote."
    )


def notes_unclear(path: object, why: str) -> str:
    return (
        f"{harmless(str(path))} cannot be understood ({harmless(why)}): mend it or move it away, "
        "since a change would lose its words."
    )


def decisions_unreadable(path: object, why: str) -> str:
    return (
        f"the decisions on labels in {harmless(str(path))} cannot be read: {harmless(why)}; put "
        "the file there, or leave --labels out: --set labels= says where labels come from."
    )


def decisions_not_toml(path: object, why: str) -> str:
    return (
        f"the decisions on labels in {harmless(str(path))} cannot be read: {harmless(why)}; write "
        '[labels] once, and below it lines such as "cat/1.jpg" = "drop".'
    )


def decisions_elsewhere(path: object, key: str) -> str:
    return (
        f"'{harmless(key)}' in {harmless(str(path))} is no table of decisions on labels: write "
        "[labels] once, and all lines below it."
    )


def no_data_of_decisions(path: object) -> str:
    return (
        f"'data' in {harmless(str(path))} is no name of a data set: write data = \"FOLDER\", or "
        "leave it out."
    )


def decided_twice(path: object, image: str) -> str:
    return (
        f"'{harmless(image)}' stands twice in {harmless(str(path))}: leave one of its lines there."
    )


def class_alone(path: object, image: str, relabel: str) -> str:
    """`relabel` gives the image what is written as its class."""
    return (
        f"the line of '{harmless(image)}' in {harmless(str(path))} is no decision: for a class, "
        f'write {harmless(relabel)}, else "drop" or "keep".'
    )


def no_key_of_decision(path: object, image: str, key: str) -> str:
    return (
        f"the line of '{harmless(image)}' in {harmless(str(path))} has the key '{harmless(key)}': "
        'write { label = "CLASS" }, or "drop" or "keep".'
    )


def no_decision(path: object, image: str) -> str:
    return (
        f"the line of '{harmless(image)}' in {harmless(str(path))} is no decision: write "
        '"drop", "keep" or { label = "CLASS" } behind its name.'
    )


def on_end_missing(program: str) -> str:
    return (
        f"there is no program '{harmless(program)}' to run at the end of a run: give its path, or "
        "for pipes and variables, which need a shell, sh -c '...'."
    )


def on_end_no_program(file: str) -> str:
    return (
        f"{harmless(file)} may not be run at the end of a run: make it a program with `chmod +x "
        f"{typed(file)}`."
    )


NAMES = (
    "use at most 100 letters of ASCII, digits, dots, dashes and underscores, and begin with a "
    "letter or digit."
)


def bad_name(name: str) -> str:
    return f"'{harmless(name)}' cannot name a run: {NAMES}"


def stop_it_first(name: str, selector: str) -> str:
    return f"{harmless(name)} is running: stop it first with `cnn-tui stop {typed(selector)}`."


def name_taken(label: str) -> str:
    return f"there is {harmless(label)} already: choose another name."


def weights_in_use(run: str, user: str) -> str:
    return (
        f"{harmless(user)} is starting from the weights of {harmless(run)}: wait until it has "
        "saved its first checkpoint."
    )


def weights_needed(run: str, user: str) -> str:
    return (
        f"{harmless(user)} has yet to start from the weights of {harmless(run)}: delete "
        f"{harmless(user)} first, or let it save a checkpoint."
    )


def not_in_trash(selector: str, trash: object) -> str:
    return (
        f"there is no run '{harmless(selector)}' in {folder(trash)}: `cnn-tui runs --trash` lists "
        "what is there."
    )


def bad_tag(tag: str, most: int) -> str:
    return (
        f"'{harmless(tag)}' cannot be a tag: use one word of at most {most} letters, digits and "
        "characters of `.:/-_`, and begin with a letter or digit."
    )


def long_note(length: int, most: int) -> str:
    return f"a note has at most {most:,} characters, not {length:,}: write a shorter one."


COMMAND_NOT_OURS = "it is not a regular file of this user"

COMMAND_TOO_LARGE = "it is too large"

COMMAND_BAD_ID = "its id is not valid"


def nothing_saved(name: str) -> str:
    return (
        f"{harmless(name)} has saved no checkpoint yet: wait for its first epoch, resume it if it "
        "has ended, or name another run or a checkpoint file."
    )


def no_file_either(source: str, no_run: str) -> str:
    return f"there is no file {harmless(source)}, and {no_run}"


def bad_predictions(path: object) -> str:
    return (
        f"{harmless(str(path))} is not a whole file of predictions, so nothing can be said of "
        "single images: train the run again."
    )


def bad_sightings(path: object) -> str:
    return (
        f"{harmless(str(path))} is not whole, so nothing can be said of the labels of the training "
        "images: resume the run, whose next epoch writes it, or train it again."
    )


def bad_image_names(path: object) -> str:
    return (
        f"{harmless(str(path))} is not whole, so no image of this run can be named: remove it to "
        "see images by their index; a resume writes it again."
    )


def unreadable_file(path: object, why: str) -> str:
    return f"{harmless(str(path))} cannot be read: {harmless(why)}; check the file and the disk."


def target_exists(path: object) -> str:
    return f"{harmless(str(path))} exists already: add --force to replace it, or name another file."


def target_no_file(path: object) -> str:
    return f"{harmless(str(path))} is no regular file: name another one."


def target_no_folder(path: object, option: str) -> str:
    return f"{harmless(str(path))} is a file: {option} takes a folder."


def target_without_folder(path: object) -> str:
    return f"{harmless(str(path))} lies in a folder that does not exist: make it, or name another."


# In these, `refusal` is what `text.refused` says.


def target_not_filled(refusal: str) -> str:
    return f"the file was not written: {refusal}, or choose another folder."


def target_unwritable(path: object, refusal: str) -> str:
    return f"{harmless(str(path))} cannot be written: {refusal}, or name a file in another folder."


def journal_unreadable(path: object, why: str) -> str:
    return f"{harmless(str(path))} cannot be read: {harmless(why)}; check its owner and the disk."


def journal_damaged(label: str, selector: str) -> str:
    return (
        f"the journal of {harmless(label)} is damaged, and no line of it can be read: put a copy "
        f"of it back, or delete the run with `cnn-tui delete {typed(selector)}`."
    )


def run_gone(label: str) -> str:
    return f"{harmless(label)} has gone: it was moved or deleted, so name it where it is now."


JOURNAL_CHANGED = "the run was resumed while its journal was read: type the command again."


def file_of_no_run(path: object) -> str:
    return (
        f"{harmless(str(path))} is a file that lies in no run: name a run, or the checkpoint in "
        "its folder."
    )


def log_of_no_run(path: object) -> str:
    return (
        f"{harmless(str(path))} is no run: name a run; the log of another program is shown by "
        f"`cnn-tui attach {typed(str(path))}`."
    )


def journal_held(refusal: str) -> str:
    return (
        f"the journal cannot be written: {refusal} before the training ends, which goes on and "
        "keeps its events in memory."
    )


def command_ignored(file: str, why: str) -> str:
    return f"the command {harmless(file)} was ignored: {harmless(why)}."


def reply_failed(refusal: str) -> str:
    return f"the reply to an inspection was not written: {refusal}, then ask again."
