"""Safe mode: what is left when the application does not start. It says why, and can be updated.

No sensor, no motor, no decisions: the ways to a host, the update and the log only, and few
imports, so that little can break it.
"""

from about import About
from commands import Commands
from faults import Faults, report_start
from life import Life
from posturecore.flash import MODES
from retrieval import Retrieval
from storage.log import Log
from supervisor import COMMANDS, RADIO
from update import Update

_MODE = MODES.index("safe")
_LOG_BYTES = 1024 * 1024
_WAIT_MS = 200
_HOLD_MS = 3000  # of the button, to let a new host pair, as always


class SafeMode:
    """Gives the ports their turns, and lets parts answer."""

    watched = (RADIO, COMMANDS)
    is_over = False

    def __init__(self, life, parts, tended, faults):
        self._life = life
        self._tended = tended
        self._faults = faults
        self._held_ms = None
        self._commands = Commands(life.hosts, faults.report)
        for part in parts:
            self._commands.serve(part)

    def step(self, supervisor):
        """Do what is due."""
        self._life.uptime.tend()
        self._life.hosts.tend()
        self._faults.watch_strangers(self._life.radio.strangers)
        supervisor.check_in(RADIO)
        self._commands.tend()
        for part in self._tended:
            part.tend()
        self._watch_button()
        supervisor.check_in(COMMANDS)
        supervisor.tend(self._life.uptime.ms)

    def sleep(self):
        """Wait a moment; safe mode is never asleep."""
        self._life.board.wait(_WAIT_MS)

    def end(self, is_off):
        """Nothing is under way."""

    def _watch_button(self):
        now_ms = self._life.uptime.ms
        if self._life.board.button.value():  # high: not pressed
            self._held_ms = None
        elif self._held_ms is None:
            self._held_ms = now_ms
        elif now_ms - self._held_ms >= _HOLD_MS:
            self._life.radio.open_window()


def run(slots, start):
    """Build safe mode and run it; never returns."""
    life = Life()
    faults = Faults(life.hosts.tell, lambda *record: None, lambda: life.uptime.ms)
    report_start(faults, start, life.crumbs, life.storage.damaged > 0)
    about = About(life.board, life.hosts, life.uptime, faults, life.boot_id, _MODE)
    tended = []
    try:
        tended.append(Retrieval(Log(life.board.root, _LOG_BYTES), life.hosts))
    except Exception:  # a log that cannot be opened must not keep safe mode from starting
        pass
    update = Update(slots, start.folder, has_room=True)
    update.connect(life.hosts.tell, faults.report)
    mode = SafeMode(life, [about, update] + tended, tended, faults)
    life.run(mode, update, slots.retry, lambda: None)
