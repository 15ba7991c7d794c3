"""Cut the power in all that the log does to a real littlefs2, and look at what is left.

cuts.py STORY STRIDE FIRST: a story is told once on a flash that keeps a journal; then for every
STRIDE-th byte of every program and erase, from FIRST on, the flash is put where the cut left it,
mounted and read. Prints one line per thing that is wrong, then the counts, then OK.
"""

import gc
import os
import sys

from norflash import NorFlash, length_of

from posturecore import flash, frames, wire
from storage.log import Log
from storage.reader import Reader
from storage.segment import FRAME_BYTES

BLOCKS = 26
ROOT = "/cut"
SIZE_BYTES = 17 * 4096
FILE_BLOCKS = 3
ERASE_PLACES = (0, 1, 1024, 2048, 4095)


class Story:
    """What was written, and from which entry of the journal on it had to be there."""

    def __init__(self, device):
        self.device = device
        self.written = {}  # number: (frame, values, items)
        self.marks = [(0, 0, 0)]  # (entries, durable, acknowledged)
        self.log = Log(ROOT, SIZE_BYTES, segment_blocks=FILE_BLOCKS)

    def cue(self, count=1):
        for _ in range(count):
            number = self.log.next
            self.add(frames.CUE, (number * 7919 & 0xFFFFFFFF, 1, 2, 3), ())

    def minutes(self):
        number = self.log.next
        self.add(flash.MINUTES, (number * 31, number), ((number & 0xFFFF,) * 8 + (-5,),) * 10)

    def add(self, frame, values, items):
        self.written[self.log.append(frame, values, items)] = (frame, values, items)

    def sync(self):
        self.log.sync()
        self.mark()

    def acknowledge(self, number):
        # From the first entry on, the log may use the room.
        self.marks.append((len(self.device.journal or ()), self.log.durable, number))
        self.log.acknowledge(number)
        self.mark()

    def mark(self):
        entries = len(self.device.journal or ())
        self.marks.append((entries, self.log.durable, self.log.acknowledged))


def burst(story):
    """Records of a busy minute, across the end of a file; then an acknowledgement."""
    for k in range(14):
        story.cue(1 + k % 3)
        story.sync()
    story.minutes()
    story.sync()
    story.acknowledge(40)
    story.cue()
    story.sync()


def before_burst(story):
    for _ in range(60):
        story.minutes()
        story.sync()


def room(story):
    """A full log: thinning, then deleting what was acknowledged."""
    for _ in range(12):
        story.minutes()
        story.minutes()
        story.cue(2)
        story.sync()
    story.acknowledge(story.log.next - 60)
    for _ in range(6):
        for _ in range(10):
            story.minutes()
        story.sync()


def before_room(story):
    while not story.log.thinned:
        story.minutes()
        story.cue(2)
        story.sync()


STORIES = {"burst": (before_burst, burst), "room": (before_room, room)}


def tell(name):
    """Return the story, and the flash as it was when the journal began."""
    before, told = STORIES[name]
    device = NorFlash(BLOCKS)
    os.VfsLfs2.mkfs(device)
    os.mount(device, ROOT)
    story = Story(device)
    before(story)
    clean = bytes(device.image)
    device.journal = []
    story.marks = []
    story.mark()
    told(story)
    os.umount(ROOT)
    return story, clean


class Check:
    """Looks at what is left after a cut."""

    def __init__(self, story):
        self.story = story
        self.wrong = self.beyond = 0
        self.buffer = bytearray(FRAME_BYTES)

    def complain(self, cut, *words):
        self.wrong += 1
        if self.wrong <= 20:
            print("cut at entry", *cut, *words)

    def look(self, device, cut):
        try:
            os.mount(device, ROOT)
        except OSError as error:
            self.complain(cut, "does not mount:", error)
            return
        try:
            self.read(cut)
        finally:
            os.umount(ROOT)

    def read(self, cut):
        durable, acknowledged = self.due(cut[0])
        log = Log(ROOT, SIZE_BYTES, segment_blocks=FILE_BLOCKS)
        if log.failures or log.damaged_bytes:
            self.complain(cut, log.failures, "failures,", log.damaged_bytes, "damaged bytes")
        if log.next < durable:
            self.complain(cut, "next", log.next, "of", durable)
        found = self.records(log)
        self.compare(cut, found, durable, acknowledged)
        self.beyond += log.next > durable
        self.go_on(cut, log, found)

    def due(self, entry):
        durable = acknowledged = 0
        for entries, was_durable, was_acknowledged in self.story.marks:
            if entries <= entry:
                durable, acknowledged = was_durable, was_acknowledged
        return durable, acknowledged

    def records(self, log):
        reader, found = Reader(log, 0), []
        while reader.read_into(self.buffer):
            kind, _, values, items = wire.unpack_frame(self.buffer, 0)
            found.append((reader.number, kind, values, items))
        reader.pause()
        return found

    def compare(self, cut, found, durable, acknowledged):
        there, thinned, last = {}, [], -1
        for number, kind, values, items in found:
            if number <= last:
                self.complain(cut, "record", number, "after", last)
            last = number
            if kind == flash.LOST:
                thinned.append(values)
            elif self.story.written.get(number) != (kind, values, items):
                self.complain(cut, "record", number, "is not what was written")
            there[number] = True
        for number in range(acknowledged, durable):
            frame = self.story.written[number][0]
            if number in there and (frame != flash.MINUTES or not thinned):
                continue
            if number not in there and frame != flash.MINUTES:
                self.complain(cut, "record", number, "is gone")
            elif number not in there and not is_told(number, thinned):
                self.complain(cut, "minutes", number, "are gone unsaid")

    def go_on(self, cut, log, found):
        number = log.append(frames.CUE, (7, 7, 7, 7))
        if not log.sync():
            if not log.is_full:
                self.complain(cut, "cannot go on")
            return
        again = self.records(Log(ROOT, SIZE_BYTES, segment_blocks=FILE_BLOCKS))
        if again[-1][:3] != (number, frames.CUE, (7, 7, 7, 7)):
            self.complain(cut, "the next record is not there")
        if again[0][0] == found[0][0] and len(again) < len(found) + 1 - log.thinned:
            self.complain(cut, "records went when the next was written")


def is_told(number, lost):
    return any(first <= number < end and cause == 0 for first, end, _, cause in lost)


def places(entry):
    return ERASE_PLACES if entry[2] is None else range(length_of(entry))


def main(name, stride, first):
    story, clean = tell(name)
    journal = story.device.journal
    erases = len([entry for entry in journal if entry[2] is None])
    check, device = Check(story), NorFlash(BLOCKS)
    base = NorFlash(BLOCKS)
    base.image[:] = clean
    cuts = torn_erases = 0
    skip = first
    for k, entry in enumerate(journal):
        for at in places(entry):
            if skip:
                skip -= 1
                continue
            skip = stride - 1
            device.image[:] = base.image
            device.tear(entry, at)
            check.look(device, (k, at))
            cuts += 1
            torn_erases += entry[2] is None
        base.replay(entry)
        gc.collect()
    size = sum([length_of(entry) for entry in journal if entry[2]])
    print(f"{name}: {len(journal)} entries, {erases} erases, {size} bytes")
    print(f"{cuts} cuts, {torn_erases} of them in erases, {check.wrong} wrong")
    print(f"{check.beyond} left more than was due")
    if cuts and not check.wrong:
        print("OK")


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
