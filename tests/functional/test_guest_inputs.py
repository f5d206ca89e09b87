#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is given to guest/build and the makefile: trees, wrong words."""

import os
import pathlib
import shutil
import subprocess
from unittest import mock

from guest_case import DIFF, TOP, FilesCase
from seam import Problem, inputs
from tap_main import main


# Of a kernel's Makefile, what guest/build asks for; each is noted
FAKE_LINUX = """
allnoconfig:
\t@echo $@ >> made
\t@grep -v '=n$$' $(KCONFIG_ALLCONFIG) > .config
olddefconfig:
\t@echo $@ >> made
bzImage:
\t@echo "$@ $(LOCALVERSION)$$CCACHE_BASEDIR" >> made
\t@mkdir -p arch/x86/boot; touch vmlinux arch/x86/boot/bzImage
"""


class LinuxSrcTest(FilesCase):
    """guest/build with LINUX_SRC=, on a tree that only notes what it is told"""

    OWN = 'CONFIG_MINE=y\n'

    def setUp(self):
        super().setUp()
        self.path('linux/Kbuild', '')
        self.path('linux/Makefile', FAKE_LINUX)
        self.path('linux/' + inputs.TDX_HOST, '')
        for name in 'guest', 'scripts':
            shutil.copytree(os.path.join(TOP, name), self.path(name),
                            symlinks=True)

    def build(self):
        """(exit status, what was said, what the tree was told)"""
        made = self.path('linux/made', '')
        done = subprocess.run(
            [self.path('guest/build')], cwd=self.dir, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, 'LINUX_SRC': 'linux', 'KERNEL': '',
                 'PATCHES': ''})
        with open(made, encoding='utf-8') as src:
            return done.returncode, done.stdout, src.read().splitlines()

    def good(self, *told):
        status, said, made = self.build()
        self.assertEqual(status, 0, said)
        self.assertEqual(made, list(told))

    def test_in_place(self):
        make = 'bzImage ' + self.path('linux')
        self.good('allnoconfig', 'olddefconfig', make)
        for name, at in (('bzImage', 'arch/x86/boot/bzImage'),
                         ('vmlinux', 'vmlinux')):
            self.assertEqual(os.readlink(self.path(f'build/guest/{name}')),
                             self.path(f'linux/{at}'))
        # What is built stays: no new configuration, which would build all
        self.good('olddefconfig', make)
        with open(self.path('guest/kernel.config'), 'a') as out:
            out.write('CONFIG_ANOTHER=y\n')
        self.good('allnoconfig', 'olddefconfig', make)

    def test_own_configuration_is_kept(self):
        with open(self.path('guest/kernel.config'), encoding='utf-8') as src:
            fragment = src.read().replace('=n\n', '=m\n')
        self.path('linux/.config', fragment + self.OWN)
        self.good('olddefconfig', 'bzImage ' + self.path('linux'))
        with open(self.path('linux/.config'), encoding='utf-8') as src:
            self.assertEqual(src.read(), fragment + self.OWN)
        with open(self.path('guest/kernel.config'), 'a') as out:
            out.write('CONFIG_ANOTHER=y\n')
        self.good('olddefconfig', 'bzImage ' + self.path('linux'))

    def test_own_configuration_without_tdx(self):
        self.path('linux/.config', self.OWN)
        status, said, made = self.build()
        self.assertNotEqual(status, 0)
        self.assertRegex(said, r'\.config has no CONFIG_\w+=y; set it, or '
                         'remove')
        self.assertEqual(made, ['olddefconfig'])


class InputsTest(FilesCase):
    """guest/inputs: what is wrong on make's command line, before it builds"""

    def refused(self, pattern, **env):
        with self.assertRaisesRegex(Problem, pattern):
            inputs.check(env)

    def test_nothing_is_right(self):
        inputs.check({})
        inputs.check({'MEM': '', 'KERNEL': '', 'PATCHES': '', 'LINUX': ''})

    def test_memory(self):
        for text, size in (('4G', 4 << 30), ('512', 512 << 20),
                           ('1.5g', 3 << 29), ('2T', 2 << 40),
                           ('262144K', 1 << 28)):
            self.assertEqual(inputs.mem_bytes(text), size)
        inputs.check({'MEM': '1G,slots=2,maxmem=4G'})
        for text in ('lots', '4 G', '4GB', '-1G', 'G'):
            self.refused('^MEM=.* is no size; say MEM=4G$', MEM=text)
        self.refused('^MEM=4 is 4 MiB, too little', MEM='4')

    def test_numbers(self):
        inputs.check({'SMP': '8,sockets=2', 'TIMEOUT': '5'})
        self.refused('^SMP=many is no number', SMP='many')
        self.refused('^SMP=0 is no number', SMP='0')
        self.refused('^TIMEOUT=soon is no number', TIMEOUT='soon')
        self.refused('^QEMU_ARGS: No closing quotation', QEMU_ARGS='"')
        self.refused('^LINUX=banana is no version', LINUX='banana')

    def test_what_is_not_there(self):
        for name in (*inputs.SOURCES, 'QEMU_SRC', 'UPDATE'):
            self.refused(f'^{name}=~/no-such-thing does not exist$',
                         **{name: '~/no-such-thing'})

    def test_home(self):
        self.path('a.patch', DIFF.format('a', 'b'))
        with mock.patch.dict(os.environ, HOME=self.dir):
            inputs.check({'PATCHES': '~/a.patch'})
            inputs.check({'QEMU_SRC': '~', 'UPDATE': '-cpu1 ~/a.patch +cpu1'})
            self.assertEqual(inputs.updates({'UPDATE': '-cpu1 ~/a.patch'}),
                             ['-cpu1', pathlib.Path(self.dir, 'a.patch')])
        self.refused('^UPDATE=/ is no file$', UPDATE='+cpu1 /')

    def test_kernel(self):
        image = bytearray(4096)
        image[0x202:0x206] = b'HdrS'
        inputs.check({'KERNEL': self.path('bzImage', bytes(image))})
        inputs.check({'KERNEL': self.path('vmlinux', b'\x7fELF')})
        self.refused('is no kernel', KERNEL=self.path('text', 'bzImage'))
        self.refused('is a directory; .*LINUX_SRC=', KERNEL=self.dir)

    def test_tree(self):
        self.refused('is no Linux source tree$', LINUX_SRC=self.dir)
        self.path('Kbuild', '')
        self.path('Makefile', '')
        self.refused('has no TDX host', LINUX_SRC=self.dir)
        self.path(inputs.TDX_HOST, '')
        inputs.check({'LINUX_SRC': self.dir})

    def test_two_at_once(self):
        self.path('a.patch', DIFF.format('a', 'b'))
        self.refused('^KERNEL= and PATCHES= exclude each other$',
                     KERNEL=self.path('vmlinux', b'\x7fELF'),
                     PATCHES=self.path('a.patch'))

    def test_patches(self):
        self.refused('holds no patch', PATCHES=self.path('README', 'hello'))

    def make(self, *words):
        """What make says, which must fail before it builds QEMU"""
        done = subprocess.run(
            ['make', '-C', TOP, 'SEAM_DEPS=skip', *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn('qemu-build', done.stdout)
        return done.stdout

    def test_make_asks_first(self):
        """Whatever boots something says so before it builds anything"""
        for target in 'boot', 'td', 'vm', 'demo':
            self.assertIn('inputs: MEM=lots is no size',
                          self.make(target, 'MEM=lots'))
        self.assertIn('inputs: KERNEL=/none does not exist',
                      self.make('vm', 'KERNEL=/none'))

    def test_qemu_source(self):
        """scripts/qemu-fetch, which "make qemu" asks"""
        def fetch(source):
            return subprocess.run(
                [os.path.join(TOP, 'scripts/qemu-fetch')], check=False,
                env={**os.environ, 'QEMU_SRC': source, 'HOME': self.dir},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True).stdout
        self.assertEqual(fetch('~/none'),
                         'qemu-fetch: QEMU_SRC=~/none does not exist\n')
        self.assertRegex(fetch('~'), '^qemu-fetch: ~ is no QEMU source; ')
        self.path('VERSION', '10.0.13\n')
        self.path('configure', '')
        for part in ('keycodemapdb', 'berkeley-softfloat-3',
                     'berkeley-testfloat-3'):
            self.path(f'subprojects/{part}/meson.build', '')
        self.assertEqual(fetch('~'), f'{self.dir}\n')


if __name__ == '__main__':
    main()
