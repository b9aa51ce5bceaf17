"""Commands as JSON: older programs and files know them by these tags and keys."""

from __future__ import annotations

import json
from typing import get_args

from engine.protocol import commands, events
from engine.protocol.events import Example, Neighbours, Picture


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
        "split": "validation",
    }
    assert commands.decode(commands.encode(sent)) == sent


def test_inspect_of_an_older_viewer_means_validation_images() -> None:
    written = b'{"type":"Probe","id":"q","attempt":"a","look":"images","images":[3]}'
    assert commands.decode(written) == commands.Inspect(
        id="q", attempt="a", kind="images", images=(3,), split="validation"
    )


def test_inspect_asks_for_the_neighbours_of_an_image_of_either_split() -> None:
    for split in get_args(commands.ImageSplit):
        asked = commands.InspectionRequest("neighbours", images=(17,), cell=(3, 5), split=split)
        sent = commands.Inspect(id="q", attempt="a", **asked._asdict())
        assert json.loads(commands.encode(sent))["split"] == split
        assert commands.decode(commands.encode(sent)) == sent


def test_neighbours_are_read_as_they_were_written() -> None:
    picture = Picture(1, 1, 1, "AA==")
    image, near = (Example(at, picture, at, ((3, 0.9),), f"train/{at}") for at in (17, 4))
    written = Neighbours(image, (near,), (), step=70)
    assert json.loads(events.encode(written))["type"] == "Neighbours"
    assert events.decode(events.encode(written)) == written
