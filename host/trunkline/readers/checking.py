"""What is whole in a file: a capture byte by byte, others by what their reader found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from trunkline.captures.capture import SUFFIX, CaptureWriter, read_capture, read_frames
from trunkline.captures.damage import Damage, DamageDecoder
from trunkline.captures.spans import Spans, spans_of
from trunkline.errors import InputError
from trunkline.readers import load
from trunkline.recordings.quality_summary import QualitySummary, quality_summary

WHOLE, DAMAGED, UNREADABLE = "whole", "damaged", "unreadable"


@dataclass(frozen=True)
class SampleGap:
    """Samples that are missing, in a file whose bytes may all be whole.

    Attributes:
        at_s: When, in seconds from the first sample.
        lost_s: How much time is missing.
        cause: "device": it had none, "link": frames are missing there, or "unknown".
    """

    at_s: float
    lost_s: float
    cause: str


@dataclass(frozen=True)
class Findings:
    """What a look at one file found.

    Attributes:
        path: The file.
        verdict: "whole", "damaged" (the rest can be used) or "unreadable".
        what: What it is, in words; the sentence of the refusal when it cannot be read.
        is_simulated: True if no person wore the sensor; None: not known.
        start_utc: Time of the first sample; None: not known.
        end_utc: Time behind the last whole sample; None: not known.
        duration_s: From the first sample to behind the last whole one, gaps included.
        frames: Whole frames of a capture; samples of any other recording.
        whole_bytes: Bytes of those frames; None: not a capture.
        damages: Where a capture is damaged, cut, or misses frames.
        gaps: Where samples are missing.
        warnings: Further sentences for the reader.
        quality: Jitter, gaps and repeats of a recording; None: a capture.
    """

    path: str
    verdict: str
    what: str
    is_simulated: bool | None = None
    start_utc: datetime | None = None
    end_utc: datetime | None = None
    duration_s: float = 0.0
    frames: int = 0
    whole_bytes: int | None = None
    damages: tuple[Damage, ...] = ()
    gaps: tuple[SampleGap, ...] = ()
    warnings: tuple[str, ...] = ()
    quality: QualitySummary | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values; times in ISO 8601."""
        values = asdict(self)
        for name in ("start_utc", "end_utc"):
            values[name] = values[name].isoformat() if values[name] else None
        return values


def check(path: Path | str, **options: Any) -> Findings:
    """Look at a file of any kind that `load` reads, and say what in it is whole.

    What is missing counts as damage; samples that are not there although no frame is missing are
    told as gaps only: a device may have had none.

    Args:
        path: The file.
        options: As for `load`; captures need none.
    """
    file = Path(path)
    try:
        return _check_capture(file) if file.suffix == SUFFIX else _check_other(file, options)
    except InputError as error:
        return Findings(str(file), UNREADABLE, str(error))


def _check_capture(path: Path) -> Findings:
    capture = read_capture(path)
    header, data, decoder = _decode(path)
    spans = spans_of(capture.events)
    bad_bytes = sum(damage.count for damage in decoder.damages if damage.is_of_bytes)
    start_utc, end_utc = spans.utc()
    return Findings(
        path=str(path),
        verdict=DAMAGED if decoder.damages or header is None else WHOLE,
        what=_about_capture(capture.header, spans),
        is_simulated=_truth(capture.header.get("is_simulated")),
        start_utc=start_utc,
        end_utc=end_utc,
        duration_s=round(spans.duration_s, 3),
        frames=decoder.counts["good"] + decoder.counts["unknown"] + decoder.counts["malformed"],
        whole_bytes=len(data) - bad_bytes,
        damages=tuple(decoder.damages),
        gaps=tuple(SampleGap(*gap) for gap in spans.gaps),
        warnings=capture.warnings,
    )


def _decode(path: Path) -> tuple[dict[str, Any] | None, bytes, DamageDecoder]:
    header, data = read_frames(path)
    decoder = DamageDecoder(path.stat().st_size - len(data))
    decoder.receive_data(data)
    for _ in decoder.finish():
        pass  # only where the faults are is asked
    return header, data, decoder


def _about_capture(header: Mapping[str, Any], spans: Spans) -> str:
    source = str(header.get("source", "an unknown source"))
    if spans.hello is None:
        return f"a capture from {source}, which does not say of which device"
    boots = ", ".join(map(str, spans.boots))
    device = spans.hello.device_id.hex()
    return f"a capture from {source}, device {device}, boot {boots}"


def _truth(said: object) -> bool | None:
    return said if isinstance(said, bool) else None


def _check_other(path: Path, options: Mapping[str, Any]) -> Findings:
    recording, kind = load(path, **options), path.suffix or "Motion-BIDS"
    at_s = [gap.at / recording.rate_hz for gap in recording.gaps]
    lost_s = [gap.lost_s for gap in recording.gaps]
    before_s = [sum(lost_s[:k]) for k in range(len(lost_s))]
    return Findings(
        path=str(path),
        verdict=DAMAGED if recording.quality.faults else WHOLE,
        what=f"a recording, {kind}: {recording.rate_hz:g} Hz, {recording.placement}",
        is_simulated=recording.is_simulated,
        start_utc=recording.start_utc,
        duration_s=round(recording.duration_s, 3),
        frames=recording.sample_count,
        gaps=tuple(
            SampleGap(round(at + before, 3), round(lost, 3), "unknown")
            for at, before, lost in zip(at_s, before_s, lost_s, strict=True)
        ),
        warnings=recording.quality.warnings,
        quality=quality_summary(recording),
    )


def repair(path: Path | str, to: Path | str) -> Findings:
    """Copy the whole frames of a capture to a new file, and look at that.

    What is missing stays missing: the frames' numbers go on telling so.

    Args:
        path: A capture; it is left as it is.
        to: A file that does not exist yet, ending in .tlcap.

    Raises:
        InputError: Not a capture, or the new file cannot be made.
    """
    source, target = Path(path), Path(to)
    if source.suffix != SUFFIX or target.suffix != SUFFIX:
        raise InputError(
            found=f"{source.name} to be repaired to {target.name}",
            expected=f"two captures ({SUFFIX})",
            hint="other recordings are read around their damage as they are",
        )
    capture = read_capture(source)
    _, data, decoder = _decode(source)
    offset = source.stat().st_size - len(data)
    with CaptureWriter(target, {**capture.header, "repaired_from": source.name}) as writer:
        at = 0
        for damage in decoder.damages:
            if damage.is_of_bytes:
                writer.write(data[at : damage.offset - offset])
                at = damage.offset - offset + damage.count
        writer.write(data[at:])
    return check(target)
