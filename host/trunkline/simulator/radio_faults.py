"""Faults of the virtual air, to order: what the host's adapter refuses, where a link breaks.

0        2        4         5
+--------+--------+---------+-- ...
| length | channel| code    |         a packet; channel 4 is ATT, channel 6 is pairing
+--------+--------+---------+-- ...
"""

import asyncio

_HEAD_BYTES = 4
OPERATIONS = ("scan", "connect", "pair", "subscribe", "write", "disconnect")
# What a link may break at: channel and code of the packet that does not arrive.
PACKETS = {
    "mtu": (4, 0x02),  # the host offers its MTU
    "discovery": (4, 0x10),  # the host asks for services
    "pairing": (6, 0x01),  # the host asks to pair
    "passkey": (6, 0x03),  # either end proves that it knows the passkey
    "write": (4, 0x12),  # a write with response: a subscription, or a command
    "write without response": (4, 0x52),
    "notification": (4, 0x1B),
}


class RadioFaults:
    """What goes wrong next on one air.

    Attributes:
        leaves_when_connecting: Whether the next device that the host connects to goes out of range
            at that moment.
        met: The operations that have been refused, in order.
    """

    def __init__(self) -> None:
        self.leaves_when_connecting = False
        self.met: list[str] = []
        self._refused: dict[str, Exception | None] = {}
        self._packet: tuple[int, int] | None = None
        self._to_come = 0
        self._kept_bytes = 0

    @property
    def is_spent(self) -> bool:
        """Whether the link has broken, or was never to."""
        return self._packet is None and not self.leaves_when_connecting

    def refuse(self, operation: str, error: Exception | None) -> None:
        """Let one of OPERATIONS of the host's adapter fail from now on.

        Args:
            operation: Which one.
            error: What bleak raises. None: it never answers.

        Raises:
            ValueError: There is no such operation.
        """
        if operation not in OPERATIONS:
            raise ValueError(f"Found operation {operation!r}; expected one of {OPERATIONS}.")
        self._refused[operation] = error

    def mend(self) -> None:
        """Let everything go well again."""
        self._refused.clear()
        self._packet = None
        self.leaves_when_connecting = False

    async def meet(self, operation: str) -> None:
        """Fail, if this operation is to."""
        if operation not in self._refused:
            return
        self.met.append(operation)
        error = self._refused[operation]
        if error is None:
            await asyncio.Event().wait()
        else:
            raise error

    def break_link(self, packet: str, count: int = 1, kept_bytes: int = 0) -> None:
        """End a link, once, at one of PACKETS, as a supervision timeout does.

        Args:
            packet: Which kind.
            count: How many of them from now on, the last of which does not arrive.
            kept_bytes: How much of that one arrives all the same, a notification's head of three
                bytes included.

        Raises:
            ValueError: There is no such kind.
        """
        if packet not in PACKETS:
            raise ValueError(f"Found packet {packet!r}; expected one of {tuple(PACKETS)}.")
        self._packet, self._to_come, self._kept_bytes = PACKETS[packet], count, kept_bytes

    def arriving(self, data: bytes) -> bytes:
        """Give what of a packet arrives: the same object, unless the link breaks at it."""
        if self._packet is None or (data[2] | data[3] << 8, data[_HEAD_BYTES]) != self._packet:
            return data
        self._to_come -= 1
        if self._to_come > 0:
            return data
        self._packet = None
        kept = data[_HEAD_BYTES : _HEAD_BYTES + self._kept_bytes]
        return len(kept).to_bytes(2, "little") + data[2:_HEAD_BYTES] + kept if kept else b""
