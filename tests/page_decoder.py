"""A stranger's decoder: what it knows of frames it reads from docs/protocol.md, nothing else.

    python -I -S tests/page_decoder.py docs/protocol.md tests/vectors/frames.json FILE.tlcap

prints one JSON object: what of the vectors it reads otherwise, and what the capture holds.
"""

import json
import re
import struct
import sys
import zlib

CODES = {"u8": "B", "u16": "H", "u32": "I", "i16": "h", "i32": "i"}
MAGIC, HEAD, TAIL = 0xA5, 6, 4
HEADER = b"TLCAP 1 "


def layouts(page):
    """Read the frames' tables: {id: (name, fields, items)}, a field being (name, code)."""
    found = {}
    section = page[page.index("### Fields") : page.index("### Lists")]
    for part in section.split("\n#### ")[1:]:
        number, name = part.splitlines()[0].split()
        fixed, items = [], []
        for offset, field, kind in re.findall(r"^\| (\S.*?) \| `(\w+)` \| (.*?) \|", part, re.M):
            code = CODES[kind] if kind in CODES else f"{kind.split()[0]}s"
            (items if "k·n" in offset else fixed).append((field, code))
        found[int(number, 16)] = (name, fixed, items)
    return found


def form(fields):
    return struct.Struct("<" + "".join(code for _, code in fields))


def pack(number, sequence, values, items, layout):
    _, fixed, each = layout[number]
    payload = form(fixed).pack(*values) + b"".join(form(each).pack(*item) for item in items)
    head = struct.pack("<BBHH", MAGIC, number, len(payload), sequence)
    return head + payload + struct.pack("<I", zlib.crc32(head + payload))


def unpack(number, payload, layout):
    """Give name, values and items; fields that were added behind are left out."""
    name, fixed, each = layout[number]
    values = form(fixed).unpack_from(payload)
    rest = payload[form(fixed).size :]
    items = list(form(each).iter_unpack(rest)) if each else []
    return name, values, items


def whole_until(data, at):
    """Tell where a frame ends that begins here; None: there is no whole, good one."""
    if at + HEAD + TAIL > len(data):
        return None
    end = at + HEAD + struct.unpack_from("<H", data, at + 2)[0]
    if end + TAIL > len(data):
        return None
    is_good = struct.unpack_from("<I", data, end)[0] == zlib.crc32(data[at:end])
    return end + TAIL if is_good else None


def frames(data):
    """Yield (id, sequence, payload) of each good frame; at the end ("skipped", bytes)."""
    at = skipped = 0
    while at < len(data):
        start = data.find(bytes([MAGIC]), at)
        if start < 0:
            break
        skipped += start - at
        at = start
        end = whole_until(data, at)
        if end is None:
            at += 1
            skipped += 1
            continue
        _, number, size, sequence = struct.unpack_from("<BBHH", data, at)
        yield number, sequence, data[at + HEAD : at + HEAD + size]
        at = end
    yield "skipped", skipped + max(0, len(data) - at), b""


def read_vectors(rows, layout):
    """Name the vectors that come out otherwise, read or written."""
    wrong = []
    for row in rows:
        data = bytes.fromhex(row["hex"])
        (number, sequence, payload), *_ = frames(data)
        name, values, items = unpack(number, payload, layout)
        told = [value.hex() if isinstance(value, bytes) else value for value in values]
        raw = [bytes.fromhex(v) if isinstance(v, str) else v for v in row["values"]]
        is_same = (name, sequence, told, [list(item) for item in items]) == (
            *(row["name"], row["sequence"], row["values"]),
            row["items"],
        )
        written = pack(row["frame"], row["sequence"], raw, row["items"], layout)
        if not is_same or written != data:
            wrong.append(row["name"])
    return wrong


def read_capture(data, layout):
    header = None
    if data.startswith(HEADER):
        line, _, data = data.partition(b"\n")
        header = json.loads(line[len(HEADER) :])
    names, samples, jumps = {}, [], []
    missing, last, due, rate_mhz = 0, None, None, None
    for number, sequence, payload in frames(data):
        if number == "skipped":
            return {
                "header": header,
                "frames": names,
                "skipped": sequence,
                "missing": missing,
                "rate_mhz": rate_mhz,
                "samples": samples,
                "jumps": jumps,
            }
        missing += 0 if last is None else (sequence - last - 1) % 65536
        last = sequence
        if number not in layout:
            continue
        name, values, items = unpack(number, payload, layout)
        names[name] = names.get(name, 0) + 1
        if name == "hello":
            rate_mhz = values[[field for field, _ in layout[number][1]].index("rate_mhz")]
        if name == "samples":
            if due is not None and values[0] != due:
                jumps.append([len(samples), values[0] - due])
            samples += [list(item) for item in items]
            due = values[0] + len(items)


def main(page, vectors, capture):
    with open(page, encoding="utf-8") as file:
        layout = layouts(file.read())
    with open(vectors, encoding="utf-8") as file:
        wrong = read_vectors(json.load(file), layout)
    with open(capture, "rb") as file:
        found = read_capture(file.read(), layout)
    known = {"trunkline", "posturecore"} & set(sys.modules)
    print(json.dumps({"wrong": wrong, "knows": sorted(known), "kinds": len(layout), **found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
