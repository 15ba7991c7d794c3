"""What a device says as lines: for pipes, and for terminals that are none."""

import json
from collections.abc import Callable

from posturecore.context import CONTEXTS
from trunkline.cli.output import clock, escape, out
from trunkline.decide.analysis import block_seconds, name_at
from trunkline.device.live import STATES
from trunkline.device.telling import tell
from trunkline.protocol.events import Decisions, Event, Hello


class Lines:
    """Prints one line a second and one line an event; docs/monitor.md has the fields."""

    def __init__(self, as_json: bool, rssi_dbm: Callable[[], int | None] = lambda: None) -> None:
        """Prepare to print.

        Args:
            as_json: One JSON object a line.
            rssi_dbm: Gives the signal strength when the device was last found; None: not known.
        """
        self._as_json = as_json
        self._rssi_dbm = rssi_dbm
        self._block_s = block_seconds(60000)

    def take(self, event: Event) -> None:
        """Print what an event says."""
        if isinstance(event, Hello):
            self._block_s = block_seconds(event.rate_mhz)
            self._heard()
        elif isinstance(event, Decisions):
            self._decisions(event)
        told = tell(event, self._block_s)
        if told is None:
            return
        if self._as_json:
            self._print_json({"event": told.what, **told.values})
        else:
            what = told.what.replace("_", " ")
            out.print(f"[bold]{what}[/]: {escape(told.words)}", soft_wrap=True)

    def _heard(self) -> None:
        rssi_dbm = self._rssi_dbm()
        if rssi_dbm is None:
            return
        if self._as_json:
            self._print_json({"event": "heard", "rssi_dbm": rssi_dbm})
        else:
            out.print(f"[bold]heard[/]: at {rssi_dbm} dBm")

    def _decisions(self, event: Decisions) -> None:
        flexion_cdeg, lateral_cdeg, context, state = event.items[-1]
        at_s = (event.block_index + len(event.items)) * self._block_s
        now = {
            "at_s": round(at_s, 1),
            "flexion_deg": flexion_cdeg / 100,
            "lateral_deg": lateral_cdeg / 100,
            "context": name_at(CONTEXTS, context),
            "slouch_state": name_at(STATES, state),
        }
        if self._as_json:
            self._print_json({"event": "now", **now})
            return
        bar = "█" * max(0, min(30, round(flexion_cdeg / 200)))
        mark = name_at(" ·●", state)
        line = f"{clock(at_s):>8} {flexion_cdeg / 100:6.1f}° {mark} {now['context']:<14} {bar}"
        out.print(line.rstrip())

    def _print_json(self, values: dict[str, object]) -> None:
        print(json.dumps(values), flush=True)
