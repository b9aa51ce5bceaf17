"""What a person reads about several processes that train one run."""

from __future__ import annotations

# For a rank that waited in vain for another one.
RANK_LOST = (
    "another process of this run has ended (see engine.log): go on from the last checkpoint with "
    "`cnn-tui resume`."
)
