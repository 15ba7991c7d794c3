"""What a host may ask: a frame in, what it asks for done, an ack out."""

from posturecore import faults, frames, wire


class Commands:
    """Serves frames by parts that have `handlers` and `requests`.

    handlers: a frame's id to f(values, items), which returns an ack code, or None where none is
    sent. requests: the id of a frame wanted to f(), which sends it. A handler that runs out of
    memory has changed nothing that stays, or raises something else. `report` takes a fault's code
    and detail.
    """

    def __init__(self, hosts, report):
        self._hosts = hosts
        self._report = report
        self._handlers = {frames.REQUEST: self._request}
        self._requests = {}

    def serve(self, part):
        """Let a part answer what it can."""
        self._handlers.update(part.handlers)
        self._requests.update(part.requests)

    def tend(self):
        """Answer what has come."""
        message = self._hosts.receive()
        while message is not None:
            self._command(message)
            message = self._hosts.receive()

    def _command(self, message):
        if wire.examine(message, 0, len(message)) != (wire.OK, len(message)):
            self._hosts.asking.bad += 1
            return
        code = self._answer(message)
        if code is not None:
            sequence = message[4] | message[5] << 8
            self._hosts.answer(frames.ACK, (message[1], sequence, code))

    def _answer(self, message):
        handler = self._handlers.get(message[1])
        if handler is None:
            self._hosts.asking.unknown += 1
            return frames.ACK_UNKNOWN
        try:
            return self._handled(handler, message)
        except OSError:  # flash is full or worn: nothing has changed
            return frames.ACK_FAILED
        except MemoryError:
            self._report(faults.MEMORY, message[1])
            return frames.ACK_NO_MEMORY

    def _handled(self, handler, message):
        try:
            _, _, values, items = wire.unpack_frame(message, 0)
        except ValueError:
            self._hosts.asking.bad += 1
            return frames.ACK_BAD_VALUE
        return handler(values, items)

    def _request(self, values, _items):
        request = self._requests.get(values[0])
        if request is None:
            return frames.ACK_BAD_VALUE
        request()
        return frames.ACK_DONE
