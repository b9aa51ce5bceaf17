"""Sentences for the user about files from which no weights are read, and how to convert them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from engine.checkpoints.checkpoint_text import SHARDS, TORCHSCRIPT
from engine.text import PYTHON, choices, examples, harmless

# Python that writes the weights of the file SOURCE to the file TARGET, without a single quote.
FROM_CODE = (
    'import torch; m = torch.load(SOURCE, "cpu", weights_only=False); '
    'w = lambda v: v.state_dict() if hasattr(v, "state_dict") else v; '
    "t = lambda v: torch.is_tensor(v) or isinstance(v, dict) and all(map(t, v.values())); "
    "torch.save({k: w(v) for k, v in w(m).items() if t(w(v))}, TARGET)"
)
FROM_SCRIPT = (
    'import torch; m = torch.jit.load(SOURCE, map_location="cpu"); '
    "torch.save(m.state_dict(), TARGET)"
)
FROM_SHARDS = (
    "import json, pathlib, torch; from safetensors.torch import load_file; "
    'f = pathlib.Path(SOURCE); n = set(json.loads(f.read_text())["weight_map"].values()); '
    "torch.save({k: v for s in n for k, v in load_file(f.parent / s).items()}, TARGET)"
)
CONVERSIONS: Mapping[str, str] = {TORCHSCRIPT: FROM_SCRIPT, SHARDS: FROM_SHARDS}


def _converted(code: str, path: object) -> str:
    """The command that writes the weights of a file beside it, and what to do then."""
    target = f"{path}-weights.pt"
    code = code.replace("SOURCE", json.dumps(str(path))).replace("TARGET", json.dumps(target))
    return f"`{harmless(f'{PYTHON} -c {shlex.quote(code)}')}`, and name {harmless(target)}"


def weights_with_code(path: object, names: Sequence[str]) -> str:
    return (
        f"{harmless(str(path))} holds {examples(names)}, which only code can load, and this "
        "program runs no code of a file: if you trust the file, write its weights alone, where "
        f"Python finds that code, with {_converted(FROM_CODE, path)}."
    )


def foreign_weights(path: object, kind: str) -> str:
    """For a file of a kind whose weights PyTorch does not load by themselves."""
    if kind in CONVERSIONS:
        remedy = f"write its weights to one file with {_converted(CONVERSIONS[kind], path)}"
    else:
        remedy = "name a file that PyTorch or safetensors has saved"
    return (
        f"{harmless(str(path))} is {harmless(kind)}, and weights are not read from that: {remedy}."
    )


def no_weights(path: object) -> str:
    return (
        f"{harmless(str(path))} is neither a whole file of PyTorch nor one of safetensors: name a "
        "file with weights, or a run."
    )


def no_weights_in(path: object, keys: Sequence[str], known: Sequence[str]) -> str:
    """`keys` are those of the file, `known` those under which weights are looked for."""
    there = f"it holds {examples(keys)}" if keys else "it holds none"
    return (
        f"no weights by name were found in {harmless(str(path))}, neither alone nor under "
        f"{choices(known)}: {there}; save a state_dict with torch.save."
    )
