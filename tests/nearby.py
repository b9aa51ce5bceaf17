"""Requests that this process answers, since a process of its own imports torch first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

import msgspec

from engine.process import request_server
from engine.protocol import requests
from engine.protocol.requests import Request

A = TypeVar("A")


class Nearby(Generic[A]):
    """Stands for an `EngineRequest`: what crosses between the processes is encoded as there."""

    def __init__(
        self,
        request: Request,
        decode: Callable[[bytes], A],
        process: str,
        environment: Mapping[str, str],
    ) -> None:
        self._request, self._decode = requests.encode(request), decode

    def answers(self) -> Iterator[A]:
        for answer in request_server.answers(requests.decode(self._request)):
            yield self._decode(msgspec.json.encode(answer))

    def cancel(self) -> None:
        """Nothing to end."""
