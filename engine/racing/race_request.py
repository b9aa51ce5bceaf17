"""What a command line asks a race to try: values that all recipes share, and lists of values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.errors import UsageError
from engine.racing import racing_text
from engine.racing.race import Sampler
from engine.recipes.recipe_toml import OF_NUMBERS, parse_setting
from engine.start import recipe_resolution

# The field whose value may be an array of arrays. It tells what the data is, so it is no choice.
OF_PAIRS = "class_names"


class RaceRequest(NamedTuple):
    """The options of a race. `recipe` is as `--recipe` takes it, `budget` is in seconds."""

    recipe: str | None = None
    sets: Sequence[str] = ()
    flags: Mapping[str, object] = {}
    archs: Sequence[str] = ()
    seeds: int = 1
    halving: bool = False
    budget: float = 0.0
    sampler: Sampler = "grid"
    trials: int = 0
    name: str = ""

    def fields(self) -> tuple[dict[str, object], dict[str, list[object]]]:
        """The fields that all recipes share, and the values to try of each other field.

        Raises UsageError for a choice without values, or with one twice.
        """
        archs: dict[str, object] = {"arch": list(self.archs)} if self.archs else {}
        given = {**archs, **dict(map(_setting, self.sets)), **archs}
        found = {key: _choice(key, value) for key, value in given.items()}
        choices = {key: values for key, values in found.items() if values is not None}
        if twice := choices.keys() & self.flags.keys():
            raise UsageError(racing_text.given_twice(min(twice)))
        single = {key: values[0] for key, values in choices.items() if len(values) == 1}
        plain = {key: value for key, value in given.items() if key not in choices}
        shared = {**self._file(given), **plain, **single, **self.flags}
        return shared, {key: values for key, values in choices.items() if key not in single}

    def _file(self, given: Mapping[str, object]) -> dict[str, object]:
        """The fields of the recipe file; what `given` says, its run has not resolved."""
        fields = recipe_resolution.file_fields(self.recipe)
        if isinstance(resolved := fields.get("resolved"), dict):
            others = {key: resolved[key] for key in resolved.keys() - {*given, *self.flags}}
            fields["resolved"] = others
        return fields


def _setting(setting: str) -> tuple[str, object]:
    """A setting of a race. Raises UsageError for what looks like a list and is no TOML array."""
    key, value = parse_setting(setting)
    if (
        isinstance(value, str)
        and key not in (*OF_NUMBERS, OF_PAIRS)
        and ("," in value or value[:1] == "[")
    ):
        raise UsageError(racing_text.no_array(key, str(value)))
    return key, value


def _choice(key: str, value: object) -> list[object] | None:
    """The values to try; None for a value that all recipes share, even if it is an array itself.

    Raises UsageError for an empty choice, and for a value that is there twice.
    """
    if not isinstance(value, list) or key == OF_PAIRS:
        return None
    if key in OF_NUMBERS and not any(isinstance(item, list) for item in value):
        return None
    if not value:
        raise UsageError(racing_text.empty_choice(key))
    if twice := [item for index, item in enumerate(value) if item in value[:index]]:
        raise UsageError(racing_text.twice_in_choice(key, twice[0]))
    return value


def combinations(choices: Mapping[str, Sequence[object]]) -> Iterator[dict[str, object]]:
    """All combinations of the values, the last field changing fastest."""
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values, strict=True))
