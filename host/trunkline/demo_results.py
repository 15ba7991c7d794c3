"""What the demo leaves behind: a database and a page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from trunkline.demo import Played
from trunkline.pages import period
from trunkline.report import ReportPage, ReportSection, write_report
from trunkline.simulator import MotorChange
from trunkline.store import Store

_TIME_ZONE = "UTC"


def motor_runs(log: Sequence[MotorChange]) -> tuple[tuple[float, int], ...]:
    """Turn the motor's changes into (start in seconds, duration in ms) runs."""
    runs = []
    started_ms = None
    for change in log:
        if change.duty_u16 and started_ms is None:
            started_ms = change.time_ms
        elif not change.duty_u16 and started_ms is not None:
            runs.append((started_ms / 1000, change.time_ms - started_ms))
            started_ms = None
    return tuple(runs)


def save(path: Path, played: Sequence[Played]) -> str:
    """Put every part in the database; return the wearer's pseudonym."""
    with Store.open(path) as store:
        wearer = store.add_wearer(time_zone=_TIME_ZONE)
        for each in played:
            store.save_session(
                wearer,
                each.analysis,
                device_id=each.hello.device_id.hex(),
                boot_id=each.hello.boot_id,
                started_utc=None,  # virtual time has no date, and none is made up
                time_uncertainty_s=None,
                samples_lost=each.status.samples_lost,
            )
    return wearer


def facts(played: Sequence[Played]) -> tuple[tuple[str, str], ...]:
    """Say how link and device did."""
    blocks = sum(each.comparison.blocks for each in played)
    events = sum(each.comparison.events for each in played)
    is_identical = all(each.comparison.is_identical for each in played)
    dropped = sum(each.status.frames_dropped for each in played)
    faults = sum(each.faults for each in played)
    return (
        ("Frames received", f"{sum(each.frames for each in played):,}"),
        ("Frames dropped by the device", str(dropped)),
        ("Frames damaged or missing", str(faults)),
        ("Samples lost", str(sum(each.status.samples_lost for each in played))),
        (
            "Decisions of device and host",
            f"{'' if is_identical else 'NOT '}identical: {blocks:,} blocks, {events} events",
        ),
        ("Virtual motor", f"{sum(len(motor_runs(p.motor_log)) for p in played)} pulses"),
        ("Radio", "Bluetooth LE on a virtual radio, paired by passkey, through bleak"),
        ("Board", "the firmware on the MicroPython VM, virtual time, simulated sensor chip"),
    )


def write_page(path: Path, played: Sequence[Played], wearer: str) -> Path:
    """Write the report."""
    sections = tuple(
        ReportSection(
            each.analysis,
            "Simulated hour at a desk" if each.analysis.is_simulated else "Real lower-back clip",
            each.part.what_is_real,
            motor_runs(each.motor_log),
            {f"{name}_deg": value for name, value in each.difference_deg.items()},
        )
        for each in played
    )
    page = ReportPage(
        title="Trunkline demo",
        wearer=wearer,
        period=" and ".join(period(each.analysis) for each in played),
        sections=sections,
        facts=facts(played),
        made_utc=datetime.now(UTC),
        footnotes=("Virtual time has no date: the time of day of these recordings is unknown.",),
    )
    return write_report(path, page)
