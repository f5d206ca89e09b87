#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which release a QEMU source is of, and what follows from that: the hooks that
are tried on it, and the line about releases that nobody has tested."""

import importlib.machinery
import importlib.util
import os
import pathlib
import subprocess
import tempfile
import unittest

from seam import release as releases
from tap_main import main

TOP = os.environ.get('SEAM_TOP') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '../..')


def load(name):
    """The script @name as a module"""
    path = os.path.join(TOP, 'scripts', name)
    loader = importlib.machinery.SourceFileLoader(name.replace('-', '_'), path)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class ReleaseTest(unittest.TestCase):
    """seam/release.py"""

    def test_release(self):
        for version, release in (
                ('10.0.13', (10, 0)), ('10.0', (10, 0)), ('10.2.49', (10, 2)),
                # on the way to the next one
                ('10.0.50', (10, 1)), ('10.1.93', (10, 2)),
                ('10.2.50', (11, 0)), ('10.2.91', (11, 0)),
                # as tags and archives have it
                ('11.1.0-rc2', (11, 1)), ('v11.0.0', (11, 0)),
                ('qemu_10.0.13+ds.orig.tar.xz', (10, 0))):
            self.assertEqual(releases.release(version), release, version)

    def test_tested(self):
        for version in releases.tested():
            self.assertTrue(releases.is_tested(version + '.1'), version)
        for version in '9.2.0', '10.1.0', '99.0.0':
            self.assertFalse(releases.is_tested(version), version)


class FakeTreeTest(unittest.TestCase):
    """What scripts make of a source that has little but its version"""

    PARTS = ('keycodemapdb', 'berkeley-softfloat-3', 'berkeley-testfloat-3')

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.dir = pathlib.Path(tmp.name)

    def source(self, version):
        """A QEMU source of @version"""
        for name in 'configure', *(f'subprojects/{part}/meson.build'
                                   for part in self.PARTS):
            path = self.dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('')
        (self.dir / 'VERSION').write_text(version + '\n')
        return self.dir

    def test_hook_variants(self):
        prepare = load('qemu-prepare')
        prepare.HOOKS = self.dir / 'hooks'
        prepare.HOOKS.mkdir()
        # No name of a hook has anything but dashes in common with a release
        for name in ('0002-b-10.2', '0002-b', '0001-a', '0003-new-11.0',
                     '0002-b-11.0', '0004-x86-64'):
            (prepare.HOOKS / f'{name}.patch').write_text('')
        for version, want in (
                ('10.0.13', ['0001-a', '0002-b', '0004-x86-64']),
                ('10.1.50', ['0001-a', '0002-b-10.2', '0004-x86-64']),
                ('10.2.2', ['0001-a', '0002-b-10.2', '0004-x86-64']),
                ('10.2.50', ['0001-a', '0002-b-11.0', '0003-new-11.0',
                             '0004-x86-64']),
                ('11.1.0', ['0001-a', '0002-b-11.0', '0003-new-11.0',
                            '0004-x86-64'])):
            found = prepare.hooks(self.source(version))
            self.assertEqual([hook.stem for hook in found], want, version)

    def fetch(self, version, *wanted):
        """(what scripts/qemu-fetch prints, what it says besides)"""
        done = subprocess.run(
            [os.path.join(TOP, 'scripts/qemu-fetch'), *wanted], check=False,
            env={**os.environ, 'QEMU_SRC': str(self.source(version))},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done.stdout, done.stderr

    def test_not_tested(self):
        there = f'{self.dir}\n'
        self.assertEqual(self.fetch('10.0.13'), (there, ''))
        self.assertEqual(self.fetch('10.2.50'), (there, ''))
        for version in '9.2.0', '10.1.2', '99.0.0':
            self.assertEqual(self.fetch(version), (
                there, f'  not tested with QEMU {version}, only with '
                f'{", ".join(releases.tested())}; trying\n'))

    def test_another_than_wanted(self):
        self.assertEqual(self.fetch('11.0.50', '11.1')[0], f'{self.dir}\n')
        self.assertEqual(self.fetch('10.2.0', '11.0'), (
            '', f'qemu-fetch: {self.dir} is QEMU 10.2.0, but QEMU 11.0 is '
            'needed; name another QEMU_SRC=\n'))


if __name__ == '__main__':
    main()
