"""The board's own console, on the VM's stdin and stdout: says back what comes, up to an X."""

import time

from console import Console

console = Console()
waiting = b""
is_over = False
while not is_over:
    waiting += console.read()
    while waiting and not is_over:
        count = console.write(waiting)
        is_over = b"X" in waiting[:count]
        waiting = waiting[count:]
    time.sleep_ms(1)
console.release()
