"""What can be wrong with a device: one code, one sentence, one remedy each.

A fault's place in the table is its code on the wire and in the log, so rows are only ever added at
the end. The device sends code, count and detail; the words are for hosts and documents.
"""

NONE = 0
SENSOR_MISSING, SENSOR_WRONG, SENSOR_SILENT, SENSOR_BUS, SENSOR_OVERRUN = 1, 2, 3, 4, 5
SENSOR_SELF_TEST, SENSOR_CLONE = 6, 7
LOG_FULL, FLASH_FAILED, FLASH_DAMAGED, SETTINGS_DAMAGED = 8, 9, 10, 11
BATTERY_LOW, BATTERY_EMPTY = 12, 13
TASK_STUCK, START_FAILED, SAFE_MODE = 14, 15, 16
UPDATE_REFUSED, UPDATE_UNDONE = 17, 18
NOT_CALIBRATED, TIME_UNKNOWN = 19, 20
MEMORY, ERROR = 21, 22
STRANGER = 23

# (name, sentence, remedy, meaning of the detail)
FAULTS = (
    ("none", "", "", ""),
    (
        "sensor missing",
        "The motion sensor does not answer.",
        "Check the sensor's four wires, then switch the device off and on.",
        "",
    ),
    (
        "wrong sensor",
        "A chip answers in the motion sensor's place that is not one.",
        "Check which sensor is fitted; README.md lists the two that work.",
        "the identity found",
    ),
    (
        "sensor silent",
        "The motion sensor stopped measuring and was started again.",
        "If it comes back, check the sensor's supply wire.",
        "ms without samples",
    ),
    (
        "sensor bus",
        "Transfers from the motion sensor failed.",
        "If it comes back, shorten or replace the sensor's lead.",
        "transfers failed since boot",
    ),
    (
        "sensor overrun",
        "Samples were lost because they were fetched too late.",
        "Send the log to the developers.",
        "samples lost since boot",
    ),
    (
        "sensor self-test",
        "The motion sensor failed its self-test.",
        "Lay the device still on a table and switch it on again; if it stays, replace the sensor.",
        "bit k: axis k of gyr x y z, acc x y z",
    ),
    (
        "sensor clone",
        "The motion sensor is a compatible chip, not the one named.",
        "It works; angles may be less exact.",
        "the identity found",
    ),
    (
        "log full",
        "The log is full; what comes now is not kept.",
        "Download the log.",
        "records not kept since boot",
    ),
    (
        "flash failed",
        "A write to the device's memory failed.",
        "Download the log, then switch the device off and on.",
        "error number",
    ),
    (
        "flash damaged",
        "Damaged records were found in the log and left out.",
        "Nothing to do; the log tells how many.",
        "bytes left out",
    ),
    (
        "settings damaged",
        "Settings or bonds in the device's memory could not be read; the defaults hold.",
        "Set the prescription and calibrate again; pair a host that is refused.",
        "",
    ),
    (
        "battery low",
        "The battery will be empty soon.",
        "Charge the device.",
        "mV",
    ),
    (
        "battery empty",
        "The battery is empty; the device switched off.",
        "Charge the device.",
        "mV",
    ),
    (
        "task stuck",
        "A part of the firmware hung, and the device started again.",
        "Nothing to do; if it comes back, update the firmware.",
        "row in the supervisor's table of tasks",
    ),
    (
        "start failed",
        "The last start failed.",
        "Nothing to do; if it comes back, update the firmware.",
        "starts failed in a row",
    ),
    (
        "safe mode",
        "Three starts failed; only Bluetooth and the cable work.",
        "Update the firmware, or hold the button while switching on and copy it anew.",
        "starts failed in a row",
    ),
    (
        "update refused",
        "An update did not pass its check and was not used.",
        "Send the update again.",
        "",
    ),
    (
        "update undone",
        "An update did not start; the device went back to the firmware before it.",
        "Ask for a newer update.",
        "",
    ),
    (
        "not calibrated",
        "The device does not know the wearer's upright pose.",
        "Calibrate from a host, or press three times: stand upright and still, bow at the pulse.",
        "",
    ),
    (
        "time unknown",
        "The device does not know the time of day.",
        "Connect it to a host once.",
        "",
    ),
    (
        "memory",
        "The device ran out of working memory and did not do what it was asked.",
        "Switch it off and on and ask again; if it comes back, send the log to the developers.",
        "id of the frame that asked",
    ),
    (
        "error",
        "An unexpected error was caught.",
        "Send the log to the developers.",
        "error number, where there is one",
    ),
    (
        "stranger",
        "Somebody connected over Bluetooth without a bond, was told nothing, and is gone.",
        "Nothing to do; a host of yours that cannot connect must be paired again.",
        "how many since boot",
    ),
)
