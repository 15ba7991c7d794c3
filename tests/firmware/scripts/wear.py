"""Write the same day into the log on a real littlefs2 until the log forgets something.

wear.py FILE SIZE_BYTES: a line of FILE is what one step appends, frames in hex. Prints, for each
key, one number: counts of the flash, and after how many days the first record went.
"""

import gc
import os
import sys
from binascii import unhexlify

from norflash import BLOCK_BYTES, NorFlash

from posturecore import wire
from storage.log import Log

ROOT = "/wear"
OTHER_BLOCKS = 64  # the rest of the file system is there, too
MOST_DAYS = 400
STEPS = 100  # two a second; records are a minute apart, or more


def steps(path):
    with open(path) as file:
        for line in file:
            data = unhexlify(line.strip())
            at = 0
            while at < len(data):
                size = wire.examine(data, at, len(data))[1]
                frame, _, values, items = wire.unpack_frame(data, at)
                at += size
                yield frame, values, items, at == len(data)


def day(log, path):
    for frame, values, items, is_last in steps(path):
        log.append(frame, values, items)
        if is_last:
            for _ in range(STEPS):
                if log.tend():
                    break
    log.sync()


def main(path, size_bytes):
    device = NorFlash(size_bytes // BLOCK_BYTES + OTHER_BLOCKS)
    os.VfsLfs2.mkfs(device)
    os.mount(device, ROOT)
    free = os.statvfs(ROOT)[3]
    device.reset()
    log = Log(ROOT, size_bytes)
    days = thinned_after = most_blocks = 0
    while not log.not_kept and days < MOST_DAYS:
        day(log, path)
        most_blocks = max(most_blocks, free - os.statvfs(ROOT)[3])
        days += not log.not_kept
        if not log.thinned and not log.not_kept:
            thinned_after = days
            erases, programmed, used = sum(device.erases), device.programmed, log.used_bytes
            most_erased = max(device.erases)
        gc.collect()
    os.umount(ROOT)
    print("erases_a_day", erases / thinned_after)
    print("programmed_a_day", programmed / thinned_after)
    print("used_a_day", used / thinned_after)
    print("most_erased_a_day", most_erased / thinned_after)
    print("days_until_thinned", thinned_after)
    print("days_until_full", days)
    print("most_bytes", most_blocks * BLOCK_BYTES)


main(sys.argv[1], int(sys.argv[2]))
