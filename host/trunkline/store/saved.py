"""A session as it is written and as it comes back."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from posturecore import params
from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.decide.analysis import Analysis, Wear
from trunkline.errors import InputError

WEAR_TOTALS = (
    "total_s",
    "worn_s",
    "off_body_s",
    "unknown_s",
    "uncalibrated_s",
    "lost_s",
    "charging_s",
    "link_lost_s",
)
_LARGEST_BOOT_ID = 2**32 - 1


@dataclass(frozen=True)
class SavedSession:
    """One stretch of wear in the store.

    Attributes:
        id: Its number in this store.
        wearer_id: Whose; a pseudonymous id.
        device_id: The device in hex; empty when no device took part.
        boot_id: The device's boot that counted the time.
        source: Where it came from, in words; with device and boot it names the session.
        revision: 1 for the first analysis of this session, then 2, 3 ...
        name: The recording's name.
        description: Where the recording comes from, in words.
        is_simulated: True if no person wore the sensor.
        placement: C7, T4, T12 or L5.
        rate_mhz: Samples a second, in thousandths.
        started_utc: Time of day of the first sample; None: unknown.
        time_uncertainty_s: How far `started_utc` may be off, in seconds; None: unknown.
        samples_received: Samples that arrived.
        samples_lost: Samples that are known to be missing.
        prescription: The settings in force, as 8 hex digits.
        neutral: The neutral up vector in the sensor frame; None: never calibrated.
        neutral_source: Where the neutral pose came from, in words.
        warnings: What the reader of any number here should know.
        app_version: The version of Trunkline that saved it.
        saved_utc: When it was saved.
    """

    id: int
    wearer_id: str
    device_id: str
    boot_id: int
    source: str
    revision: int
    name: str
    description: str
    is_simulated: bool
    placement: str
    rate_mhz: int
    started_utc: datetime | None
    time_uncertainty_s: float | None
    samples_received: int
    samples_lost: int
    prescription: str
    neutral: tuple[float, ...] | None
    neutral_source: str
    warnings: tuple[str, ...]
    app_version: str
    saved_utc: datetime


@dataclass(frozen=True)
class Origin:
    """Where a session comes from, beside what was found in it; fields as in SavedSession."""

    wearer_id: str
    device_id: str
    boot_id: int
    source: str
    started_utc: datetime | None
    time_uncertainty_s: float | None
    samples_received: int
    samples_lost: int


@dataclass(frozen=True)
class Content:
    """Every value of one revision but its number, version and time of saving."""

    session: dict[str, Any]
    settings: dict[str, int]
    parts: dict[str, list[dict[str, Any]]]

    @property
    def sha256(self) -> str:
        """Give the same 64 hex digits for the same content."""
        text = json.dumps(asdict(self), sort_keys=True, default=datetime.isoformat)
        return hashlib.sha256(text.encode()).hexdigest()


def content_of(analysis: Analysis, origin: Origin) -> Content:
    """Lay an analysis out in rows.

    Raises:
        InputError: Settings, times or numbers that a store cannot keep.
    """
    _check_origin(origin)
    settings = _complete(analysis.settings)
    session = asdict(origin) | {
        "name": analysis.name,
        "description": analysis.source,
        "is_simulated": _stated(analysis),
        "placement": analysis.placement,
        "rate_mhz": round(SAMPLES_PER_BLOCK * 1000 / analysis.timeline.block_s),
        "prescription": f"{params.fingerprint(settings):08x}",
        "neutral": None if analysis.neutral is None else list(analysis.neutral),
        "neutral_source": analysis.neutral_source,
        "warnings": list(analysis.warnings),
    }
    if origin.started_utc is not None:  # one moment, one content, whatever the zone it is told in
        session["started_utc"] = origin.started_utc.astimezone(UTC)
    session |= {name: getattr(analysis.wear, name) for name in WEAR_TOTALS}
    parts = {
        "episodes": [asdict(episode) for episode in (*analysis.episodes, *analysis.bends)],
        "cues": [asdict(cue) for cue in analysis.cues],
        "ledger": _ledger(analysis.wear, analysis.timeline.block_s),
    }
    _check_numbers([session, *(row for rows in parts.values() for row in rows)])
    return Content(session, settings, parts)


def samples_in(analysis: Analysis) -> int:
    """Count the samples in the blocks of a recording that are not lost."""
    wear = analysis.wear
    here_s = wear.total_s - wear.lost_s - wear.link_lost_s
    return round(here_s / analysis.timeline.block_s) * SAMPLES_PER_BLOCK


def _ledger(wear: Wear, block_s: float) -> list[dict[str, Any]]:
    return [
        {"context": name, "blocks": round(seconds / block_s), "seconds": seconds}
        for name, seconds in wear.by_context_s.items()
    ]


def _complete(settings: Mapping[str, int]) -> dict[str, int]:
    try:
        return params.complete(dict(settings))
    except ValueError as error:
        raise InputError(
            found="settings that no device can hold",
            expected="whole numbers inside the limits of posturecore.params",
            hint=str(error).rstrip("."),
        ) from error


def _check_origin(origin: Origin) -> None:
    if not 0 <= origin.boot_id <= _LARGEST_BOOT_ID:
        raise InputError(
            found=f"boot id {origin.boot_id}",
            expected=f"0 to {_LARGEST_BOOT_ID}",
            hint="the boot id of the device's hello, or 0 when no device took part",
        )
    if any(digit not in "0123456789abcdef" for digit in origin.device_id):
        raise InputError(
            found=f"device id {origin.device_id!r}",
            expected="lower-case hex digits, or nothing when no device took part",
            hint="bytes.hex() of the device's id; never a person's name",
        )
    if origin.started_utc is not None and origin.started_utc.tzinfo is None:
        raise InputError(
            found=f"the start {origin.started_utc} without a time zone",
            expected="an aware time, or None when it is unknown",
            hint="datetime.now(UTC)",
        )
    if origin.samples_received < 0 or origin.samples_lost < 0:
        raise InputError(
            found=f"{origin.samples_received} samples received, {origin.samples_lost} lost",
            expected="counts of 0 or more",
            hint="the counts of the link",
        )


def _check_numbers(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        for name, value in row.items():
            # A database keeps NaN as "nothing": what was saved would not come back.
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(
                    found=f"{name} = {value}",
                    expected="a finite number",
                    hint="analyse the recording again",
                )


def _stated(analysis: Analysis) -> bool:
    if analysis.is_simulated is None:
        raise InputError(
            found=f"{analysis.name}, of which nobody says whether a person wore it",
            expected="a session that is known to be recorded or simulated",
            hint="if you know, dataclasses.replace(analysis, is_simulated=False), or True",
        )
    return analysis.is_simulated
