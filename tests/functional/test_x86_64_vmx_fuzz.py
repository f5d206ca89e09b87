#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""A hostile VMX host neither ends QEMU nor makes it complain."""

import os
import subprocess

from qemu_test import QemuBaseTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 600
CHANCE = '15'       # seconds


class VmxFuzz(QemuBaseTest):
    """scripts/vmx-fuzz for a short while"""

    timeout = 2 * SECONDS

    def fuzz(self, *args):
        """It ends well, and has entered guests"""
        tool = os.path.join(TOP, 'scripts/vmx-fuzz')
        if not TOP or not os.path.exists(tool):
            self.skipTest('no scripts/vmx-fuzz: SEAM_TOP must name the top '
                          'directory')
        done = subprocess.run([tool, *args], stdin=subprocess.DEVNULL,
                              text=True, stdout=subprocess.PIPE,
                              timeout=SECONDS, stderr=subprocess.STDOUT,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(' 0 broke a rule', done.stdout)

    def test_kept(self):
        """The seeds that have shown something once"""
        self.fuzz('--kept')

    def test_chance(self):
        """Seeds that nobody has seen yet"""
        self.fuzz(CHANCE)


if __name__ == '__main__':
    QemuBaseTest.main()
