"""A host on a cable: the same frames over USB serial, between whatever a REPL prints or is typed.

Who can plug in a cable can read the flash, so nothing is asked of this host. It is there from its
first good frame until it says that it leaves, or is silent for a while: it says `alive` once a
second. Nothing is written to a cable that nobody reads.

Frames contain the byte 3, so Ctrl-C cannot interrupt by itself while this listens. It is
recognised where a frame would begin, as mpremote and terminals send it, and then ends the program.
"""

from port import Port
from posturecore import frames, wire
from posturecore.flash import LOG_FROM, STORED

_GONE_MS = 3000
_CUT_MS = 500  # a frame that does not go on for so long is none
_READS_A_TEND = 8  # of at most one frame's bytes each: sampling must not starve
_CTRL_C = 3
_ENTER = b"\r\n"


class Usb(Port):
    """A port on `stream`, whose calls never block.

    read() gives the bytes that have come, write(data) takes what there is room for and returns how
    many bytes that were, release() gives Ctrl-C back to the REPL.
    """

    def __init__(self, stream, clock):
        super().__init__()
        self.is_open = False
        self.noise_bytes = 0
        self._stream = stream
        self._clock = clock
        self._in = bytearray()
        self._is_typed = True  # nothing but Enter since the last frame or silence
        self._came_ms = self._heard_ms = clock.ticks_ms()
        self._rest = b""  # of a frame that has begun to leave

    @property
    def is_busy(self):
        """Whether a host is there."""
        return self.is_open

    def open_window(self):
        """Nothing: a cable is access enough."""

    def tend(self):
        """Take in what has come, send what waits; call it each step.

        Raises KeyboardInterrupt for a Ctrl-C.
        """
        for _ in range(_READS_A_TEND):
            data = self._stream.read()
            if not data:
                break
            self._came_ms = self._clock.ticks_ms()
            self._in += data
            self._take_frames()
        self._mind_silence()
        self._forget_gone()
        if self.is_open:
            self._flush()
            self._drain()

    def send_log(self, data):
        """Send stored frames and the log_from before them; False: no room now, try again.

        Live and stored frames share the cable, so a mark stands directly before each stored one.
        """
        if not self.is_open or len(self._outbox):
            return False
        out, at = b"", 0
        while at < len(data):
            end = at + (data[at + 2] | data[at + 3] << 8) + wire.OVERHEAD
            if data[at + 1] != LOG_FROM:  # which is never live
                out += wire.pack_frame(STORED, data[at + 4] | data[at + 5] << 8, ())
            out += bytes(data[at:end])
            at = end
        return self._put(out)

    # ---- out

    def _put(self, data):
        self._flush()
        if self._rest or not self.is_open:
            return False
        count = self._stream.write(data)
        if count:
            self._rest = bytes(data[count:])
        return count > 0

    def _flush(self):
        if self._rest:
            self._rest = self._rest[self._stream.write(self._rest) :]

    # ---- in

    def _take_frames(self):
        data, at = self._in, 0
        while True:
            code, size = wire.examine(data, at, len(data))
            if code == wire.SHORT:
                break
            if code == wire.OK:
                self._take_frame(bytes(data[at : at + size]))
                at += size
            else:
                self._noise(data[at])
                at += 1
        self._in = data[at:]

    def _take_frame(self, frame):
        self._heard_ms = self._clock.ticks_ms()
        self._is_typed = True
        if frame[1] == frames.ALIVE and frame[2]:
            self._alive(frame[wire.HEADER])
            return
        if not self.is_open:
            self._come()
        self._take_in(frame)

    def _alive(self, state):
        if state == frames.ALIVE_COMES:
            self._come()
        elif state == frames.ALIVE_LEAVES:
            self._leave()

    def _noise(self, byte):
        self.noise_bytes += 1
        if byte == _CTRL_C and self._is_typed:
            self._leave()
            self._in = bytearray()
            self._stream.release()
            raise KeyboardInterrupt
        if byte not in _ENTER:
            self._is_typed = False

    def _mind_silence(self):
        now_ms = self._clock.ticks_ms()
        if self._clock.ticks_diff(now_ms, self._came_ms) >= _CUT_MS:
            self._came_ms = now_ms
            self._is_typed = True
            if self._in:
                self.bad += 1
                self._in = bytearray()
        if self.is_open and self._clock.ticks_diff(now_ms, self._heard_ms) >= _GONE_MS:
            self._leave()

    def _come(self):
        self.links += 1
        self._waiting.clear()
        self._rest = b""
        self.is_open = True

    def _leave(self):
        self.is_open = False
        self._waiting.clear()
        self._rest = b""
