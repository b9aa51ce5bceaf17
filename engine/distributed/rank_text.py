"""What a person reads about several processes that train one run."""

from __future__ import annotations

# What is left of a rank that another one waited for in vain.
RANK_LOST = (
    "another process of this run has ended (see engine.log): go on from the last checkpoint with "
    "`cnn-tui resume`."
)
