"""Import every firmware module on the MicroPython VM; main.py would not come back."""

import os
import sys

NOT_MODULES = ("main.py", "compile.py")  # the program itself; for the desk
folder = sys.argv[1]


def modules(path, prefix):
    for name in sorted(os.listdir(path)):
        if name.endswith(".py") and name not in NOT_MODULES and name != "__init__.py":
            yield prefix + name[:-3]
        elif name in ("ble", "drivers", "posturecore", "storage"):
            yield prefix + name
            yield from modules(path + "/" + name, prefix + name + ".")


found = list(modules(folder, "")) + list(modules(folder + "/lib", ""))
found += list(modules(folder + "/boards/sim", ""))
for name in found:
    __import__(name)
print(len(found), "modules")
print("OK")
