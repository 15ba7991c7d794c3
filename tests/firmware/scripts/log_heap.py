"""Heap that the log and its reader hold, and what a decided block costs Minutes; prints OK."""

import gc
import os

from norflash import NorFlash

from download import Download
from posturecore import flash, frames
from posturecore.context import BENDING, STILL
from posturecore.minutes import Minutes
from storage.log import Log

ROOT = "/heap"
SIZE_BYTES = 64 * 4096
MOST_BYTES = 8192  # 4 KiB of it are 2 KiB of pending records and their list


def spent_by_minutes():
    """Return what 590 blocks within a minute allocate."""
    minutes = Minutes(60_000)
    at = 0
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    while at < 590:
        minutes.block(at, 1000, -at, STILL if at & 1 else BENDING)
        at += 1
    spent = gc.mem_alloc() - before
    gc.enable()
    return spent


def held_by_log():
    """Return what a full log and a running download hold on the heap."""
    device = NorFlash(SIZE_BYTES // 4096 + 16)
    os.VfsLfs2.mkfs(device)
    os.mount(device, ROOT)
    gc.collect()
    before = gc.mem_alloc()
    log = Log(ROOT, SIZE_BYTES)
    download = Download(log, lambda data: True)
    while not log.not_kept:
        log.append(flash.MINUTES, (0, 0), ((0,) * 8 + (0,),) * 10)
        log.append(frames.CUE, (0, 0, 0, 0))
        for _ in range(40):
            log.tend()
    download.read(0, 1000)
    download.tend()
    gc.collect()
    held = gc.mem_alloc() - before
    download.stop()
    os.umount(ROOT)
    return held, log.thinned


spent = spent_by_minutes()
held, thinned = held_by_log()
print(spent, "bytes for 590 blocks")
print(held, "bytes held by a full log;", thinned, "records thinned")
if spent == 0 and thinned and held <= MOST_BYTES:
    print("OK")
