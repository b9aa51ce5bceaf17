"""How the fields of a recipe are written in conditions, as their types say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import inspect

from engine.recipes.recipe import Recipe
from engine.run.conditions import Kind, Number, Word


def _kind(declared: inspect.Type) -> Kind:
    parts = declared.types if isinstance(declared, inspect.UnionType) else (declared,)
    words = tuple(word for part in parts for word in _words(part))
    if any(isinstance(part, inspect.IntType | inspect.FloatType) for part in parts):
        return Number(may_be_share=True, words=words)
    only_words = all(isinstance(part, inspect.LiteralType | inspect.BoolType) for part in parts)
    return Word(words) if only_words else Word()


def _words(part: inspect.Type) -> Iterator[str]:
    if isinstance(part, inspect.LiteralType):
        yield from map(str, part.values)
    elif isinstance(part, inspect.BoolType):
        yield from ("true", "false")


def _kinds() -> Mapping[str, Kind]:
    declared = inspect.type_info(Recipe)
    assert isinstance(declared, inspect.StructType)
    return {field.name: _kind(field.type) for field in declared.fields}


KINDS: Mapping[str, Kind] = _kinds()
