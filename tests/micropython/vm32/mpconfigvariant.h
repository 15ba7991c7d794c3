// The unix port with what an ESP32 has: 32-bit objects, 31-bit small integers, single precision.

#include <limits.h>

// A path on the C stack, as long as the ESP32's: the collector looks through the stack, and would
// keep whatever old pointers it found in 4 KiB.
#undef PATH_MAX
#define PATH_MAX 256

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)

#include "variants/mpconfigvariant_common.h"
