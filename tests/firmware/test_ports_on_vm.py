"""Ports on the real MicroPython virtual machines."""

from tests.firmware.test_on_vm import run_on_vm


def test_host_that_does_not_read_costs_a_bounded_piece_of_the_heap(vm):
    printed = run_on_vm(vm, "port_heap.py")
    assert printed[-1] == "OK", printed
