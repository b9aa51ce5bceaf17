"""The messages of TensorBoard's event files, as far as they are needed here.

The fields have the numbers of TensorFlow's `event.proto`, `summary.proto`, `tensor.proto` and of
the hparams plugin's `plugin_data.proto`. What is not described here, such as images, histograms and
graphs, is skipped by its length. Text is read as bytes, so that an odd name makes no record
unreadable.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias, cast

# A decoded message, and a field of it: protobuf makes both at run time.
Message: TypeAlias = Any


class MessageClass(Protocol):
    """What is used of a class that protobuf makes."""

    def __call__(self, **fields: object) -> Message: ...

    def FromString(self, data: bytes) -> Message:  # noqa: N802 protobuf's own name
        """Raises `google.protobuf.message.DecodeError`."""


# Kinds of protobuf's fields by name; the name of a message stands for itself, and "*" repeats.
_KINDS = {"double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "bool": 8, "bytes": 12}
_KINDS["uint32"] = 13
_MESSAGE, _OPTIONAL, _REPEATED = 11, 1, 3

_Fields: TypeAlias = Mapping[str, tuple[int, str]]
_MESSAGES: Mapping[str, _Fields] = {
    "Event": {
        "wall_time": (1, "double"),
        "step": (2, "int64"),
        "file_version": (3, "bytes"),
        "summary": (5, "Summary"),
        "session_log": (7, "SessionLog"),
    },
    "SessionLog": {"status": (1, "int32")},
    "Summary": {"value": (1, "*Value")},
    "Value": {
        "tag": (1, "bytes"),
        "simple_value": (2, "float"),
        "tensor": (8, "Tensor"),
        "metadata": (9, "Metadata"),
    },
    "Metadata": {"plugin_data": (1, "PluginData")},
    "PluginData": {"plugin_name": (1, "bytes"), "content": (2, "bytes")},
    "Tensor": {
        "dtype": (1, "int32"),
        "shape": (2, "Shape"),
        "tensor_content": (4, "bytes"),
        "float_val": (5, "*float"),
        "double_val": (6, "*double"),
        "int_val": (7, "*int32"),
        "string_val": (8, "*bytes"),
        "int64_val": (10, "*int64"),
        "bool_val": (11, "*bool"),
        "half_val": (13, "*int32"),
        "uint32_val": (16, "*uint32"),
        "uint64_val": (17, "*uint64"),
    },
    "Shape": {"dim": (2, "*Dim")},
    "Dim": {"size": (1, "int64")},
    "HParamsData": {"session_start": (3, "SessionStart")},
    "SessionStart": {"hparams": (1, "*Setting")},
    "Setting": {"key": (1, "bytes"), "value": (2, "SettingValue")},
    "SettingValue": {
        "null": (1, "int32"),
        "number": (2, "double"),
        "text": (3, "bytes"),
        "truth": (4, "bool"),
    },
}
# Of these fields a message has one, and it can be told which.
_ONE_OF: Mapping[str, tuple[str, ...]] = {
    "Value": ("simple_value", "tensor"),
    "SettingValue": ("null", "number", "text", "truth"),
}


@functools.cache
def event_class() -> MessageClass:
    """The class of a record's content."""
    return _classes()["Event"]


@functools.cache
def hparams_class() -> MessageClass:
    """The class of what the hparams plugin keeps in a value's metadata."""
    return _classes()["HParamsData"]


@functools.cache
def unreadable() -> type[Exception]:
    """What `FromString` raises for bytes that are no such message."""
    from google.protobuf.message import DecodeError

    return cast(type[Exception], DecodeError)


@functools.cache
def _classes() -> Mapping[str, MessageClass]:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="events", package="log", syntax="proto3")
    for name, fields in _MESSAGES.items():
        _describe(file.message_type.add(name=name), fields, _ONE_OF.get(name, ()))
    pool = descriptor_pool.DescriptorPool()  # one of its own: the names are tensorboard's, too
    pool.Add(file)
    found = ((name, pool.FindMessageTypeByName(f"log.{name}")) for name in _MESSAGES)
    return {name: message_factory.GetMessageClass(each) for name, each in found}


def _describe(message: Message, fields: _Fields, one_of: Iterable[str]) -> None:
    if one_of:
        message.oneof_decl.add(name="one_of")
    for name, (number, kind) in fields.items():
        bare = kind.removeprefix("*")
        field = message.field.add(name=name, number=number, type=_KINDS.get(bare, _MESSAGE))
        field.label = _REPEATED if kind.startswith("*") else _OPTIONAL
        if bare not in _KINDS:
            field.type_name = f".log.{bare}"
        if name in one_of:
            field.oneof_index = 0
