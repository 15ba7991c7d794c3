"""A virtual board and a host on one air, for the tests of what passes between them."""

import contextlib
import json

from trunkline.decide.mirror import Mirror
from trunkline.device.session import Session
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.transports.ble import BleTransport

PASSKEY = 246801
UPRIGHT = (16393, 0, 0)
# The sensor tests itself for 0.65 s before its first sample.
SELF_TEST_SAMPLES = 39


class Ends:
    """A board on the air, and a host that may come and go."""

    def __init__(self, air, board):
        self.air, self.board = air, board
        self.mirror = Mirror()
        self.events = []

    @contextlib.asynccontextmanager
    async def session(self, neutral=UPRIGHT, passkey=PASSKEY):
        """A host that streams all; the mirror is new with each."""
        self.mirror, self.events = Mirror(), []
        with self.air.as_adapter(passkey=lambda: passkey):
            session = Session(BleTransport(self.board.address))
            session.listeners += [self.mirror.take, self.events.append]
            async with session:
                await session.set_stream(samples=True, decisions=True)
                if neutral:
                    await session.set_neutral(neutral)
                yield session

    async def finish(self, session):
        """Ask for all that is left, and compare."""
        await session.flush()
        status = await session.status()
        self.mirror.finish()
        return status, self.mirror.compare()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


@contextlib.asynccontextmanager
async def worn(root, tape, **env):
    (root / "passkey.json").write_text(json.dumps(PASSKEY))
    async with VirtualAir() as air, VirtualBoard(air, tape=tape, root=root, env=env) as board:
        yield Ends(air, board)
        assert "Traceback" not in "\n".join(board.printed)
