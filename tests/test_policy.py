"""The operations of policies against torchvision's: each at each strength, and how often it comes.

All are bit for bit those of torchvision's v2 functions for uint8 on a CPU. Where the source of a
pixel lies midway between two, torchvision takes the one that the last bit of a matrix product
says, which is another one on another CPU: there either may be taken.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode, v2

from engine.data.augmentation import policy as policies
from engine.data.augmentation.policy import Policy, changed
from engine.data.augmentation.policy_space import (
    BINS,
    CHOICES,
    WARPS,
    Operation,
    PolicyName,
    PolicySpace,
    policy_space,
    signed_strengths,
    source_matrix,
)

CPU = torch.device("cpu")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int, *shape: int) -> Tensor:
    """Noise with a patch of one level, whose grey and blends depend on the last bit."""
    found = torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=seeded())
    found[:, :, 3:9, 4:11] = 77
    return found


def theirs(name: PolicyName, num_ops: int = 1, magnitude: int = 9) -> Any:
    if name == "trivialaugment":
        return v2.TrivialAugmentWide()
    return v2.RandAugment(num_ops, magnitude)


def meaning(name: PolicyName, number: int, height: int, width: int) -> tuple[str, float]:
    """The name and the magnitude that torchvision has for a choice."""
    operation, strength = divmod(number, 2 * BINS)
    bin_number, is_negative = divmod(strength, 2)
    kind, (magnitudes, is_signed) = list(theirs(name)._AUGMENTATION_SPACE.items())[operation]
    found = magnitudes(BINS, height, width)
    if found is None:
        return kind, 0.0
    sign = -1 if is_negative and is_signed else 1
    return kind, sign * float(found[bin_number])


def torchvisions(name: PolicyName, image: Tensor, number: int) -> Tensor:
    """What torchvision makes of an image (C, H, W) with a choice."""
    policy = theirs(name)
    found: Tensor = policy._apply_image_or_video_transform(
        image,
        *meaning(name, number, *image.shape[1:]),
        interpolation=InterpolationMode.NEAREST,
        fill=policy._fill,
    )
    return found


@pytest.fixture(params=["trivialaugment", "randaugment"])
def name(request: pytest.FixtureRequest) -> PolicyName:
    found: PolicyName = request.param
    return found


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 21, 34), (3, 97, 97)])
def test_each_operation_at_each_strength_gives_torchvisions_bits(
    name: PolicyName, shape: tuple[int, int, int]
) -> None:
    before, choices = images(CHOICES, *shape), torch.arange(CHOICES)
    found = changed(before, choices, policy_space(name, *shape[1:], CPU))
    for number, image in enumerate(found):
        expected = torchvisions(name, before[number], number)
        between = is_between_pixels(name, number, *shape[1:])
        expected = image.where(between, expected)
        assert torch.equal(image, expected), meaning(name, number, *shape[1:])


def is_between_pixels(name: PolicyName, number: int, height: int, width: int) -> Tensor:
    """Where (H, W) a warp has the source of a pixel midway between two, within a thousandth."""
    operation, strength = Operation(number // (2 * BINS)), number % (2 * BINS)
    if operation not in WARPS:
        return torch.zeros(height, width, dtype=torch.bool)
    amount = signed_strengths(name, operation, height, width)[strength]
    matrix = torch.tensor(source_matrix(operation, amount, height, width), dtype=torch.float64)
    ys, xs = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2 for side in (height, width))
    grid = torch.stack(torch.meshgrid(ys, xs, indexing="ij"))[[1, 0]]
    sources = torch.einsum("ij,jhw->ihw", matrix.view(2, 3)[:, :2], grid)
    sources += matrix.view(2, 3)[:, 2, None, None]
    corner = torch.tensor([[[(width - 1) / 2]], [[(height - 1) / 2]]])
    return (((sources + corner) % 1 - 0.5).abs() < 1e-3).any(0)


def test_few_pixels_are_between_two() -> None:
    """Shifts are by whole pixels, and a rotation meets few."""
    assert not is_between_pixels(
        "trivialaugment", Operation.TRANSLATE_X * 2 * BINS + 40, 32, 32
    ).any()
    rotated = is_between_pixels("trivialaugment", Operation.ROTATE * 2 * BINS + 14, 32, 32)
    assert rotated.float().mean() < 0.02


def test_operations_come_in_torchvisions_order(name: PolicyName) -> None:
    names = [operation.name.replace("_", "").lower() for operation in Operation]
    assert names == [each.lower() for each in theirs(name)._AUGMENTATION_SPACE]


def test_images_of_one_level_stay_whole(name: PolicyName) -> None:
    """Their contrast cannot be stretched, nor their histogram."""
    flat = torch.full((CHOICES, 3, 12, 12), 200, dtype=torch.uint8)
    found = changed(flat, torch.arange(CHOICES), policy_space(name, 12, 12, CPU))
    for number, image in enumerate(found):
        assert torch.equal(image, torchvisions(name, flat[number], number))


def test_each_image_gets_its_own_operations_one_after_the_other() -> None:
    policy, before = Policy("randaugment", num_ops=3, magnitude=17), images(40, 3, 24, 24)
    space = policy_space("randaugment", 24, 24, CPU)
    found = policy(before, seeded(4))
    for at, choices in enumerate(policy.draw(40, CPU, seeded(4)).T.tolist()):
        expected = before[at : at + 1]
        for number in choices:
            expected = changed(expected, torch.tensor([number]), space)
        assert torch.equal(found[at], expected[0])


def test_interpolated_pixels_are_rounded_first() -> None:
    before = images(20, 3, 16, 16)
    rounded = Policy("trivialaugment")(before, seeded())
    assert torch.equal(Policy("trivialaugment")(before + 0.4, seeded()), rounded)
    assert torch.equal(Policy("trivialaugment")(before - 0.4, seeded()), rounded)


# What a GPU does


def test_masked_operations_give_the_same_bits_as_chosen_rows(
    name: PolicyName, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, space = images(CHOICES, 3, 20, 20), policy_space(name, 20, 20, CPU)
    chosen = changed(before, torch.arange(CHOICES), space)
    monkeypatch.setattr(policies, "change_rows", policies.change_masked)
    assert torch.equal(changed(before, torch.arange(CHOICES), space), chosen)


def test_off_the_cpu_nothing_reads_a_value_and_all_shapes_are_known() -> None:
    """A tensor on the device `meta` has no values, so whoever reads one raises."""
    meta = torch.device("meta")
    on_cpu = policy_space("randaugment", 20, 20, CPU)
    space = PolicySpace(on_cpu.strengths.to(meta), on_cpu.matrices.to(meta))
    pixels = torch.empty(6, 3, 20, 20, dtype=torch.uint8, device=meta)
    found = changed(pixels, torch.empty(6, dtype=torch.int64, device=meta), space)
    assert (found.shape, found.dtype) == (pixels.shape, torch.uint8)


def test_what_a_recorded_step_reads_is_made_once() -> None:
    assert policy_space("randaugment", 20, 20, CPU) is policy_space("randaugment", 20, 20, CPU)


# Draws


def recorded(
    policy: Any, draws: int, monkeypatch: pytest.MonkeyPatch
) -> Counter[tuple[str, float]]:
    """What torchvision's policy applies to images of 32×32, and how often."""
    counts: Counter[tuple[str, float]] = Counter()

    def record(image: Tensor, kind: str, magnitude: float, **_: Any) -> Tensor:
        counts[kind, magnitude] += 1
        return image

    monkeypatch.setattr(policy, "_apply_image_or_video_transform", record)
    image = torch.zeros(3, 32, 32, dtype=torch.uint8)
    torch.manual_seed(1)
    for _ in range(draws):
        policy(image)
    return counts


@pytest.mark.parametrize(
    ("policy", "draws"),
    [
        # Enough for each operation at each strength to come.
        (Policy("trivialaugment"), 12_000),
        (Policy("randaugment", 2, 9), 1_000),
        (Policy("randaugment", 1, 30), 2_000),
    ],
)
def test_operations_and_strengths_come_as_often_as_torchvisions(
    policy: Policy, draws: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Counter(
        meaning(policy.name, number, 32, 32)
        for number in policy.draw(draws, CPU, seeded(2)).flatten().tolist()
    )
    reference = theirs(policy.name, policy.num_ops, policy.magnitude or 0)
    expected = recorded(reference, draws, monkeypatch)
    assert found.keys() == expected.keys()
    for each, count in found.items():
        # Five standard deviations of the difference.
        assert abs(count - expected[each]) < 5 * (count + expected[each]) ** 0.5, each


def test_operations_strengths_and_signs_are_drawn_apart() -> None:
    choices = Policy("trivialaugment").draw(20_000, CPU, seeded())[0]
    operation, strength = choices // (2 * BINS), choices % (2 * BINS)
    drawn = torch.stack((operation, strength // 2, strength % 2)).double()
    apart = torch.corrcoef(drawn) - torch.eye(3)
    assert apart.abs().max() < 0.03


def test_only_warps_move_pixels(name: PolicyName) -> None:
    still = torch.tensor([[1.0, 0, 0], [0, 1, 0]]) / 8
    matrices = policy_space(name, 16, 16, CPU).matrices.view(len(Operation), 2 * BINS, 2, 3)
    for operation in Operation:
        stays = torch.equal(matrices[operation], still.expand(2 * BINS, 2, 3))
        assert stays == (operation not in WARPS)
