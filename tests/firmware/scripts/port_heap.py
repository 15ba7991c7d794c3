"""What a port holds of the VM's heap when its host does not read; prints "OK" if bounded."""

import gc

from posturecore import frames, wire
from posturecore.scales import SAMPLES_PER_BLOCK
from usb import Usb


class Stream:
    def __init__(self):
        self.came = b""
        self.room = 0

    def read(self):
        data, self.came = self.came, b""
        return data

    def write(self, data):
        count = min(self.room, len(data))
        self.room -= count
        return count

    def release(self):
        pass


class Clock:
    def ticks_ms(self):
        return 0

    def ticks_diff(self, later, earlier):
        return later - earlier


def held():
    gc.collect()
    return gc.mem_alloc()


def main():
    stream = Stream()
    usb = Usb(stream, Clock())
    writer = wire.SamplesWriter(2, SAMPLES_PER_BLOCK)
    stream.came = wire.pack_frame(frames.ALIVE, 0, (frames.ALIVE_COMES,))
    usb.tend()
    empty = held()
    marks = []
    for k in range(3000):
        writer.count = 12
        usb.send_samples(writer, 12 * k, 0)
        if k % 1000 == 999:
            marks.append(held() - empty)
    print(marks, "bytes held after 1000, 2000 and 3000 frames;", usb.dropped, "dropped")
    stream.room = 100000
    usb.tend()
    print(100000 - stream.room, "bytes when it reads again")
    if max(marks) < 4000 and marks[0] == marks[2] and usb.dropped == 2992:
        print("OK")


main()
