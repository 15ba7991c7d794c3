"""Every frame of the protocol: ids, fields, units. The table is the specification.

id: (name, direction, fields, item fields, meaning); a field is (name, struct code, unit).
The bytes around a payload are in wire.py, the rows about the device's flash in flash.py;
docs/protocol.md is written from here.
"""

from .flash import ABOUT_FLASH

VERSION = 1
SERVICE_UUID = "7a2b0001-5d6e-4c1b-9a51-6f1d6c696e65"
STREAM_UUID = "7a2b0002-5d6e-4c1b-9a51-6f1d6c696e65"  # notify: device to host
CONTROL_UUID = "7a2b0003-5d6e-4c1b-9a51-6f1d6c696e65"  # write: host to device
LOG_UUID = "7a2b0004-5d6e-4c1b-9a51-6f1d6c696e65"  # notify: stored frames, device to host
UPDATE_UUID = "7a2b0005-5d6e-4c1b-9a51-6f1d6c696e65"  # write without response: update_data

HELLO, STATUS, ACK = 0x01, 0x02, 0x03
SAMPLES, BLOCKS, DECISIONS = 0x10, 0x11, 0x12
EPISODE, CUE = 0x20, 0x21
SETTINGS, CALIBRATION, TIME_ANCHOR = 0x30, 0x31, 0x32
REQUEST, STREAM, CALIBRATE, NEUTRAL, HAPTIC = 0x40, 0x41, 0x42, 0x43, 0x44
ALIVE = 0x4A

_SAMPLE = tuple(
    (part + "_" + axis, "h", unit)
    for part, unit in (("gyr", "35 mdps"), ("acc", "0.244 mg"), ("up", "0.061 mg"))
    for axis in "xyz"
)
_BLOCK = (
    tuple((name + "_mean", code, unit) for name, code, unit in _SAMPLE)
    + tuple((name + "_range", "H", unit) for name, _, unit in _SAMPLE[:6])
    + (("flags", "B", "1 saturated, 2 own motor ran, 4 on the charger"),)
)
_ABOUT_NOW = {
    HELLO: (
        "hello",
        "device to host",
        (
            ("version", "B", "protocol version"),
            ("firmware_major", "B", ""),
            ("firmware_minor", "B", ""),
            ("block_samples", "B", "samples in a block"),
            ("rate_mhz", "I", "mHz, the chip's real rate"),
            ("boot_id", "I", "names this boot"),
            ("prescription", "I", "crc32 of the settings in force"),
            ("device_id", "8s", "the chip's unique id"),
            ("mode", "B", "index in modes"),
        ),
        (),
        "who is there; the first frame after connecting",
    ),
    STATUS: (
        "status",
        "device to host",
        (
            ("boot_id", "I", "names this boot"),
            ("uptime_ms", "I", "ms since boot"),
            ("sample_index", "I", "samples since boot, lost ones included"),
            ("samples_lost", "I", "samples"),
            ("battery_mv", "H", "mV"),
            ("is_calibrated", "B", "0 or 1"),
            ("context", "B", "index in contexts"),
            ("imu_faults", "H", "failed transfers"),
            ("imu_overruns", "H", "full FIFOs"),
            ("frames_dropped", "H", "frames the radio refused"),
            ("frames_bad", "H", "frames from the host that could not be read"),
            ("frames_unknown", "H", "frames from the host with an unknown id"),
            ("power_state", "B", "index in power states"),
            ("fault", "B", "row in the table of faults of the last one but strangers; 0 none"),
        ),
        (),
        "health, and the tie between samples and the device's clock",
    ),
    ACK: (
        "ack",
        "device to host",
        (
            ("frame", "B", "id of the frame answered"),
            ("frame_sequence", "H", "its sequence"),
            ("code", "B", "index in ack codes"),
        ),
        (),
        "answer to every frame from the host",
    ),
    SAMPLES: (
        "samples",
        "device to host",
        (
            ("sample_index", "I", "index of the first sample"),
            ("motor_blocks", "B", "bit k: own motor ran in the frame's block k"),
        ),
        _SAMPLE,
        "sensor samples, whole blocks, up to 2",
    ),
    BLOCKS: (
        "blocks",
        "device to host",
        (("block_index", "I", "index of the first block"),),
        _BLOCK,
        "blocks, when samples are not asked for",
    ),
    DECISIONS: (
        "decisions",
        "device to host",
        (("block_index", "I", "index of the first block"),),
        (
            ("flexion_cdeg", "h", "0.01°, forward positive"),
            ("lateral_cdeg", "h", "0.01°, right positive"),
            ("context", "B", "index in contexts"),
            ("slouch_state", "B", "0 good, 1 begun, 2 prolonged"),
        ),
        "what the device decided, block by block",
    ),
    EPISODE: (
        "episode",
        "device to host",
        (
            ("kind", "B", "0 slouch, 1 bend"),
            ("context", "B", "index in contexts"),
            ("flags", "B", "1 held, 2 cut"),
            ("start_block", "I", "first block"),
            ("end_block", "I", "first block after"),
            ("peak_cdeg", "h", "0.01° from neutral"),
            ("mean_cdeg", "h", "0.01° from neutral"),
            ("peak_rate_cdeg_s", "h", "0.01°/s, inclination velocity over 100 ms"),
            ("prescription", "I", "crc32 of the settings in force"),
            ("mean_rate_cdeg_s", "h", "0.01°/s, mean inclination velocity until held"),
            ("twist_cdeg", "h", "0.01°, range of heading within it; -1 not told"),
            ("drop_mm", "h", "mm the sensor went down; -1 not told"),
            ("style", "B", "index in bend styles"),
            ("confidence_pct", "B", "%, of a bend's style; share of a slouch's blocks over entry"),
        ),
        (),
        "a slouch or a bend that has ended",
    ),
    CUE: (
        "cue",
        "device to host",
        (
            ("block_index", "I", "block that asked for it"),
            ("reason", "B", "index in cue reasons"),
            ("pattern", "B", "index in patterns"),
            ("outcome", "B", "index in cue outcomes: 0 felt, else why not"),
        ),
        (),
        "a buzz, felt or held back",
    ),
    SETTINGS: (
        "settings",
        "both",
        (
            ("from_block", "I", "first block they hold for; ignored by the device"),
            ("prescription", "I", "crc32 of all settings; ignored by the device"),
        ),
        (("parameter", "B", "row in the table of parameters"), ("value", "i", "as in its row")),
        "the prescription, or the part of it to change",
    ),
    CALIBRATION: (
        "calibration",
        "device to host",
        (
            ("neutral", "B", "which neutral pose"),
            ("code", "B", "index in calibration codes"),
            ("from_block", "I", "first block it holds for"),
            ("up_x", "h", "0.061 mg"),
            ("up_y", "h", "0.061 mg"),
            ("up_z", "h", "0.061 mg"),
            ("sd_mg", "H", "mg, worst axis"),
            ("ahead_x", "h", "1/16384, the direction of forward; 0, 0, 1 without a bow"),
            ("ahead_y", "h", "1/16384"),
            ("ahead_z", "h", "1/16384"),
        ),
        (),
        "a neutral pose taken, given or refused",
    ),
    TIME_ANCHOR: (
        "time_anchor",
        "both",
        (
            ("boot_id", "I", "names the boot; ignored by the device"),
            ("device_ms", "I", "ms since boot; ignored by the device"),
            ("utc_s", "I", "s since 1970"),
            ("utc_ms", "H", "ms"),
            ("uncertainty_ms", "H", "ms"),
            ("utc_offset_min", "h", "min, the wearer's clock ahead of UTC"),
        ),
        (),
        "what the host's clock said at a moment of the device's clock",
    ),
    REQUEST: (
        "request",
        "host to device",
        (("frame", "B", "id of the frame wanted"),),
        (),
        "ask for hello, status, settings, calibration, decisions or the log's or update's status",
    ),
    STREAM: (
        "stream",
        "host to device",
        (("mask", "B", "1 samples, 2 blocks, 4 decisions"),),
        (),
        "choose what is streamed",
    ),
    CALIBRATE: (
        "calibrate",
        "host to device",
        (
            ("neutral", "B", "which neutral pose"),
            ("with_bow", "B", "1: stand in any mounting, and bow at the pulse; else 0"),
        ),
        (),
        "take a neutral pose now",
    ),
    NEUTRAL: (
        "neutral",
        "host to device",
        (
            ("neutral", "B", "which neutral pose"),
            ("up_x", "h", "0.061 mg"),
            ("up_y", "h", "0.061 mg"),
            ("up_z", "h", "0.061 mg"),
            ("ahead_x", "h", "1/16384, the direction of forward; 0, 0, 0 keeps it"),
            ("ahead_y", "h", "1/16384"),
            ("ahead_z", "h", "1/16384"),
        ),
        (),
        "use this neutral pose",
    ),
    HAPTIC: (
        "haptic",
        "host to device",
        (("pattern", "B", "index in patterns"),),
        (),
        "play a pattern",
    ),
    ALIVE: (
        "alive",
        "host to device",
        (("state", "B", "0 has just come, 1 is still there, 2 leaves"),),
        (),
        "a host on a cable, once a second; not answered",
    ),
}
FRAMES = dict(list(_ABOUT_NOW.items()) + list(ABOUT_FLASH.items()))
ALIVE_COMES, ALIVE_STAYS, ALIVE_LEAVES = range(3)
STREAM_SAMPLES, STREAM_BLOCKS, STREAM_DECISIONS = 1, 2, 4
NEUTRALS = ("stand", "sit", "drive")
ACK_CODES = ("done", "unknown frame", "bad value", "busy", "failed", "no memory")
ACK_DONE, ACK_UNKNOWN, ACK_BAD_VALUE, ACK_BUSY, ACK_FAILED, ACK_NO_MEMORY = range(6)
