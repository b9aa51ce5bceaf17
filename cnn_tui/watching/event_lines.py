"""Events as lines of JSON for the recorder."""

from __future__ import annotations

import json
import math
from typing import Any


def line(event: dict[str, Any]) -> bytes:
    """The event as one line. A number that is not finite becomes null, since JSON has no NaN.

    A value that is none of JSON's becomes text, so that it costs its event and not the recording.
    """
    try:
        text = _dumped(event)
    except ValueError:
        text = _dumped(_finite(event))
    # A lone surrogate, as in the name of a file, has no UTF-8.
    return text.encode("utf-8", "replace") + b"\n"


def _dumped(event: Any) -> str:
    return json.dumps(
        event, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=str
    )


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
