"""The host's end of the line to the virtual board; hostlink.py in boards/sim has the drawing."""

import asyncio
import struct
from collections.abc import Callable
from enum import IntEnum

LONGEST_BODY = 1000  # to the board, which has room for a message of 1024 bytes


class Kind(IntEnum):
    """What a message is; below 0x80 it comes from the board."""

    CALL = 1
    NOTIFY = 2
    REPLY = 3
    MOTOR = 4
    REACHED = 5
    REFUSED = 6
    NOTE = 7
    USB = 8
    RESTART = 9
    ANSWER = 0x81
    EVENT = 0x82
    CREDIT = 0x83
    PLAY = 0x84
    PRESS = 0x85
    FAULT = 0x86
    USB_IN = 0x87
    USB_ROOM = 0x88
    USB_HOST = 0x89


class BoardLine(asyncio.Protocol):
    """Cut the stream into messages, both ways.

    Attributes:
        on_message: Called with kind and body of every message.
        on_lost: Called once when the board's process has gone.
    """

    def __init__(
        self, on_message: Callable[[int, bytes], None], on_lost: Callable[[], None]
    ) -> None:
        self.on_message = on_message
        self.on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio switches Nagle's algorithm off by itself)."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received.clear()

    def data_received(self, data: bytes) -> None:
        """Hand on every whole message."""
        received = self._received
        received += data
        start = 0
        while len(received) - start >= 3:
            end = start + 2 + (received[start] | received[start + 1] << 8)
            if end > len(received):
                break
            self.on_message(received[start + 2], bytes(received[start + 3 : end]))
            start = end
        del received[:start]

    def connection_lost(self, error: Exception | None) -> None:
        """Say that the board has gone."""
        self._transport = None
        self.on_lost()

    def send(self, kind: Kind, body: bytes) -> None:
        """Send a message; nothing happens when the board has gone."""
        if len(body) > LONGEST_BODY:
            raise ValueError(f"a message of {len(body)} bytes; the board takes {LONGEST_BODY}")
        if self._transport is not None:
            self._transport.write(struct.pack("<HB", len(body) + 1, kind) + body)

    def close(self) -> None:
        """Close the line."""
        if self._transport is not None:
            self._transport.close()
