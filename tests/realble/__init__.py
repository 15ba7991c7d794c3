"""The host library on a real Linux stack: a kernel, bluetoothd and bleak's own backend."""
