"""The normalisation of images: their own, ImageNet's, or that of the first weights."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace

from engine.checkpoints import checkpoint
from engine.checkpoints.starting_weights import StartingWeights, load
from engine.data.loading import load as load_data
from engine.data.loading import load_at_once
from engine.errors import UsageError
from engine.models import published_weights, registry
from engine.process import first_weights
from engine.protocol import events
from engine.recipes import image_normalisation
from engine.recipes.image_normalisation import IMAGENET, Normalisation
from engine.recipes.recipe import Resolved
from engine.recipes.recipe_building import build_recipe, fields_for_device, read_recipe
from engine.recipes.recipe_toml import read_fields, to_toml
from engine.start import resume
from engine.start.resume import ResumeRequest
from tests import run_states
from tests.forked_engines import ForkServer, new_run
from tests.processes import events_of

NUMBERS = "0.5,0.5,0.5/0.25,0.25,0.25"
AS_NUMBERS = Normalisation((0.5,) * 3, (0.25,) * 3)


# What a recipe says


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("auto", None),
        ("data", None),
        ("imagenet", IMAGENET),
        (NUMBERS, AS_NUMBERS),
        ("0.5/1", Normalisation((0.5,), (1.0,))),
        ("5e-05/.25", Normalisation((5e-05,), (0.25,))),
    ],
)
def test_values_of_the_field(value: str, expected: Normalisation | None) -> None:
    assert build_recipe(settings={"normalise": value}).normalise == value
    assert image_normalisation.named(value) == expected


@pytest.mark.parametrize("value", ["cifar", "0.5", "0.5,0.5/0.5,0.5", "0.5/0", "123/58", "-1/1"])
def test_other_values_are_refused(value: str) -> None:
    with pytest.raises(UsageError, match=r"is not possible: .*0\.5,0\.5,0\.5/0\.2,0\.2,0\.2"):
        build_recipe(settings={"normalise": value})


def test_every_normalisation_has_a_value_that_stands_for_exactly_it() -> None:
    generator = torch.Generator().manual_seed(0)
    for scale in (1.0, 1e-3, 1e-6):
        mean, std = (torch.rand(2, 3, generator=generator, dtype=torch.float64) * scale).tolist()
        one = Normalisation(tuple(mean), tuple(std))
        chosen = build_recipe(settings={"normalise": image_normalisation.name_of(one)})
        assert image_normalisation.named(chosen.normalise) == one
    assert image_normalisation.name_of(IMAGENET) == "imagenet"


def test_grey_images_take_the_mean_of_the_colours() -> None:
    mean, std = IMAGENET.for_channels(1)
    assert mean == pytest.approx([(0.485 + 0.456 + 0.406) / 3])
    assert std == pytest.approx([(0.229 + 0.224 + 0.225) / 3])
    assert Normalisation((0.5,), (0.2,)).for_channels(3) == ((0.5,) * 3, (0.2,) * 3)


def test_the_data_of_a_recipe_has_its_normalisation() -> None:
    own = load_at_once(load_data(build_recipe(flags={"data": "digits"})))
    named = load_at_once(load_data(build_recipe(flags={"data": "digits", "normalise": NUMBERS})))
    assert (named.mean, named.std) == ((0.5,), (0.25,))
    assert own.mean != named.mean


# What weights say


def chosen(weights: StartingWeights | None = None, **settings: object) -> tuple[str, str]:
    return first_weights.choose_normalisation(build_recipe(settings=settings), weights)


FOREIGN = StartingWeights({})


@pytest.mark.parametrize(
    ("arch", "value"),
    [
        ("resnet18", "imagenet"),
        ("torchvision/regnet_y_400mf", "imagenet"),
        ("torchvision/efficientnet_v2_l", "0.5,0.5,0.5/0.5,0.5,0.5"),
        ("torchvision/inception_v3", "0.5,0.5,0.5/0.5,0.5,0.5"),
    ],
)
def test_torchvisions_weights_bring_theirs(arch: str, value: str) -> None:
    found, said = chosen(arch=arch, pretrained=True)
    assert found == value
    words = "ImageNet's mean and deviation" if value == "imagenet" else value
    assert f"normalised with {words}, as for torchvision's weights for ImageNet: --set" in said
    assert chosen(arch=arch, pretrained=True, normalise="data") == ("data", "")


def test_googlenets_weights_are_for_pixels_around_zero() -> None:
    """torchvision converts ImageNet's normalisation inside the model, if it loads the weights."""
    from torchvision.models import googlenet

    theirs = googlenet(aux_logits=False, init_weights=False, transform_input=True).eval()
    pixels, seen = torch.rand(1, 3, 32, 32), []
    theirs.conv1.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))

    def normalised(how: Normalisation) -> torch.Tensor:
        mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in how)
        return (pixels - mean) / std

    with torch.no_grad():
        theirs(normalised(IMAGENET))
    found = normalised(published_weights.normalisation_of("torchvision/googlenet"))
    torch.testing.assert_close(found, seen[0])
    assert not torch.allclose(normalised(IMAGENET), seen[0], atol=0.1)


def test_so_does_the_name_that_torchvision_gives_to_a_file() -> None:
    found, said = chosen(FOREIGN, init_from="/w/resnet18-f37072fd.pth")
    assert found == "imagenet"
    assert (
        "normalised with ImageNet's mean and deviation, as for /w/resnet18-f37072fd.pth: --set"
        in said
    )
    assert chosen(FOREIGN, init_from="/w/resnet18-00000000.pth")[0] == "data"


def test_a_file_that_does_not_tell_leaves_the_images_their_own_and_that_is_told() -> None:
    found, said = chosen(FOREIGN, init_from="w.pt")
    assert (found, "w.pt does not tell how its images were normalised" in said) == ("data", True)
    assert "--set normalise=imagenet takes" in said
    assert chosen(FOREIGN, init_from="w.pt", normalise="data") == ("data", "")
    assert chosen() == ("data", "")


def test_weights_of_a_run_keep_the_normalisation_that_they_started_with(tmp_path: Path) -> None:
    state = run_states.state()
    assert state.description is not None
    path = tmp_path / "best.pt"
    for named, expected in (("data", None), (NUMBERS, AS_NUMBERS)):
        described = replace(state.description, resolved={"normalise": named})
        run_states.save(path, replace(state, description=described))
        assert load(path).normalisation == expected
    run_states.save(path, state)
    assert load(path).normalisation is None
    assert chosen(load(path), init_from=str(path)) == ("data", "")


# In a run


def test_a_run_that_started_before_the_field_was_there_keeps_its_images_own() -> None:
    resolved = Resolved(
        device="cpu", precision="float32", memory_format="contiguous", threads=1, size=224
    )
    written = to_toml(build_recipe(flags={"arch": "resnet18", "pretrained": True}), resolved)
    lines = [line for line in written.splitlines() if not line.startswith("normalise")]
    older = tomllib.loads("\n".join(lines))
    assert build_recipe(file=older).normalise == "data"
    assert build_recipe(file=fields_for_device(older, "cuda")).normalise == "data"
    newer = tomllib.loads(to_toml(build_recipe(), replace(resolved, normalise=NUMBERS)))
    assert build_recipe(file=newer).normalise == NUMBERS
    assert build_recipe(file=fields_for_device(newer, "cuda")).normalise == NUMBERS


def test_a_run_keeps_the_normalisation_of_its_first_weights_without_their_file(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    theirs = registry.build("lenet5", 3, 32, 10).state_dict()
    numbers = {"mean": [0.1, 0.2, 0.4], "std": [0.3, 0.2, 0.4]}
    torch.save({"model": theirs, "args": numbers}, tmp_path / "theirs.pth")
    settings = {"init_from": str(tmp_path / "theirs.pth"), "epochs": 1, "threads": 1}
    run = new_run(tmp_path / "runs", {"arch": "lenet5", "data": "digits", **settings})
    assert fork_server.start(run).wait() == 0
    told = [e.text for e in events_of(run) if isinstance(e, events.Alert) and e.code == "normalise"]
    assert ["normalised with 0.1,0.2,0.4/0.3,0.2,0.4" in said for said in told] == [True]
    first = checkpoint.load(run.checkpoints / "last.pt").description
    assert first is not None
    assert first.input.mean == pytest.approx([0.7 / 3])
    (tmp_path / "theirs.pth").unlink()
    assert read_fields(run.recipe)["resolved"]["normalise"] == "0.1,0.2,0.4/0.3,0.2,0.4"  # type: ignore[index]
    again = load_at_once(load_data(read_recipe(run.recipe)))
    assert (again.mean, again.std) == (first.input.mean, first.input.std)
    claim, _ = resume.resume(run, ResumeRequest(epochs=2))
    os.close(claim.lock)
    assert fork_server.start(run).wait() == 0
    second = checkpoint.load(run.checkpoints / "last.pt")
    assert second.training.ended_epochs == 2
    assert second.description is not None
    assert second.description.input == first.input
