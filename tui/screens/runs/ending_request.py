"""A request to an engine process that ends with the screen that shows its answers."""

from __future__ import annotations

from typing import Generic, TypeVar

from engine.start.engine_request import EngineRequest

A = TypeVar("A")


class EndingRequest(Generic[A]):
    """`begin` belongs to the thread that makes the request, `end` to the screen that closes."""

    def __init__(self) -> None:
        self._request: EngineRequest[A] | None = None
        self._ended = False

    def begin(self, request: EngineRequest[A]) -> EngineRequest[A]:
        """The same request, which is cancelled if the screen has closed while it was made."""
        self._request = request
        if self._ended:
            request.cancel()
        return request

    def end(self) -> None:
        """Cancel the request, or the one that is still to come."""
        self._ended = True
        if self._request is not None:
            self._request.cancel()
