"""Frames about the device's flash: records kept there, reading them, and updates.

Rows of the same table as in frames.py, which joins both. Episodes, cues, settings, calibrations
and time anchors are kept as well. A stored frame's sequence is the low half of its record number;
its blocks and ms count from the boot that the last `boot` record before it names.
"""

BOOT, MINUTES, LEDGER, FAULT = 0x22, 0x23, 0x24, 0x25
MARK, COACHING, POWER, LOST, DOUBT = 0x26, 0x27, 0x28, 0x29, 0x2A
LOG_STATUS, LOG_FROM, UPDATE_STATUS, STORED = 0x33, 0x34, 0x35, 0x36
LOG_READ, LOG_ACK = 0x45, 0x46
UPDATE_BEGIN, UPDATE_DATA, UPDATE_END = 0x47, 0x48, 0x49

# A minute's flexion from neutral, in bands of degrees; those of the report are sums of these.
BANDS_CDEG = (0, 500, 1000, 1500, 2000, 3000, 6000)
_BAND_NAMES = (
    "below_0",
    "from_0",
    "from_5",
    "from_10",
    "from_15",
    "from_20",
    "from_30",
    "from_60",
)

CAUSES = ("switched on", "reset", "watchdog", "woke from off", "unknown")
MODES = ("app", "safe")
POWER_STATES = ("off", "stored", "alone", "linked")
UPDATE_STATES = ("none", "receiving", "checked", "refused", "on trial")
COACHINGS = ("felt", "silent", "snoozed", "outside hours", "baseline", "faded", "probe day")

ABOUT_FLASH = {
    BOOT: (
        "boot",
        "device to host",
        (
            ("boot_id", "I", "names this boot"),
            ("cause", "B", "index in boot causes"),
            ("mode", "B", "index in modes"),
            ("firmware_major", "B", ""),
            ("firmware_minor", "B", ""),
            ("rate_mhz", "I", "mHz, the chip's real rate; 0: no sensor"),
            ("away_ms", "I", "ms since the last boot's last sign of life; 4294967295 unknown"),
            ("prescription", "I", "crc32 of the settings in force"),
            ("last_uptime_ms", "I", "ms from the last boot's start to that sign of life"),
        ),
        (),
        "a start; what follows counts from here",
    ),
    MINUTES: (
        "minutes",
        "device to host",
        (
            ("block_index", "I", "first block of the first minute"),
            ("device_ms", "I", "ms since boot, at the end of the last minute"),
        ),
        tuple([(name, "H", "blocks worn with this flexion") for name in _BAND_NAMES])
        + (("mean_cdeg", "h", "0.01°, mean flexion of these blocks"),),
        "minutes of wear, one after the other",
    ),
    LEDGER: (
        "ledger",
        "device to host",
        (
            ("block_index", "I", "the sum of all items"),
            ("device_ms", "I", "ms since boot"),
        ),
        (("blocks", "I", "blocks since boot in this entry of the ledger"),),
        "where the time went, entry by entry",
    ),
    FAULT: (
        "fault",
        "device to host",
        (
            ("device_ms", "I", "ms since boot, when it was last seen"),
            ("code", "B", "row in the table of faults"),
            ("count", "H", "how often since boot"),
            ("detail", "i", "what the code's row says"),
        ),
        (),
        "something is wrong",
    ),
    MARK: (
        "mark",
        "device to host",
        (
            ("block_index", "I", "block of the double press"),
            ("cue_block", "I", "block of the cue it means"),
        ),
        (),
        "the wearer says that the last cue was wrong",
    ),
    COACHING: (
        "coaching",
        "device to host",
        (
            ("block_index", "I", "first block it holds for"),
            ("coaching", "B", "index in coachings"),
        ),
        (),
        "whether cues are felt from here on, or why not",
    ),
    POWER: (
        "power",
        "device to host",
        (
            ("device_ms", "I", "ms since boot"),
            ("state", "B", "index in power states"),
            ("battery_mv", "H", "mV"),
            ("block_index", "I", "next block: ties blocks to ms where sampling pauses"),
        ),
        (),
        "a new state of power begins",
    ),
    LOST: (
        "lost",
        "device to host",
        (
            ("first", "I", "record number"),
            ("end", "I", "first record number after"),
            ("count", "I", "records gone from this range"),
            ("cause", "B", "0 thinned for room, 1 no room, 2 damaged"),
        ),
        (),
        "records that are no more",
    ),
    DOUBT: (
        "doubt",
        "device to host",
        (
            ("block_index", "I", "first block it holds for"),
            ("doubt_cdeg", "H", "0.01°, so far beyond the prescribed angle a cue must be; 0 none"),
        ),
        (),
        "by the last walk the neutral pose may be wrong, or no longer",
    ),
    LOG_STATUS: (
        "log_status",
        "device to host",
        (
            ("oldest", "I", "record number of the oldest record kept"),
            ("next", "I", "record number of the next to be written"),
            ("acknowledged", "I", "records below are on a host's disk"),
            ("used_bytes", "I", "bytes"),
            ("size_bytes", "I", "bytes"),
        ),
        (),
        "what the device remembers",
    ),
    LOG_FROM: (
        "log_from",
        "device to host",
        (
            ("record", "I", "record number of the stored frame that follows on the log"),
            ("end", "I", "first record number not in the answer"),
        ),
        (),
        "begins an answer to log_read; also where records are missing in between",
    ),
    STORED: (
        "stored",
        "device to host",
        (),
        (),
        "on a cable, before each stored frame and with its sequence: what follows is not live",
    ),
    LOG_READ: (
        "log_read",
        "host to device",
        (
            ("record", "I", "first record number wanted"),
            ("count", "H", "at most so many records: the host's credit"),
        ),
        (),
        "send stored frames; a read that begins where the last ends goes on without a pause",
    ),
    LOG_ACK: (
        "log_ack",
        "host to device",
        (("record", "I", "records below are on the host's disk, and may be deleted"),),
        (),
        "let the device forget",
    ),
    UPDATE_BEGIN: (
        "update_begin",
        "host to device",
        (
            ("size_bytes", "I", "bytes of the bundle"),
            ("sha256", "32s", "of the bundle"),
        ),
        (),
        "start an update, or go on with it when the bundle is the same",
    ),
    UPDATE_DATA: (
        "update_data",
        "host to device",
        (
            ("offset", "I", "bytes"),
            ("data", "224s", "bytes of the bundle; the last are padded with zeros"),
        ),
        (),
        "a piece of the bundle, in order; not acknowledged one by one",
    ),
    UPDATE_END: (
        "update_end",
        "host to device",
        (("sha256", "32s", "of the bundle"),),
        (),
        "check the bundle and start it with the next boot",
    ),
    UPDATE_STATUS: (
        "update_status",
        "device to host",
        (
            ("offset", "I", "bytes of the bundle that the device has"),
            ("size_bytes", "I", "bytes of the bundle"),
            ("state", "B", "index in update states"),
        ),
        (),
        "how far an update is",
    ),
}
