#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""A series and the source that it is for: it applies, or what is said."""

import os
import pathlib
import shutil
import subprocess

from guest_case import DIFF, MAIL, TOP, FilesCase
from seam import series
from tap_main import main


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


if __name__ == '__main__':
    main()
