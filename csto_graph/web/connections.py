"""A connection that waits for a request only so long: half a request must not hold a place for ever."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 3.0
"""Seconds that a request may take to arrive, or to go on arriving."""


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it; a request that has not arrived in time ends the connection."""

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait with the first byte, or before it."""
        super().connection_made(transport)
        self._due = self.loop.call_later(PATIENCE, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Wait for more only where the request is not whole; each piece of a body gives new time."""
        began = self.conn.their_state is h11.IDLE and self._due
        super().data_received(data)
        waiting = self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing()
        if waiting and began and self.conn.their_state is h11.IDLE:
            return  # a head that comes in many pieces has the time of one
        self._stop()
        if waiting and (self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]):
            self._due = self.loop.call_later(PATIENCE, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop()
        super().connection_lost(exc)

    def _stop(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
