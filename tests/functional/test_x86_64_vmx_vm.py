#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux on KVM in the emulated machine, as `make vm` boots it."""

from tool_test import ToolTest


class VmxVm(ToolTest):
    """An ordinary VM with two vCPUs, by Debian's QEMU"""

    def run_vm(self, *options):
        """Its shell answers, and both machines switch themselves off"""
        self.run_tool('guest/vmm', self.path('build/vm/initramfs.gz'),
                      *options)
        self.assertIn('vm: 42 on 2 CPUs', self.run_tool('guest/vm'))

    def test_shell(self):
        """SeaBIOS and the kernel of the machine"""
        self.run_vm()

    def test_uefi(self):
        """OVMF and Debian's kernel for virtual machines"""
        self.run_vm('--uefi')
        with open(self.path('build/vm/guest.log'), encoding='utf-8') as src:
            said = src.read()
        self.assertIn('firmware: EFI', said)
        self.assertRegex(said, r'Linux \S+cloud-amd64, 2 CPUs')


if __name__ == '__main__':
    ToolTest.main()
