#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM's selftests in the machine: those that take seconds."""

from tool_test import ToolTest


class VmxSelftests(ToolTest):
    """scripts/selftests, which compares with tests/selftests/expected"""

    seconds = 1800
    timeout = 2 * seconds

    def test_expected(self):
        """Each does what the table says"""
        self.run_tool('guest/build', '--selftests')
        said = self.run_tool('scripts/selftests')
        self.assertRegex(said, r'\d+ tests, \d+ pass, 0 not as expected, 0 '
                         'faults')


if __name__ == '__main__':
    ToolTest.main()
