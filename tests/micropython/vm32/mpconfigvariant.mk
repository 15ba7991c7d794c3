# Nothing that needs a library beside libc, and no program of its own to make: the tests use none.
FROZEN_MANIFEST =
MICROPY_FORCE_32BIT = 1
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MICROPY_PY_SSL = 0
MICROPY_SSL_MBEDTLS = 0
MICROPY_PY_THREAD = 0
MICROPY_USE_READLINE = 0
MICROPY_VFS_FAT = 0
MICROPY_VFS_LFS1 = 0
LDFLAGS_EXTRA += -Wl,--wrap=gc_collect
