"""The tables of docs/protocol.md, from posturecore: frames, parameters, lists, an example."""

from struct import calcsize

from markdown import markdown

from posturecore import (
    calibrate,
    coach,
    context,
    decide,
    faults,
    flash,
    frames,
    lifts,
    params,
    patterns,
    scales,
    wire,
)

_TYPES = {"B": "u8", "H": "u16", "I": "u32", "h": "i16", "i": "i32"}


def _size(code: str) -> int:
    return calcsize("<" + code)


def _type(code: str) -> str:
    return f"{_size(code)} bytes" if code.endswith("s") else _TYPES[code]


def version() -> str:
    """Return the numbers that a client checks first."""
    rows = [
        ["protocol version, in `hello`", str(frames.VERSION)],
        ["longest payload, bytes", str(wire.MAX_PAYLOAD)],
        ["samples in a block, in `hello`", str(scales.SAMPLES_PER_BLOCK)],
        ["nominal rate, mHz; the real one is in `hello`", str(scales.NOMINAL_RATE_MHZ)],
    ]
    return markdown(["what this page tells of", "number"], rows)


def overview() -> str:
    """Return one line for each frame."""
    rows = []
    for number, (name, direction, fields, items, meaning) in frames.FRAMES.items():
        size = sum(_size(code) for _, code, _ in fields)
        each = sum(_size(code) for _, code, _ in items)
        text = (
            f"{size} + {each} each, up to {wire.items_per_frame(number)}" if items else str(size)
        )
        rows.append([f"0x{number:02X}", f"`{name}`", direction, text, meaning])
    return markdown(["id", "frame", "direction", "payload bytes", "meaning"], rows)


def fields() -> str:
    """Return the fields of every frame, one table each."""
    text = ""
    for number, (name, _, fixed, items, _) in frames.FRAMES.items():
        text += f"\n#### 0x{number:02X} {name}\n\n"
        rows, offset = [], 0
        for field, code, unit in fixed:
            rows.append([str(offset), f"`{field}`", _type(code), unit or "–"])
            offset += _size(code)
        step = 0
        for field, code, unit in items:
            where = f"{offset} + k·n" if not step else f"{offset + step} + k·n"
            rows.append([where, f"`{field}`", _type(code), unit or "–"])
            step += _size(code)
        if rows:
            text += markdown(["offset", "field", "type", "unit or meaning"], rows)
        else:
            text += "No fields.\n"
        if items:
            text += f"\nItems k = 0, 1, ... to the payload's end, n = {step} bytes each.\n"
    return text.lstrip("\n") + "\n"


def parameters() -> str:
    """Return the prescription: every parameter with its id."""
    rows = [
        [str(row), f"`{name}`", str(default), f"{low} to {high}", unit or "–", meaning, source]
        for row, (name, default, low, high, unit, meaning, source) in enumerate(params.PARAMS)
    ]
    return markdown(["id", "parameter", "default", "range", "unit", "meaning", "source"], rows)


def enumerations() -> str:
    """Return every list that a number in a frame points into."""
    lists = (
        ("ack codes", frames.ACK_CODES),
        ("contexts", context.CONTEXTS),
        ("episode kinds", decide.KINDS),
        ("bend styles", lifts.STYLES),
        ("cue reasons", coach.REASONS),
        ("patterns", patterns.PATTERN_NAMES),
        ("cue outcomes", coach.OUTCOMES),
        ("calibration codes", calibrate.MEANINGS),
        ("neutrals", frames.NEUTRALS),
        ("placements", params.PLACEMENTS),
        ("boot causes", flash.CAUSES),
        ("modes", flash.MODES),
        ("power states", flash.POWER_STATES),
        ("coachings", flash.COACHINGS),
        ("update states", flash.UPDATE_STATES),
        ("ledger entries", decide.LEDGER),
        ("faults", [name for name, *_ in faults.FAULTS]),
    )
    rows = [
        [title, "; ".join(f"{k} {name}" for k, name in enumerate(names))] for title, names in lists
    ]
    return markdown(["list", "values"], rows)


def vibrations() -> str:
    """Return the vibration patterns, and when each is played."""
    rows = [
        [str(k), name, ", ".join(map(str, patterns.PATTERNS[k])) or "–", patterns.MEANINGS[k]]
        for k, name in enumerate(patterns.PATTERN_NAMES)
    ]
    return markdown(["id", "pattern", "ms on, off, on, ...", "when"], rows)


def example() -> str:
    """Return a frame in hex, with its parts."""
    values = (1246, 1, 2, 0)
    frame = wire.pack_frame(frames.CUE, 7, values)
    names = [name for name, _, _ in frames.FRAMES[frames.CUE][2]]
    said = ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
    parts = (frame[:1], frame[1:2], frame[2:4], frame[4:6], frame[6:-4], frame[-4:])
    labels = ("magic", "id", "length", "sequence", f"payload: {said}", "crc32")
    rows = [[part.hex(" "), label] for part, label in zip(parts, labels, strict=True)]
    return markdown(["bytes", "meaning"], rows)


def uuids() -> str:
    """Return the GATT service and its characteristics."""
    rows = [
        ["service", frames.SERVICE_UUID, ""],
        ["stream", frames.STREAM_UUID, "read, notify: frames from device to host"],
        ["control", frames.CONTROL_UUID, "write: frames from host to device"],
        ["log", frames.LOG_UUID, "read, notify: `log_from` and stored frames"],
        ["update", frames.UPDATE_UUID, "write without response: `update_data`"],
    ]
    return markdown(["what", "UUID", "use"], rows)


TABLES = {
    "version": version,
    "overview": overview,
    "fields": fields,
    "parameters": parameters,
    "enumerations": enumerations,
    "patterns": vibrations,
    "example": example,
    "uuids": uuids,
}
