#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/demo, which is what `make demo` ends in: pictures of a real kernel."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ET

from PIL import Image
from tap_main import main

TOP = os.environ.get('SEAM_TOP') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '../..')
DEMO = os.path.join(TOP, 'scripts/demo')
SECONDS = 600
SVG = '{http://www.w3.org/2000/svg}'


def run(*args, **environment):
    """(exit status, output)"""
    done = subprocess.run(
        [DEMO, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
        env={**os.environ, 'MEM': '2G', 'SMP': '2', 'TIMEOUT': '',
             'EXERCISE': '2,40000,4', **environment})
    return done.returncode, done.stdout


class DemoTest(unittest.TestCase):
    """One boot"""

    def test_pictures_and_transcript(self):
        with tempfile.TemporaryDirectory() as tmp:
            out = pathlib.Path(tmp)
            status, text = run(out)
            self.assertEqual(status, 0, text)
            self.assertRegex(text, r'page pairs +(\d+) added, \1 removed')
            pairs = []
            for path in sorted((out / 'frames').glob('*.json')):
                pamt = json.loads(path.read_text())['pamt']
                pairs.append(sum(t['counts'].get('pairs', 0)
                                 for t in pamt['tdmrs']))
                root = ET.parse(path.with_suffix('.svg')).getroot()
                shown = len([r for r in root.iter(f'{SVG}rect')
                             if r.get('class') == 'pair'])
                self.assertEqual(shown, pairs[-1])
            # It grows, and shrinks
            self.assertEqual((pairs[0], pairs[-1]), (0, 0))
            self.assertGreater(max(pairs), 0)
            self.assertIn(f'with {max(pairs)} page pairs, the most',
                          (out / 'pamt.svg').read_text())
            with Image.open(out / 'pamt.gif') as image:
                self.assertGreater(image.n_frames, 2)
                self.assertEqual(image.n_frames, len(pairs))
            calls = (out / 'transcript.log').read_text()
            for leaf in (r'SYS\.INIT', r'SYS\.CONFIG', r'PHYMEM\.PAMT\.ADD',
                         r'PHYMEM\.PAMT\.REMOVE'):
                self.assertRegex(
                    calls, rf'(?m)^seam_seamret lp \d+ TDH\.{leaf}\(.*\) = '
                    'TDX_SUCCESS')
            self.assertRegex(text, r'TDX module +1\.5\.25, then 1\.5\.26 ')
            self.assertRegex(
                calls, r'(?m)^seam_seamret lp \d+ SEAMLDR\.INSTALL\(.*\) = '
                'SEAMLDR_SUCCESS')
            self.assertRegex(calls, r'TDH\.SYS\.UPDATE\(.*TDX_SUCCESS')
            added = int(re.search(r'(\d+) added', text)[1])
            self.assertGreaterEqual(added, max(pairs))

    def test_wrong_words(self):
        status, text = run('--loud')
        self.assertEqual((status, text), (1, 'demo: say scripts/demo '
                                          '[FOLDER]\n'))

    def test_wrong_size(self):
        for name, value in (('MEM', 'much'), ('EXERCISE', '1,2')):
            status, text = run('/nonexistent/folder', **{name: value})
            self.assertEqual(status, 1, text)
            self.assertRegex(text, rf'^demo: {name}={value}: say something '
                             rf'like {name}=\S+\n$')


if __name__ == '__main__':
    main()
