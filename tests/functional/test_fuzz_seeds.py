#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs that QEMU's generic fuzzer starts with, on the device.

The generic fuzzer itself takes long to build; here its commands are made by
qtest: what it would write into the window is written there, and what it would
put into memory when the module reads it stands there before.
"""

import importlib.machinery
import importlib.util
import os
import re
import struct
import tempfile
import unittest

from tap_main import main

TOP = os.environ.get('SEAM_TOP') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '../..')
QEMU = os.environ.get('QEMU_TEST_QEMU_BINARY') or os.path.join(
    TOP, 'build/qemu/qemu-system-x86_64')
HOOK = os.path.join(TOP, 'qemu/hooks/0233-generic-fuzz-tdx-module.patch')


def load_seeds():
    """scripts/fuzz-seeds as a module"""
    loader = importlib.machinery.SourceFileLoader(
        'fuzz_seeds', os.path.join(TOP, 'scripts/fuzz-seeds'))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Seeds(unittest.TestCase):
    """Each program brings the module as far as its name says"""

    def setUp(self):
        from qemu.machine.qtest import QEMUQtestMachine
        self.seeds = load_seeds()
        with open(HOOK, encoding='utf-8') as src:
            added = ''.join(re.findall(r'^\+.*"(.*)"', src.read(), re.M))
        self.window = int(re.search('x-seamcall-window=(0x[0-9a-f]+)',
                                    added)[1], 16)
        # What the entry in the fuzzer's configuration starts
        args = re.search(r'-machine .*x-seamcall-window=0x[0-9a-f]+', added)[0]
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.log = os.path.join(self.dir.name, 'log')
        self.vm = QEMUQtestMachine(QEMU, base_temp_dir=self.dir.name)
        self.vm.add_args('-display', 'none', *args.split(), '-trace',
                         'seam_seamret', '-D', self.log)
        self.vm.launch()
        self.addCleanup(self.vm.shutdown)

    def command(self, text):
        answer = self.vm.qtest(text)
        self.assertTrue(answer.startswith('OK'), answer)

    def run_seed(self, name, memory=()):
        """Make the commands of a program; returns what the trace says"""
        seeds = self.seeds
        memory = list(memory)
        for command in seeds.seeds()[name].split(seeds.SEPARATOR)[:-1]:
            op, data = command[0], command[1:]
            if op == seeds.OP_WRITE:
                size, region, offset, value = struct.unpack('<BBxxIQ', data)
                self.assertEqual((size, region), (seeds.QUAD, 0))
                self.command(f'writeq {self.window + offset:#x} {value:#x}')
            elif op == seeds.OP_ADD_DMA_PATTERN:
                content = data[2:]
                self.command(f'write {memory.pop(0):#x} {len(content)} '
                             f'0x{content.hex()}')
            else:
                self.assertEqual(op, seeds.OP_CLEAR_DMA_PATTERNS)
        self.vm.shutdown()
        with open(self.log, encoding='utf-8') as src:
            calls = src.read().splitlines()
        for call in calls:
            self.assertIn('= TDX_SUCCESS ', call)
        return calls

    def test_metadata(self):
        calls = self.run_seed('metadata')
        self.assertEqual(len(calls), 4)
        self.assertIn('TDX_FEATURES0', calls[-1])

    def test_config(self):
        calls = self.run_seed('config', [self.seeds.ARRAY, self.seeds.INFO])
        self.assertIn('TDH.SYS.KEY.CONFIG()', calls[-1])

    def test_ready(self):
        calls = self.run_seed('ready', [self.seeds.ARRAY, self.seeds.INFO])
        self.assertIn('TDH.SYS.TDMR.INIT', calls[-1])
        self.assertIn('[next=0x40000000]', calls[-1])

    def test_td(self):
        calls = self.run_seed('td', [self.seeds.ARRAY, self.seeds.INFO,
                                     self.seeds.PARAMS])
        self.assertIn('TDH.MNG.INIT', calls[-1])


if __name__ == '__main__':
    main()
