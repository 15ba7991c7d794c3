"""Sending the log to a host: as many records as it gave credit for, some bytes each step.

An answer to log_read(record, count) is log_from(the first record there is, end) and the stored
frames up to `end`, as they are in flash. A new log_from stands wherever numbers are missing, also
before the end; so the host has all of the answer when it has `end - 1` or a log_from at or past
`end`. Its sequence is the low half of the number that was due: so what the device has no record
for is told from what was lost on the way. A read that begins where the last one ends needs no
log_from: the frames just go on. Frames are packed into messages of one notification each; as bytes
they form one stream.
"""

from posturecore import wire
from posturecore.flash import LOG_FROM
from storage.reader import Reader
from storage.segment import FRAME_BYTES

_MESSAGES_PER_STEP = 4  # [D] about 25 records of a day: sampling comes first


class Download:
    """Give it the host's commands, and call `tend` once a step.

    `send_log(bytes)` returns whether the radio took them; what it refused is sent again.
    """

    def __init__(self, log, send_log):
        self.is_busy = False
        self._log = log
        self._send_log = send_log
        self._reader = None
        self._frame = self._message = None  # made for a host, and given back when it has gone
        self._length = 0  # of the record that was read and not yet sent
        self._number = 0  # of it, or of the next one there can be
        self._filled = 0
        self._told = 0  # the number that the host expects next
        self._end = 0  # of the answer
        self._must_tell = False

    def status(self):
        """Return the values of a log_status frame."""
        log = self._log
        return log.oldest, log.next, log.acknowledged, log.used_bytes, log.size_bytes

    def read(self, record, count):
        """Answer log_read: start anew, or go on where the last answer ends."""
        if self._message is None:
            self._frame, self._message = bytearray(FRAME_BYTES), bytearray(FRAME_BYTES)
        self._log.sync()  # a record that a power cut may take is not shown to a host
        if self._reader is None or record not in (self._told, self._end):
            self._reader = Reader(self._log, record)
            self._length = self._filled = 0
            self._told = record
            self._must_tell = True
        self._end = min(record + count, max(record, self._log.durable))
        if not self.is_busy and self._end <= self._told:
            self._must_tell = True  # even nothing is an answer
        self.is_busy = True

    def acknowledge(self, record):
        """Answer log_ack."""
        self._log.acknowledge(record)

    def stop(self):
        """Forget the host: its link is gone."""
        if self._reader is not None:
            self._reader.pause()
        self._reader = self._frame = self._message = None
        self._length = self._filled = 0
        self.is_busy = False

    def tend(self):
        """Send some of what was asked for; return whether more can be sent at once."""
        if not self.is_busy:
            return False
        for _ in range(_MESSAGES_PER_STEP):
            if not self._filled:
                self._fill()
            if not self._filled:
                self.is_busy = False
                break
            if not self._send_log(memoryview(self._message)[: self._filled]):
                self._reader.pause()
                return False
            self._filled = 0
        self._reader.pause()
        return self.is_busy

    def _fill(self):
        """Put into the message what comes next and fits."""
        while self._told < self._end or self._must_tell:
            if not self._length:
                self._length = self._reader.read_into(self._frame)
                at_the_end = max(self._told, self._log.durable)
                self._number = self._reader.number if self._length else at_the_end
            if self._number != self._told or self._must_tell:
                head = (self._number, self._end)
                if not self._put(wire.pack_frame(LOG_FROM, self._told & 0xFFFF, head)):
                    return
                self._told, self._must_tell = self._number, False
            if self._number >= self._end or not self._length:
                return
            if not self._put(memoryview(self._frame)[: self._length]):
                return
            self._told, self._length = self._number + 1, 0

    def _put(self, data):
        filled = self._filled + len(data)
        if filled > len(self._message):
            return False
        self._message[self._filled : filled] = data
        self._filled = filled
        return True
