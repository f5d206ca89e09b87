#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/tdx-blob: what is in a file, and what is told to who says it wrong."""

import hashlib
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

from tap_main import main

TOP = os.environ.get('SEAM_TOP') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '../..')
PAGE = 4096


def run(*args):
    """(exit status, output)"""
    done = subprocess.run([os.path.join(TOP, 'scripts/tdx-blob'), *args],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode, done.stdout


class BlobTest(unittest.TestCase):
    """The form is P-SEAMLDR 4 and 7"""

    def pack(self, *args):
        """The file that these arguments make"""
        with tempfile.TemporaryDirectory() as tmp:
            path = pathlib.Path(tmp) / 'out.bin'
            status, text = run('-o', str(path), *args)
            self.assertEqual((status, text), (0, ''))
            return path.read_bytes()

    def test_file(self):
        data = self.pack('version=1.5.26', '--pages', '3')
        self.assertEqual(len(data), 5 * PAGE)
        version, _, signature, sigs, mods = struct.unpack_from('<HH8sII',
                                                               data)
        self.assertEqual((version, signature, sigs, mods),
                         (0x200, b'TDX-BLOB', 1, 3))
        self.assertEqual(data[20:PAGE], bytes(PAGE - 20))
        words = struct.unpack(f'<{len(data) // 2}H', data)
        self.assertEqual(sum(words) & 0xffff, 0)
        sig, image = data[PAGE:2 * PAGE], data[2 * PAGE:]
        self.assertEqual(struct.unpack_from('<10I', sig),
                         (6, 0xe1, 0x10000, 0, 0x8086, 0, 0x200, 0x60, 0x60,
                          1))
        self.assertEqual(sig[128:156], b'NOT A KEY, QEMU TEST IMAGE. ')
        self.assertEqual(sig[900:948], hashlib.sha384(image).digest())
        covered = hashlib.sha384(sig[:128] + sig[900:2048]).digest()
        self.assertEqual(sig[516:900], covered * 8)
        self.assertEqual(sig[2048:], bytes(2048))
        self.assertEqual(image[:8], b'QEMU-TDX')
        self.assertIn(b'\nupdate=0x1a\n', image)

    def test_spoilt(self):
        good = self.pack()
        for args, at in ((('--after', 'date=1'), PAGE + 20),
                         (('--flip', '77'), 2 * PAGE + 77)):
            bad = self.pack(*args)
            differ = [i for i, (a, b) in enumerate(zip(good, bad))
                      if a != b and i not in (2, 3)]
            self.assertEqual(differ, [at])

    def test_show(self):
        data = self.pack('version=2.0.09', '--without', 'dynamic_pamt')
        with tempfile.NamedTemporaryFile() as out:
            out.write(data)
            out.flush()
            status, text = run('--show', out.name)
        self.assertEqual(status, 0)
        self.assertIn('major=0x2\nminor=0x0\nupdate=0x9\n', text)

    def test_wrong(self):
        for args, said in (
                ((), 'say where to'),
                (('-o', 'x', 'colour=1'), 'not by "colour"'),
                (('-o', 'x', 'version=1.5.x'), 'MAJOR.MINOR'),
                (('-o', 'x', '--with', 'wings'), 'has no "wings"'),
                (('-o', 'x', '--sig', 'wings=1'), 'has no "wings"'),
                (('-o', 'x', '--sig', 'svn_minor=256'), 'does not take'),
                (('-o', 'x', '--sig', 'svn_minor'), 'FIELD=NUMBER'),
                (('-o', 'x', '--sig', 'svn_minor=a'), 'is no number'),
                (('-o', 'x', '--pages', '497'), '1 to 496 pages'),
                (('-o', 'x', '--flip', '99999'), 'has no byte'),
                (('-o', '/nonexistent/x'), 'No such file'),
                (('--show', '/dev/null'), 'too short')):
            status, text = run(*args)
            self.assertEqual(status, 1, args)
            self.assertTrue(text.startswith('tdx-blob: '), text)
            self.assertIn(said, text)
            self.assertEqual(text.count('\n'), 1, text)


if __name__ == '__main__':
    main()
