"""The virtual board's one line to the host process: radio calls, radio events, board control.

Loopback TCP. A message is

    u16 length of what follows | u8 kind | body          (little-endian)

    to the host   CALL      u16 id, u8 operation, arguments    answered by ANSWER
                  NOTIFY    u16 connection, u16 handle, data   not answered: takes a credit
                  REPLY     u16 id, payload                    to an EVENT that asked
                  MOTOR     u32 time_ms, u16 duty
                  REACHED   u32 time_ms                        the play limit; time is frozen
                  REFUSED                                      a notification found the queue full
                  NOTE      u32 time_ms, u32 value, name       something that costs energy changed
                  RESTART   u32 time_ms, u8 cause              the chip was reset: start anew
                  USB       data                               takes room
    to the board  ANSWER    u16 id, u16 errno, payload
                  EVENT     u16 id (0: no reply), u8 irq, payload
                  CREDIT    u8 count                           so many notifications left the radio
                  PLAY      u32 until_ms
                  PRESS     u32 duration_ms
                  FAULT     i32 value, name
                  USB_IN    data
                  USB_ROOM  u16 bytes                          that many were taken or thrown away
                  USB_HOST  u8 is_there

While a call waits for its answer, events queue: handlers run from `dispatch` only. The two
key-store events are the exception, as on the real stack: they are answered on the spot.
"""

import os
import select
import socket
import struct
import sys

CALL, NOTIFY, REPLY, MOTOR, REACHED, REFUSED, NOTE, USB, RESTART = 1, 2, 3, 4, 5, 6, 7, 8, 9
ANSWER, EVENT, CREDIT, PLAY, PRESS, FAULT = 0x81, 0x82, 0x83, 0x84, 0x85, 0x86
USB_IN, USB_ROOM, USB_HOST = 0x87, 0x88, 0x89
# Like NimBLE's pool of packet buffers: that many notifications wait at most.
QUEUE_NOTIFICATIONS = 16
IRQ_GET_SECRET, IRQ_SET_SECRET = 29, 30
_ENOMEM, _EAGAIN = 12, 11
_TCP_NODELAY = 1
# In bytes. What comes in never takes the firmware's memory: on the chip the radio has its own.
_READ_BYTES = 256
_LONGEST_MESSAGE = 1024
_SPARE_BYTES = 512


class HostLink:
    def __init__(self, port):
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        # Without it each question waits 40 ms for a delayed acknowledgement.
        self._socket.setsockopt(6, _TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._in = memoryview(bytearray(_LONGEST_MESSAGE + _READ_BYTES))
        self._size = 0  # of what is in it
        self._spare = bytearray(_SPARE_BYTES)
        self._out = bytearray(1024)
        self._out_view = memoryview(self._out)
        self._events = []
        self._answer = None
        self._call_id = 0
        self.credits = QUEUE_NOTIFICATIONS
        self.on_arrival = None  # f(irq, payload): sees an event as it comes in
        self.on_event = None  # f(irq, payload) -> reply: runs from dispatch
        self.on_control = None  # f(kind, body)
        self.time_ms = lambda: 0  # the board's, once there is one
        self.on_restart = lambda: None  # the chip's last act

    # Out

    def _write(self, view):
        while len(view):
            try:
                written = self._socket.write(view)
            except OSError as error:
                if error.errno != _EAGAIN:
                    sys.exit(0)  # the host went away
                written = None
            if written:
                view = view[written:]

    def send(self, kind, body):
        self._write(memoryview(struct.pack("<HB", len(body) + 1, kind) + body))

    def note(self, name, value):
        """Tell the host that something which costs energy has changed."""
        self.send(NOTE, struct.pack("<II", self.time_ms(), value) + name.encode())

    def notify(self, connection, handle, data):
        if not self.credits:
            self.send(REFUSED, b"")
            raise OSError(_ENOMEM)
        self.credits -= 1
        size = len(data)
        struct.pack_into("<HBHH", self._out, 0, size + 5, NOTIFY, connection, handle)
        self._out[7 : 7 + size] = data
        self._write(self._out_view[: 7 + size])

    def call(self, operation, arguments=b""):
        """Ask the radio and wait for its answer; OSError with its errno if it refuses."""
        self._call_id = (self._call_id + 1) & 0xFFFF
        self.send(CALL, struct.pack("<HB", self._call_id, operation) + arguments)
        self._answer = None
        while self._answer is None:
            self._poll.poll(1000)
            self.receive()
            self._serve_key_store()
        _, errno = struct.unpack_from("<HH", self._answer)
        if errno:
            raise OSError(errno)
        return self._answer[4:]

    def restart(self, cause):
        """Have the host start this program anew; nothing more runs, as in a reset of the chip."""
        self.on_restart()
        self.send(RESTART, struct.pack("<IB", self.time_ms(), cause))
        self.on_control = self.on_arrival = None
        while True:
            self.wait_readable(1000)
            self.receive()

    # In

    def wait_readable(self, timeout_ms):
        self._poll.poll(timeout_ms)

    def receive(self):
        """Take in what has come; never blocks. Controls and credits act at once."""
        while True:
            try:
                count = self._socket.readinto(self._in[self._size : self._size + _READ_BYTES])
            except OSError as error:
                if error.errno != _EAGAIN:
                    sys.exit(0)  # the host went away
                count = None
            if count is None:
                break
            if not count:
                sys.exit(0)  # the host went away
            self._size += count
            self._parse()

    def _parse(self):
        while self._size >= 3:
            end = 2 + (self._in[0] | self._in[1] << 8)
            if end > self._size:
                break
            kind, body = self._in[2], self._copy(3, end)
            self._in[: self._size - end] = self._in[end : self._size]
            self._size -= end
            self._take(kind, body)

    def _copy(self, start, end):
        try:
            return bytes(self._in[start:end])
        except MemoryError:
            self._spare = None
            return bytes(self._in[start:end])

    def _take(self, kind, body):
        if kind == CREDIT:
            self.credits += body[0]
        elif kind == EVENT:
            self._events.append(body)
            if self.on_arrival:
                self.on_arrival(body[2], memoryview(body)[3:])
        elif kind == ANSWER:
            self._answer = body
        elif self.on_control:
            self.on_control(kind, body)

    def _serve_key_store(self):
        waiting = []
        for body in self._events:
            if body[2] in (IRQ_GET_SECRET, IRQ_SET_SECRET):
                self._handle(body)
            else:
                waiting.append(body)
        self._events = waiting

    def dispatch(self):
        """Run the handlers of what has come in; return how many ran."""
        self.receive()
        count = 0
        while self._events:
            self._handle(self._events.pop(0))
            count += 1
        if self._spare is None:
            self._spare_again()
        return count

    def _spare_again(self):
        try:
            self._spare = bytearray(_SPARE_BYTES)
        except MemoryError:  # with the next that comes in
            pass

    def _handle(self, body):
        event_id = body[0] | body[1] << 8
        reply = self.on_event(body[2], memoryview(body)[3:]) if self.on_event else b""
        if event_id:
            self.send(REPLY, body[:2] + reply)


_link = None


def hostlink():
    """The process's link; `bluetooth` and `board` share it, as they share one chip."""
    global _link
    if _link is None:
        port = os.getenv("TRUNKLINE_SIM_PORT")
        if not port:
            raise RuntimeError("TRUNKLINE_SIM_PORT is not set; start this with VirtualBoard()")
        _link = HostLink(int(port))
    return _link
