#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is given to guest/build and the makefile: series, trees, wrong words."""

import email.message
import gzip
import os
import pathlib
import quopri
import shutil
import subprocess
from unittest import mock

from guest_case import DIFF, MAIL, TOP, FilesCase, main
from seam import Problem, boot, inputs, series


class SeriesTest(FilesCase):
    """guest/series: which patches, in which order"""

    def run_series(self, source):
        """(exit status, names, what was said)"""
        out = os.path.join(self.dir, 'out')
        done = subprocess.run(
            [os.path.join(TOP, 'guest/series'), source, out],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        names = sorted(os.listdir(out)) if os.path.isdir(out) else []
        return done.returncode, [n for n in names if n != 'origin'], \
            done.stdout

    def good(self, source, *names):
        status, found, text = self.run_series(source)
        self.assertEqual(status, 0, text)
        self.assertEqual(found, list(names))

    def refused(self, source, pattern):
        status, _, text = self.run_series(source)
        self.assertNotEqual(status, 0)
        self.assertEqual(len(text.splitlines()), 1, text)
        self.assertRegex(text, pattern)

    def text(self, name):
        with open(self.path(f'out/{name}'), encoding='utf-8') as src:
            return src.read()

    def test_thread(self):
        box = self.write(
            'thread.mbox',
            ('[PATCH v6 2/2] second', DIFF.format('b', 'c')),
            ('Re: [PATCH v6 1/2] first', '> no\n' + DIFF.format('x', 'y')),
            ('[PATCH v6 0/2] cover', 'no diff'),
            ('[PATCH v6 1/2] first', DIFF.format('a', 'b')))
        self.good(box, '0001-first.patch', '0002-second.patch')
        self.assertEqual(self.text('origin'),
                         f'0001-first.patch\t{box}, mail 4\n'
                         f'0002-second.patch\t{box}, mail 1\n')

    def test_line_from_in_a_message(self):
        box = self.write('a.mbox',
                         ('[PATCH 1/1] one', 'From what the text says,\n\n' +
                          DIFF.format('a', 'b')))
        self.good(box, '0001-one.patch')

    def test_two_versions(self):
        box = self.write('thread.mbox',
                         ('[PATCH 1/1] one', DIFF.format('a', 'b')),
                         ('[PATCH v2 1/1] one', DIFF.format('a', 'c')))
        self.refused(box, 'several versions of one patch: .*mail 1 and .*'
                     'mail 2; give one version')

    def test_one_is_missing(self):
        box = self.write('thread.mbox',
                         ('[PATCH 1/4] one', DIFF.format('a', 'b')),
                         ('[PATCH 3/4] three', DIFF.format('a', 'c')))
        self.refused(box, 'thread.mbox lacks patch 2/4, 4/4$')

    def test_directory(self):
        self.write('in/0002-b.patch', ('[PATCH] b', DIFF.format('b', 'c')))
        self.write('in/0001-a.patch', ('[PATCH] a', DIFF.format('a', 'b')))
        self.write('in/README', ('[PATCH] c', DIFF.format('c', 'd')))
        self.good(self.path('in'), '0001-a.patch', '0002-b.patch')

    def test_numbers_in_names(self):
        for number in (10, 9, 1):
            self.path(f'in/{number}.patch', DIFF.format('a', 'b'))
        self.good(self.path('in'), '0001-1.patch', '0002-9.patch',
                  '0003-10.patch')

    def test_mails_in_a_directory(self):
        """As mail programs save them: no "From " line, names by subject"""
        for name, number in (('a.eml', 2), ('b.mbx', 1)):
            mail = MAIL.format(subject=f'[PATCH {number}/2] {name}',
                               diff=DIFF.format('a', 'b'))
            self.path(f'in/{name}', mail.split('\n', 1)[1])
        self.good(self.path('in'), '0001-b-mbx.patch', '0002-a.patch')

    def test_quoted_printable(self):
        head = ('Received: from here\n\tby there\nSubject: [PATCH] =?utf-8?'
                'q?caf=C3=A9?=\nMIME-Version: 1.0\n'
                'Content-Type: text/plain; charset=utf-8\n'
                'Content-Transfer-Encoding: quoted-printable\n\n')
        diff = DIFF.format('a = b;', 'caf\u00e9')
        self.path('in/a.eml', head + quopri.encodestring(
            diff.encode()).decode())
        self.good(self.path('in'), '0001-caf.patch')
        self.assertEqual(self.text('0001-caf.patch').strip(), diff.strip())

    def test_bytes_without_charset(self):
        """A patch is bytes; what git writes names no charset"""
        self.path('a.patch', MAIL.format(
            subject='[PATCH] a', diff=DIFF.format('a', 'caf\u00e9')
        ).encode('latin-1'))
        self.good(self.path('a.patch'), '0001-a.patch')
        with open(self.path('out/0001-a.patch'), 'rb') as src:
            self.assertIn(b'\n+caf\xe9\n', src.read())

    def test_attachment(self):
        mail = email.message.EmailMessage()
        mail['Subject'] = '[PATCH] attached'
        mail.set_content('See there.')
        mail.add_attachment(DIFF.format('a', 'b').encode(),
                            maintype='application', subtype='octet-stream',
                            filename='x.patch')
        self.path('a.eml', bytes(mail))
        self.good(self.path('a.eml'), '0001-attached.patch')

    def test_flowed(self):
        self.path('a.eml', 'Subject: [PATCH] a\nContent-Type: text/plain; '
                  'format=flowed\n\n' + DIFF.format('a', 'b ') + '\n')
        self.refused(self.path('a.eml'), 'format=flowed, which damages')

    def test_gzipped(self):
        self.path('a.mbox.gz', gzip.compress(MAIL.format(
            subject='[PATCH] a', diff=DIFF.format('a', 'b')).encode()))
        self.path('b.patch.gz', gzip.compress(DIFF.format('a', 'b').encode()))
        self.good(self.path('a.mbox.gz'), '0001-a.patch')
        self.good(self.path('b.patch.gz'), '0001-a.patch',
                  '0001-b-patch-gz.patch')

    def test_quilt(self):
        self.path('in/zebra', DIFF.format('a', 'b'))
        self.path('in/ant.diff', DIFF.format('b', 'c'))
        self.path('in/unused.patch', DIFF.format('c', 'd'))
        self.path('in/series', '# mine\nzebra -p1\n\nant.diff # last\n')
        self.good(self.path('in'), '0001-zebra.patch', '0002-ant.patch')
        self.path('in/series', 'zebra -p0\n')
        self.refused(self.path('in'), 'zebra -p0: only -p1 is understood')
        self.path('in/series', 'gone.patch\n')
        self.refused(self.path('in'), 'names gone.patch, which does not exist')

    def test_nothing(self):
        self.refused('/nonexistent', '/nonexistent does not exist$')
        self.refused(self.write('empty'), 'empty holds no patch$')
        self.refused(self.dir, r'holds no patch \(no \*\.patch, ')


class ApplyTest(FilesCase):
    """guest/series --apply: which line of which hunk of which file it was"""

    OLD = ''.join(f'line {i}\n' for i in range(1, 41))

    def setUp(self):
        super().setUp()
        self.path('tree/f', self.OLD)
        self.path('in/0001-good.patch', self.diff((3, 'line 3', 'three')))
        self.path('in/0002-theirs.patch', self.diff(
            (10, 'line 10', 'ten'), (30, 'line thirty', '30')))
        self.path('in/0003-later.patch', self.diff((20, 'line 20', 'twenty')))

    def diff(self, *changes):
        return '--- a/f\n+++ b/f\n' + ''.join(
            f'@@ -{at - 1},3 +{at - 1},3 @@\n line {at - 1}\n-{old}\n+{new}\n'
            f' line {at + 1}\n' for at, old, new in changes)

    def apply(self):
        self.assertEqual(series.main([self.path('in'), self.path('out')]), 0)
        return series.main(['--apply', self.path('out'), self.path('tree')])

    def test_all(self):
        self.path('in/0002-theirs.patch', self.diff((10, 'line 10', 'ten')))
        self.assertEqual(self.apply(), 0)
        with open(self.path('tree/f'), encoding='utf-8') as src:
            self.assertEqual(src.read(), self.OLD.replace(
                'line 3\n', 'three\n').replace('line 10\n', 'ten\n').replace(
                    'line 20\n', 'twenty\n'))

    def test_hunk(self):
        self.assertEqual(
            self.apply(),
            f'series: {self.path("in/0002-theirs.patch")} does not apply\n'
            '  f: hunk 2 fails at line 29\n'
            '  f: 1 of 2 hunks fail:\n'
            '    @@ -29,3 +29,3 @@\n'
            '     line 29\n'
            '    -line thirty\n'
            '    +30\n'
            '     line 31')
        # What applies is in the tree, what does not beside it, the rest ready
        with open(self.path('tree/f'), encoding='utf-8') as src:
            text = src.read()
        self.assertIn('three\n', text)
        self.assertIn('ten\n', text)
        self.assertTrue(os.path.exists(self.path('tree/f.rej')))
        self.assertEqual(os.listdir(self.path('out/rest')),
                         ['0003-later.patch'])

    def test_another_context(self):
        """Nothing is put where it only nearly belongs"""
        self.path('in/0002-theirs.patch', self.diff(
            (10, 'line 10', 'ten')).replace(' line 9\n', ' line nine\n'))
        self.assertRegex(self.apply(), 'f: hunk 1 fails at line 9\n')

    def test_no_such_file(self):
        self.path('in/0002-theirs.patch',
                  self.diff((10, 'line 10', 'ten')).replace('/f', '/gone'))
        self.assertRegex(self.apply(), r'0002-theirs.patch does not apply\n'
                         r'(.*\n)*  there is no file gone')

    def test_applied_already(self):
        self.path('in/0002-theirs.patch', self.diff((3, 'line 3', 'three')))
        self.assertRegex(self.apply(), r'0002-theirs.patch does not apply\n'
                         '(.*\n)*.*previously applied')


class CodeTest(FilesCase):
    """guest/series --code: what a built kernel depends on"""

    def code(self, text):
        return series.code(text)

    def test_message_is_not_code(self):
        first = MAIL.format(subject='[PATCH v1] a', diff='Why.\n---\n f | 2 +-\n'
                            '\n' + DIFF.format('a', 'b') + '-- \n2.39.2\n')
        second = MAIL.format(subject='[PATCH v2 1/1] b', diff='Because.\n\n' +
                             DIFF.format('a', 'b'))
        self.assertEqual(self.code(first), self.code(second))

    def test_lines_are_code(self):
        one = self.code(DIFF.format('a', 'b'))
        for other in (DIFF.format('a', 'c'), DIFF.format('x', 'b'),
                      DIFF.format('a', 'b').replace('/f', '/g'),
                      DIFF.format('a', '-- not a header').replace(
                          '+1 @@', '+1 @@ int f(void)')):
            self.assertNotEqual(self.code(other), one)
        self.assertEqual(self.code(DIFF.format('a', 'b').replace(
            '@@\n', '@@ int f(void)\n')), one)

    def test_all_of_ours(self):
        """Every line of code of guest/linux is there"""
        for path in sorted(pathlib.Path(TOP, 'guest/linux').glob('*.patch')):
            text = path.read_text(encoding='utf-8')
            body = text.split('\ndiff --git ', 1)[1]
            changed = [line for line in body.rsplit('\n-- \n')[0].splitlines()
                       if line[:1] in ('+', '-')]
            self.assertEqual([line for line in self.code(text).splitlines()
                              if line[:1] in ('+', '-')], changed, path.name)


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


# An archive with one kernel
FAKE_APT = '''#!/bin/sh
case $* in
*names*) echo linux-source-7.3 ;;
*policy*) echo 7.3.4-1 ;;
*) exit 1 ;;
esac
'''


class MendTest(FilesCase):
    """guest/build with a series that does not apply to Debian's kernel"""

    SOURCE = 'linux-source-7.3'

    def setUp(self):
        super().setUp()
        for name in 'guest', 'scripts':
            shutil.copytree(os.path.join(TOP, name), self.path(name),
                            symlinks=True)
        self.path('scripts/apt-view', FAKE_APT)
        self.path(f'{self.SOURCE}/f', 'old\n')
        self.path('deb/DEBIAN/control',
                  f'Package: {self.SOURCE}\nVersion: 7.3.4-1\n'
                  'Architecture: all\nMaintainer: A <a@example.org>\n'
                  'Description: not Linux\n')
        tarball = self.path('deb/usr/src/linux-source-7.3.tar.xz', b'')
        deb = self.path(f'cache/downloads/{self.SOURCE}_7.3.4-1_all.deb', b'')
        subprocess.run(['tar', '-C', self.dir, '-cJf', tarball, self.SOURCE],
                       check=True)
        subprocess.run(['dpkg-deb', '--root-owner-group', '-b',
                        self.path('deb'), deb], check=True,
                       stdout=subprocess.DEVNULL)
        self.path('in/0001-theirs.patch',
                  '--- a/f\n+++ b/f\n@@ -1 +1 @@\n-other\n+new\n')
        self.path('in/0002-later.patch',
                  '--- /dev/null\n+++ b/g\n@@ -0,0 +1 @@\n+more\n')

    def build(self, mend):
        """Fails, and leaves its tree in the cache's folder @mend"""
        done = subprocess.run(
            [self.path('guest/build')], cwd=self.dir, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, 'LINUX_SRC': '', 'KERNEL': '', 'LINUX': '',
                 'DPAMT': '', 'PATCHES': 'in',
                 'SEAM_CACHE': self.path('cache')})
        self.assertNotEqual(done.returncode, 0)
        tree = self.path(f'cache/{mend}/linux')
        for words in ('0001-theirs.patch', 'This was for Linux 7.3.4-1',
                      f'  {tree}\n', f'  make boot LINUX_SRC={tree}\n',
                      f'  cd {tree}\n', 'a patch does not apply'):
            self.assertIn(words, done.stdout)
        self.assertEqual(pathlib.Path(tree, 'f').read_text(), 'old\n')
        self.assertIn('-other', pathlib.Path(tree, 'f.rej').read_text())
        self.assertEqual(len(os.listdir(self.path(f'cache/{mend}/rest'))), 1)

    def trees(self):
        return sorted(name for name in os.listdir(self.path('cache'))
                      if name.startswith('mend'))

    def test_tree_stays(self):
        self.build('mend')
        # Nobody has done anything: the next one takes its place
        self.build('mend')
        self.assertEqual(self.trees(), ['mend'])
        mended = self.path('cache/mend/linux/f', 'other\n')
        self.build('mend-2')
        os.remove(self.path('cache/mend-2/linux/f.rej'))
        self.build('mend-3')
        self.assertEqual(self.trees(), ['mend', 'mend-2', 'mend-3'])
        self.assertEqual(pathlib.Path(mended).read_text(), 'other\n')


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
