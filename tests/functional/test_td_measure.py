#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/td-measure: the MRTD computed outside is the one of the module."""

import gzip
import json
import pathlib
import random
import struct
import subprocess
import tempfile
import unittest

from seam import Problem, measure, paths
from seam.tables import Tables
from tap_main import main

VECTORS = paths.TOP / 'tests/vectors/data/extended/td-lifecycle.jsonl.gz'
COMMAND = paths.TOP / 'scripts/td-measure'


class Recorded:
    """What one recorded scenario measured, and the MRTDs it read"""

    def __init__(self, leaves, mrtd_field):
        self.leaves = leaves
        self.field = mrtd_field
        self.memory = {}
        self.pages = {}
        self.mrtds = {}
        self.read = {}

    def content(self, pa):
        """The page at @pa in ordinary memory"""
        return b''.join(struct.pack('<Q', self.memory.get(pa + at, 0))
                        for at in range(0, measure.PAGE, 8))

    def call(self, step):
        """One SEAMCALL that succeeded"""
        rcx, rdx, r9 = (int(step.get(r, '0'), 0) for r in ('rcx', 'rdx', 'r9'))
        leaf = self.leaves.get(int(step['rax'], 0))
        if leaf == 'TDH.MEM.PAGE.ADD':
            self.mrtds.setdefault(rdx, measure.Mrtd()).add(rcx)
            self.pages[rdx, rcx] = self.content(r9)
        elif leaf == 'TDH.MR.EXTEND':
            page = rcx & -measure.PAGE
            at = rcx - page
            self.mrtds.setdefault(rdx, measure.Mrtd()).extend(
                rcx, self.pages[rdx, page][at:at + measure.CHUNK])
        elif leaf == 'TDH.MNG.RD' and 0 <= rdx - self.field < 6:
            self.read.setdefault(rcx, {})[rdx - self.field] = struct.pack(
                '<Q', int(step['expect']['r8'], 0))

    def step(self, step):
        """Any step of a scenario"""
        if step['op'] == 'write64':
            pa = int(step['pa'], 0)
            self.memory.update((pa + 8 * i, int(word, 0))
                               for i, word in enumerate(step['v']))
        elif step['op'] == 'seamcall' and not int(step['expect']['rax'], 0):
            self.call(step)


def image(rows, length=1 << 16):
    """A firmware image with TDVF metadata of these sections"""
    body = b'TDVF' + struct.pack('<III', 16 + 32 * len(rows), 1, len(rows))
    body += b''.join(struct.pack('<IIQQII', *row) for row in rows)
    at = length // 2
    entry = struct.pack('<IH', length - at, 4 + 18)
    entry += measure.OFFSET_GUID.bytes_le
    table = entry + struct.pack('<H', len(entry) + 18)
    table += measure.TABLE_GUID.bytes_le
    data = bytearray(i * 7 & 0xff for i in range(length))
    data[at:at + len(body)] = body
    end = length - measure.TABLE_END
    data[end - len(table):end] = table
    return bytes(data)


class MeasureTest(unittest.TestCase):
    """By hand, by recording, and for images that are broken"""

    def test_recorded(self):
        """Each MRTD that Intel's module was recorded with"""
        tables = Tables()
        leaves = {n: leaf.name for n, leaf in tables.by_number.items()}
        field = tables.field_id('td', 'MRTD[0]')
        compared = 0
        with gzip.open(VECTORS, 'rt') as scenarios:
            for line in scenarios:
                scenario = json.loads(line)
                if scenario['cls'] != 'measurement':
                    continue
                seen = Recorded(leaves, field)
                for step in scenario['steps']:
                    seen.step(step)
                for td, words in seen.read.items():
                    self.assertEqual(
                        b''.join(words[i] for i in range(6)).hex(),
                        seen.mrtds[td].hex(), scenario['id'])
                    compared += 1
        self.assertGreaterEqual(compared, 20)

    def test_firmware(self):
        """Sections in their order; what the TD accepts is not in the MRTD"""
        data = image([(0, 0x1800, 0xfffff000 - 0x1000, 0x2000, 0, 1),
                      (0, 0, 0x800000, 0x1000, 3, 0),
                      (0, 0, 0x900000, 0x4000, 4, 2)])
        mrtd = measure.firmware(data)
        wanted = measure.Mrtd()
        wanted.region(0xffffe000, data[:0x1800].ljust(0x2000, b'\0'))
        wanted.region(0x800000, bytes(0x1000), measured=False)
        self.assertEqual(mrtd.hex(), wanted.hex())
        self.assertEqual((mrtd.pages, mrtd.chunks), (3, 32))

    def test_order(self):
        """A page is measured before the next is added"""
        one, two = measure.Mrtd(), measure.Mrtd()
        one.region(0, bytes(2 * measure.PAGE))
        two.region(0, bytes(measure.PAGE))
        two.region(measure.PAGE, bytes(measure.PAGE))
        self.assertEqual(one.hex(), two.hex())
        late = measure.Mrtd()
        late.add(0)
        late.add(measure.PAGE)
        for at in range(0, 2 * measure.PAGE, measure.CHUNK):
            late.extend(at, bytes(measure.CHUNK))
        self.assertNotEqual(one.hex(), late.hex())

    def test_broken(self):
        """An image is a Problem or a measurement, never something else"""
        good = image([(0, 0x1000, 0x1000, 0x1000, 0, 1)])
        dice = random.Random(1)
        refused = 0
        for _ in range(400):
            bad = bytearray(good)
            for _ in range(dice.randrange(1, 4)):
                at = dice.choice((dice.randrange(len(bad)),
                                  len(bad) - dice.randrange(1, 80),
                                  len(bad) // 2 + dice.randrange(48)))
                bad[at] = dice.randrange(256)
            try:
                # Not measured: a size of the section may be huge
                measure.sections(bytes(bad))
            except Problem:
                refused += 1
        self.assertGreater(refused, 100)
        for bad in (b'', bytes(48), good[:-1], good[:100]):
            with self.assertRaises(Problem):
                measure.sections(bad)

    def test_command(self):
        """The list of pages, and a comparison that fails"""
        with tempfile.TemporaryDirectory() as tmp:
            folder = pathlib.Path(tmp)
            (folder / 'blob').write_bytes(b'x' * 0x1100)
            (folder / 'list').write_text(
                '# of a payload\n0x1000 0x2000 measured blob 0x100\n'
                '0x8000 0x1000 added\n', encoding='utf-8')
            wanted = measure.Mrtd()
            wanted.region(0x1000, (b'x' * 0x1000).ljust(0x2000, b'\0'))
            wanted.region(0x8000, bytes(0x1000), measured=False)

            def run(*args):
                return subprocess.run(
                    [COMMAND, '--pages', folder / 'list', *args], text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    check=False)

            done = run('--is', wanted.hex())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith(wanted.hex()))
            self.assertEqual(run('--is', '00' * 48).returncode, 1)
            report = bytearray(1024)
            report[528:576] = bytes.fromhex(wanted.hex())
            (folder / 'report').write_bytes(report)
            self.assertEqual(run('--report', folder / 'report').returncode, 0)
            report[528] ^= 1
            (folder / 'report').write_bytes(report)
            self.assertEqual(run('--report', folder / 'report').returncode, 1)
            (folder / 'list').write_text('0x1000 0x10\n', encoding='utf-8')
            self.assertEqual(run().returncode, 1)


if __name__ == '__main__':
    main()
