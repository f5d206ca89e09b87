# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of scripts/pamt-view share."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

import pycotap

import host

HERE = pathlib.Path(__file__).resolve().parent

DATA = HERE / 'data'
SECONDS = 120
K4, M2, GIB = host.K4, host.M2, host.GIB
SVG = '{http://www.w3.org/2000/svg}'

# The TD of everything(): a TDR, 6 TDCX and 5 of its vCPU, Secure EPT pages
# of the levels 3 and 2 and one for each 512 small pages
USED = {'tdr': 1, 'tdcx': 11, 'tdvpr': 1, 'ept': 2 + 3, 'reg-4k': 1500,
        'reg-2m': 37 * 512}


def run(*args, **env):
    """(exit status, standard output, standard error)"""
    done = subprocess.run(
        [host.VIEW, *map(str, args)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS,
        env={**os.environ, 'PYTHONIOENCODING': 'utf-8', 'COLUMNS': '110',
             'LINES': '60', **env}, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Case(unittest.TestCase):
    """With a folder of its own"""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.dir = pathlib.Path(tmp.name)

    def good(self, *args, **env):
        status, out, err = run(*args, **env)
        self.assertEqual(status, 0, out + err)
        return out

    def refused(self, pattern, *args):
        """One line that says what is wrong"""
        status, out, err = run(*args)
        self.assertNotEqual(status, 0)
        self.assertEqual(out, '')
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertRegex(err.strip(), pattern)

    def picture(self, name, *args):
        """The root of an SVG"""
        path = self.dir / 'out.svg'
        self.good(DATA / f'{name}.json', '-o', path, *args)
        return ET.parse(path).getroot()


def groups(root, cls):
    return [g for g in root.iter(f'{SVG}g') if g.get('class') == cls]


def titles(elements):
    return [e.findtext(f'{SVG}title') for e in elements]


def texts(element):
    return [''.join(t.itertext()) for t in element.iter(f'{SVG}text')]


def main():
    """Run the tests of the program, print TAP"""
    runner = pycotap.TAPTestRunner(
        message_log=pycotap.LogMode.LogToError,
        test_output_log=pycotap.LogMode.LogToError)
    result = unittest.main(testRunner=runner, exit=False)
    sys.exit(not result.result.wasSuccessful())
