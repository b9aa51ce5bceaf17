"""Commands as JSON: older programs and files know them by these tags and keys."""

from __future__ import annotations

import json

from engine.protocol import commands


def test_inspect_is_written_with_the_tag_and_key_of_the_first_version() -> None:
    sent = commands.Inspect(id="q", attempt="a", kind="maps", layer="conv1", images=(3,))
    written = json.loads(commands.encode(sent))
    assert written == {
        "type": "Probe",
        "id": "q",
        "attempt": "a",
        "look": "maps",
        "layer": "conv1",
        "images": [3],
        "cell": None,
        "epoch": 0,
    }
    assert commands.decode(commands.encode(sent)) == sent
