#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux on KVM in the emulated machine, as `make vm` boots it."""

import os
import subprocess

from qemu_test import QemuBaseTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 600


class VmxVm(QemuBaseTest):
    """An ordinary VM with two vCPUs, by Debian's QEMU"""

    timeout = 2 * SECONDS

    def run_tool(self, *command):
        """The output of a tool that must end well"""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, timeout=SECONDS,
                              stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def run_vm(self, *options):
        """Its shell answers, and both machines switch themselves off"""
        tool = os.path.join(TOP, 'guest/vm')
        if not TOP or not os.path.exists(tool):
            self.skipTest('no guest/vm: SEAM_TOP must name the top directory')
        self.run_tool(os.path.join(TOP, 'guest/vmm'),
                      os.path.join(TOP, 'build/vm/initramfs.gz'), *options)
        said = self.run_tool(tool)
        self.assertIn('vm: 42 on 2 CPUs', said)

    def test_shell(self):
        """SeaBIOS and the kernel of the machine"""
        self.run_vm()

    def test_uefi(self):
        """OVMF and Debian's kernel for virtual machines"""
        self.run_vm('--uefi')
        with open(os.path.join(TOP, 'build/vm/guest.log'),
                  encoding='utf-8') as src:
            said = src.read()
        self.assertIn('firmware: EFI', said)
        self.assertRegex(said, r'Linux \S+cloud-amd64, 2 CPUs')


if __name__ == '__main__':
    QemuBaseTest.main()
