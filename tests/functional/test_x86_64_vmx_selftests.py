#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM's selftests in the machine: those that take seconds."""

import os
import subprocess

from qemu_test import QemuBaseTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 1800


class VmxSelftests(QemuBaseTest):
    """scripts/selftests, which compares with tests/selftests/expected"""

    timeout = 2 * SECONDS

    def run_tool(self, *command):
        """Whether it ends well, and its output"""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, timeout=SECONDS,
                              stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_expected(self):
        """Each does what the table says"""
        if not TOP:
            self.skipTest('SEAM_TOP must name the top directory')
        self.run_tool(os.path.join(TOP, 'guest/build'), '--selftests')
        said = self.run_tool(os.path.join(TOP, 'scripts/selftests'))
        self.assertRegex(said, r'\d+ tests, \d+ pass, 0 not as expected, 0 '
                         'faults')


if __name__ == '__main__':
    QemuBaseTest.main()
