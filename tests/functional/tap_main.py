# SPDX-License-Identifier: GPL-2.0-or-later
"""How a program of plain unittest cases tells its results: as TAP."""

import sys
import unittest

import pycotap


def main():
    """Run the tests of the program"""
    tap = pycotap.TAPTestRunner(
        message_log=pycotap.LogMode.LogToError,
        test_output_log=pycotap.LogMode.LogToError)
    result = unittest.main(testRunner=tap, exit=False)
    sys.exit(not result.result.wasSuccessful())
