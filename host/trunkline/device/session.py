"""A device for its user: what it can be asked and told to do, by name."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from posturecore import frames, params, patterns
from trunkline.device.answers import Answer, neutral_index
from trunkline.device.block_runs import BlockReader, BlockRun
from trunkline.device.blocking import BlockingSession
from trunkline.device.streams import BLOCKS_SOMEHOW, LIMIT, Listening
from trunkline.device.timed_contact import TimedContact
from trunkline.errors import InputError, LinkError, ProtocolError
from trunkline.protocol.events import Calibration, Event

if TYPE_CHECKING:
    from trunkline.device.greeting import Confirm
    from trunkline.device.updating import Bundle
    from trunkline.store import Store
    from trunkline.sync.report import Progress, SyncReport

_CALIBRATION_S = 120.0  # [D] standing and bowing take the wearer half a minute at most


class Session(TimedContact):
    """A conversation with one device; an async context manager.

    Faults in what the device sends are counted and told to the listeners, never raised. A listener
    that raises is not called again, nor is a capture that fails written to; the others go on, and
    the first such error comes out of `wait_lost`, `wait_over` or of leaving the session.

    With `reconnect` a lost link is brought back, to the same device only, and what was streamed
    goes on; the listeners are told with `LinkLost` and `LinkBack`, the gap in samples. A command
    under way at the loss fails, as does each one until the link is back: none is sent twice.

    With `set_time` the device is told the time at contact, after a lost link and every hour,
    beside all else. Not where this computer's clock contradicts what the device was told before,
    or its log does not come: the listeners are told with `TimeNotSet`.

    Attributes:
        info: The device's introduction, once open.
        settings: The prescription in force on the device.
        counts: Good frames under "good" and each kind of fault under its name.
        is_lost: Whether the link is away.
        capture: Where all that comes is written; may be changed at any time. None: nowhere.
        listeners: Called with every event.
        log_listeners: Called with the bytes of stored frames, and of the log_from before them.
        bulk: Held by who downloads the log or updates the device: one at a time.
    """

    def blocking(self) -> BlockingSession:
        """Give the same session without await, for scripts and notebooks; `with` opens it."""
        return BlockingSession(self)

    async def set_stream(
        self, *, samples: bool = False, blocks: bool = False, decisions: bool = False
    ) -> None:
        """Choose what the device streams, beside what `stream` and `blocks` ask for.

        Episodes and cues always come. It holds over a lost link, too.
        """
        self._streams.chosen = _mask(samples, blocks, decisions)
        await self._ask_for_streams(always=True)

    async def stream(
        self,
        *,
        samples: bool = True,
        blocks: bool = False,
        decisions: bool = False,
        limit: int = LIMIT,
    ) -> AsyncGenerator[Event, None]:
        """Iterate over what the device says, from now on; leaving the loop ends what it asked for.

        The device streams what all who iterate ask for together. A slow consumer never holds up
        the link: the oldest events give way, and `Dropped` stands in their place. `LinkLost` and
        `LinkBack` tell of a link that was lost and brought back. A capture waits for its consumer.

        Args:
            samples: `Samples` frames.
            blocks: `Blocks` frames; `blocks()` gives them as arrays.
            decisions: `Decisions` frames.
            limit: How many events may wait for the consumer.

        Raises:
            LinkError: The link was lost and is not brought back.
            InputError: A limit below 1.
        """
        async with self._listening(_mask(samples, blocks, decisions), limit) as queue:
            async for event in queue:
                yield event

    async def blocks(self, *, limit: int = LIMIT) -> AsyncGenerator[BlockRun, None]:
        """Iterate over blocks of 100 ms, from now on, each once; see `stream`.

        They are the device's own, or made here while it streams samples: the same bits.
        """
        reader = BlockReader(None if self._info is None else self._info.boot_id)
        async with self._listening(BLOCKS_SOMEHOW, limit) as queue:
            async for event in queue:
                if (run := reader.take(event)) is not None:
                    yield run

    def _listening(self, wish: int, limit: int) -> Listening:
        return Listening(self._streams, self._ask_for_streams, wish, limit)

    async def flush(self) -> None:
        """Have the device send what it still holds of the stream."""
        await self.command(frames.REQUEST, (frames.DECISIONS,))

    async def change_settings(self, changes: Mapping[str, int]) -> None:
        """Change part of the prescription; it holds from the device's next block.

        Raises:
            InputError: A setting that does not exist or does not fit.
        """
        for name, value in changes.items():
            if fault := params.problem(name, value):
                raise InputError(
                    found=fault.removeprefix("Found ").rstrip("."),
                    expected="a setting within its range",
                    hint="`trunkline settings` lists them all",
                )
        items = tuple((params.NAMES.index(name), value) for name, value in changes.items())
        await self.command(frames.SETTINGS, (0, 0), items)

    async def set_neutral(
        self,
        up: tuple[int, int, int],
        neutral: str = "stand",
        ahead: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        """Give the device a neutral pose as gravity counts; `ahead` of zeros keeps forward.

        Raises:
            InputError: No such kind of pose, or a vector that the device cannot use.
        """
        await self.command(frames.NEUTRAL, (neutral_index(neutral), *up, *ahead))

    async def start_calibration(self, neutral: str = "stand", *, with_bow: bool = False) -> Answer:
        """Have the wearer's pose taken as neutral; the result comes when the device has it.

        With a bow, in any mounting: stand still, and at the pulse bow forward and hold it.

        Raises:
            InputError: No such kind of pose, or the device is busy calibrating.
        """
        values = (neutral_index(neutral), int(with_bow))
        return await self._current().begin(Calibration, frames.CALIBRATE, values)

    async def calibrate(self, neutral: str = "stand", with_bow: bool = False) -> Calibration:
        """Have the wearer's pose taken as neutral, and wait for the result.

        Its `code` is one of those in posturecore.calibrate: DONE, or why not.

        Raises:
            InputError: No such kind of pose, or the device is busy calibrating.
            LinkError: The link was lost, or no result came.
        """
        answer = await self.start_calibration(neutral, with_bow=with_bow)
        try:
            async with asyncio.timeout(_CALIBRATION_S):
                result = await answer
        except TimeoutError:
            raise LinkError(
                f"Found no result of the calibration within {_CALIBRATION_S:g} s; expected one "
                "after a few seconds; check that the device is worn, and try again."
            ) from None
        if not isinstance(result, Calibration):
            raise ProtocolError(f"The device answered a calibration with {result}.")
        return result

    async def identify(self) -> None:
        """Let the device be felt, to know which it is; raises as `vibrate` does."""
        await self.vibrate("identify")

    async def vibrate(self, pattern: str = "identify") -> None:
        """Play a vibration pattern on the device.

        Raises:
            InputError: An unknown pattern, or the motor's limits refuse it now.
        """
        known = patterns.PATTERN_NAMES[1:]
        if pattern not in known:
            raise InputError(
                found=f"the pattern {pattern!r}",
                expected="one of " + ", ".join(map(repr, dict.fromkeys(known))),
                hint="identify is easy to feel",
            )
        await self.command(frames.HAPTIC, (patterns.PATTERN_NAMES.index(pattern),))

    async def sync(
        self,
        store: "Store",
        *,
        wearer_id: str | None = None,
        time_zone: str = "UTC",
        on_progress: "Callable[[Progress], None] | None" = None,
        confirm_clock: "Confirm | None" = None,
    ) -> "SyncReport":
        """Bring what is new in the device's log into a store, and let the device forget it.

        Nothing is acknowledged that is not on the disk; cut at any moment, the next sync goes on.

        Args:
            store: An open store.
            wearer_id: Whose the new days are; None: the device's wearer before, else the only
                one there is, else a new one.
            on_progress: Called with how far it is.
            confirm_clock: Asked whether to use a clock of this host that contradicts what the
                device was told before; a yes holds for the session. None: it is not used, and
                the report says so.

        Raises:
            LinkError: The link is gone, or nothing comes any more. What has come is kept.
            InputError: No such wearer, several to choose from, or a store that takes no more.
        """
        from trunkline.sync.into_store import sync

        return await sync(
            self,
            store,
            wearer_id=wearer_id,
            time_zone=time_zone,
            on_progress=on_progress or (lambda progress: None),
            confirm_clock=confirm_clock,
            utc_ms=self._utc_ms,
        )

    async def update(
        self, bundle: "Bundle | Path", on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Bring new firmware to the device, and wait until it has checked it.

        It then restarts, unpacks it and starts it on trial. A session that brings lost links back
        waits for that. Without, or after a lost link that did not come back, call it again: what
        has arrived is not sent twice.

        Args:
            bundle: The firmware, or the file that holds it.
            on_progress: Called with the bytes that the device has, and all of them.

        Raises:
            InputError: A file that is no bundle, or the device refuses it, or came back without.
            LinkError: The link was lost, or nothing arrives any more.
        """
        from trunkline.device.updating import read_bundle, send_bundle

        if isinstance(bundle, Path):
            bundle = read_bundle(bundle)
        await send_bundle(self, bundle, on_progress or (lambda done, size: None))


def _mask(samples: bool, blocks: bool, decisions: bool) -> int:
    return (
        samples * frames.STREAM_SAMPLES
        | blocks * frames.STREAM_BLOCKS
        | decisions * frames.STREAM_DECISIONS
    )
