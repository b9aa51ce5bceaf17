"""The example in docs/examples, added as CONTRIBUTING says: by its file and its line."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import registry
from engine.models.definition import Definition, architecture
from engine.models.facts import architecture_facts
from engine.models.layer_options import LayerOptions

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "wrn_16_4.py"
LINE = "wrn_16_4"


@pytest.fixture
def added() -> Iterator[Definition]:
    """The example, found by its line as if its file were in engine/models/families."""
    name = f"engine.models.families.{LINE}"
    spec = importlib.util.spec_from_file_location(name, EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield registry.find_definitions([*registry.FAMILIES, LINE])["wrn-16-4"]
    del sys.modules[name]


def test_its_facts_are_counted(added: Definition) -> None:
    facts = architecture_facts(added)
    # The paper's 16 counts the projections of three shortcuts, and not the linear layer.
    assert (facts.title, facts.depth, facts.parameters) == ("WRN-16-4", 14, 2_748_890)
    assert facts.adjusts == ("act", "dropout")
    assert facts.top1 is None
    drawn = [(stage.name, stage.layers, stage.output) for stage in facts.small.stages]
    assert drawn == [
        ("stem", "3×3", (16, 32, 32)),
        ("stage 1", "2 × [3×3, 3×3]", (64, 32, 32)),
        ("stage 2", "2 × [3×3, 3×3]", (128, 16, 16)),
        ("stage 3", "2 × [3×3, 3×3]", (256, 8, 8)),
        ("pool", "average", (256, 1, 1)),
        ("linear", "from 256", (10,)),
    ]


def test_it_learns(added: Definition) -> None:
    torch.manual_seed(0)
    model = registry.build_defined(added, DataShape(1, 8, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    images, labels = torch.randn(9, 1, 8, 8), torch.arange(9) % 3
    losses = []
    for _ in range(5):
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * 0.9


def test_an_architecture_may_need_larger_images() -> None:
    @architecture("net", "Net", family="nets", year=2020, new="nothing", smallest=9)
    def net(shape: DataShape, options: LayerOptions) -> torch.nn.Module:
        return torch.nn.Flatten()

    assert registry.build_defined(net, DataShape(3, 9, 2))
    with pytest.raises(UsageError, match="net needs images of 9 pixels or more, not 8"):
        registry.build_defined(net, DataShape(3, 8, 2))
