#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which patches are in what is given as a series, in which order."""

import email.message
import gzip
import os
import quopri
import subprocess

from guest_case import DIFF, MAIL, TOP, FilesCase
from tap_main import main


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


if __name__ == '__main__':
    main()
