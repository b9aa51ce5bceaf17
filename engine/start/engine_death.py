"""Why an engine died without a word, as far as this machine can tell, and how to go on."""

from __future__ import annotations

import shlex
from pathlib import Path

from engine.machine import oom_kills
from engine.recipes import watched_recipe
from engine.run import engine_log, journal_damage, lock_owner
from engine.run.lock_owner import Owner, boot_id
from engine.run.run_paths import RunDir
from engine.start import start_text


def had_engine(run: RunDir, *, wrote: bool) -> bool:
    """Whether the run had an engine: it `wrote` an event, or its lock still names an owner.

    A journal of which nothing can be read is a trace of one, too. The lock of a run whose maker was
    killed names an owner, but no process; and there is neither journal nor log.
    """
    owner = lock_owner.read_owner(run)
    left_traces = run.log.exists() or run.journal.exists()
    is_owned = owner is not None and (owner.pid > 0 or left_traces)
    return wrote or is_owned or bool(journal_damage.sentence(run))


def sentence(run: RunDir) -> str:
    """The sentence about the last engine of the run, which is gone without a `RunEnded`.

    That of a watched run is its recorder: the program itself may live. If nothing can be read of
    the journal, it tells that.
    """
    if damage := journal_damage.sentence(run):
        return damage
    owner = lock_owner.read_owner(run)
    words = engine_log.last_words(run, owner.log_bytes if owner is not None else 0)
    out_of_memory = owner is not None and _memory_was_short(owner)
    program = watched_recipe.watched_program(run.recipe)
    if program is not None:
        return start_text.recorder_died(words, program, out_of_memory=out_of_memory)
    return start_text.engine_died(
        words,
        shlex.join(["cnn-tui", "resume", run.selector]),
        out_of_memory=out_of_memory,
        saved=(run.checkpoints / "last.pt").exists(),
    )


def _memory_was_short(owner: Owner) -> bool:
    """Whether the kernel has ended processes of the owner's group for lack of memory since."""
    if not owner.oom_file or owner.boot != boot_id():
        return False
    return (oom_kills.count(Path(owner.oom_file)) or 0) > owner.oom_kills
