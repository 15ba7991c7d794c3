#!/bin/bash
# The first process of the virtual machine: a Bluetooth adapter, the daemons, then guest.py.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
ip link set lo up
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs bluetooth /var/lib/bluetooth
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 shared /mnt
. /mnt/environment
echo "STEP Linux $(uname -r): $(cut -d' ' -f1 /proc/uptime) s."
# Pairing needs the kernel's ECDH, which it loads by itself from /lib/modules.
modprobe -a hci_uart ecdh_generic
mkdir -p /run/dbus
dbus-daemon --system --fork --nopidfile
btattach -B /dev/ttyS1 -P h4 -S 3000000 > /mnt/btattach.log 2>&1 &
bluetoothd=$(command -v bluetoothd || echo /usr/libexec/bluetooth/bluetoothd)
"$bluetoothd" -n > /mnt/bluetoothd.log 2>&1 &
cd "$REALBLE_ROOT" && "$REALBLE_PYTHON" -m tests.realble.guest
echo o > /proc/sysrq-trigger
sleep 60
