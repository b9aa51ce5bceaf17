"""Sentences for the user about several processes that train one run."""

from __future__ import annotations

# The error of a rank that waited for another one in vain.
RANK_LOST = (
    "another process of this run has ended (see engine.log): resume the run, which goes on from "
    "its last checkpoint."
)
