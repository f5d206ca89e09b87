# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests share that run one of the project's tools."""

import os
import subprocess

from qemu_test import QemuBaseTest

TOP = os.environ.get('SEAM_TOP', '')


class ToolTest(QemuBaseTest):
    """@seconds: how long a tool may take"""

    seconds = 600
    timeout = 2 * seconds

    def setUp(self):
        super().setUp()
        if not TOP:
            self.skipTest('SEAM_TOP must name the top directory')

    @staticmethod
    def path(name):
        """A file of the project"""
        return os.path.join(TOP, name)

    def run_tool(self, name, *args):
        """The output of a tool that must end well"""
        done = subprocess.run([self.path(name), *args], text=True,
                              stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, timeout=self.seconds,
                              stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout
