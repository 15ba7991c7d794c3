"""The tables of docs/troubleshooting.md, from the code: faults, what can hang, Bluetooth."""

import re
from pathlib import Path

from markdown import markdown

from posturecore import faults
from trunkline.transports.ble_troubles import TROUBLES

_SUPERVISOR = Path(__file__).resolve().parents[1] / "firmware" / "supervisor.py"


def fault_table() -> str:
    """Return every fault: code, what is wrong, what to do, what its number means."""
    rows = [
        [str(code), name, sentence, remedy, detail or "–"]
        for code, (name, sentence, remedy, detail) in enumerate(faults.FAULTS)
        if code != faults.NONE
    ]
    return markdown(["code", "fault", "what is wrong", "what to do", "detail"], rows)


def task_table() -> str:
    """Return the supervisor's tasks, which a stuck task's detail points into."""
    found = re.search(r"^TASKS = \((.*)\)$", _SUPERVISOR.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"Found no line TASKS = (...) in {_SUPERVISOR}; expected the tasks.")
    names = [name.strip().strip('"') for name in found[1].split(",")]
    return markdown(["row", "task"], [[str(row), name] for row, name in enumerate(names)])


def bluetooth_table() -> str:
    """Return what Bluetooth may refuse, and what to try on each system."""
    rows = [
        [row.found, *(row.remedy(system, "ADDRESS") for system in ("linux", "darwin", "win32"))]
        for row in TROUBLES.values()
    ]
    return markdown(["found", "Linux", "macOS", "Windows"], rows)


TABLES = {"bluetooth": bluetooth_table, "faults": fault_table, "tasks": task_table}
