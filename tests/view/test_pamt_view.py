#!/usr/bin/python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/pamt-view: pictures of saved snapshots.

What the snapshots in data/ hold follows from host.py, which made them; the
expected numbers below are those of its calls.
"""

import io
import itertools
import json
import re
import struct
import unittest
import xml.etree.ElementTree as ET

from PIL import ImageFont
from rich.console import Console

from case import (Case, DATA, GIB, HERE, K4, M2, SVG, USED, groups, main, run,
                  texts, titles)
import host
from seam import paths
from seam.view import kinds, snapshot, svg, term


def boxes(root):
    """(left, top, right, bottom, text) of each text, as it is drawn"""
    folder = '/usr/share/fonts/truetype/dejavu/'
    for text in root.iter(f'{SVG}text'):
        size = float(text.get('font-size'))
        face = ('DejaVuSansMono.ttf' if 'Mono' in text.get('font-family') else
                'DejaVuSans-Bold.ttf' if text.get('font-weight') == 'bold' else
                'DejaVuSans.ttf')
        words = ''.join(text.itertext())
        width = ImageFont.truetype(folder + face, 100).getlength(words) * \
            size / 100
        x, y = float(text.get('x')), float(text.get('y'))
        x -= {'end': width, 'middle': width / 2}.get(
            text.get('text-anchor'), 0)
        # From the height of capitals to the baseline
        yield x, y - 0.73 * size, x + width, y, words


class PictureTest(Case):
    """SVG"""

    def test_tdmrs(self):
        root = self.picture('dynamic')
        tdmrs = groups(root, 'tdmr')
        self.assertEqual([g.get('id') for g in tdmrs],
                         [f'tdmr-{base:x}' for base, *_ in host.TDMRS])
        for i, (group, tdmr) in enumerate(zip(tdmrs, host.TDMRS)):
            base, size, reserved, done = tdmr
            said = texts(group)
            self.assertIn(f'TDMR {i}', said)
            self.assertTrue(any(
                f'{base:#x}–{base + size - 1:#x}' in text for text in said))
            areas = titles(groups(group, 'area-rsvd'))
            bands = [r for r in group.findall(f'{SVG}rect')
                     if r.get('fill') == 'url(#hatch-rsvd)']
            for at, length in reserved:
                where = f'{at:#x}–{at + length - 1:#x}'
                self.assertTrue(
                    any(where in title for title in areas + titles(bands)),
                    where)
            self.assertEqual(len(groups(group, 'area-uninitialized')),
                             int(done < size))

    def test_exact_place_of_a_reserved_area(self):
        # 16 pages into the fourth 2 MiB of the TDMR at 4 GiB
        group = groups(self.picture('dynamic'), 'tdmr')[1]
        rect = groups(group, 'area-rsvd')[0].find(f'{SVG}rect')
        self.assertAlmostEqual(float(rect.get('x')), svg.LEFT +
                               (3 + 16 / 512) * svg.CELL_W, delta=0.01)

    def test_cells(self):
        cells = groups(self.picture('dynamic'), 'cell')
        shown = dict(zip(titles(cells), cells))
        # A full range of the TD's small pages
        base = 4 * GIB + 41 * M2
        title = (f'{base:#x}–{base + M2 - 1:#x} (2 MiB), 100.0% in use\n'
                 'PT_REG 4K: 512 pages\n1 page pair')
        self.assertIn(title, shown)
        fill, pair = shown[title].findall(f'{SVG}rect')
        self.assertEqual(float(fill.get('height')), svg.FILL_H)
        self.assertEqual(fill.get('fill'), '#56b4e9')
        self.assertEqual(pair.get('class'), 'pair')
        # 37 pages of 2M in use, without a pair
        large = [c for t, c in shown.items() if 'PT_REG 2M' in t]
        self.assertEqual(len(large), 37)
        self.assertFalse(any('pair' in title for title in shown
                             if 'PT_REG 2M' in title))
        # The TD's control pages: every kind has its part
        control, = [c for t, c in shown.items() if 'PT_TDR' in t]
        self.assertEqual(
            [r.get('fill') for r in control.findall(f'{SVG}rect')],
            ['#000000', '#cc79a7', '#8f2d00', '#009e73', '#31363b'])

    def test_legend(self):
        root = self.picture('dynamic')
        legend = {g.get('id'): texts(g) for g in groups(root, 'legend-entry')}
        for key, number in USED.items():
            text = legend[f'legend-{key}'][1]
            self.assertEqual(text.split(' page')[0], f'{number:,}')
            self.assertRegex(text, r', [\d.]+ (KiB|MiB)$')
        pairs = len(re.findall('class="pair"', ET.tostring(root).decode()))
        self.assertEqual(legend['legend-pamt'][1].split(' page')[0],
                         str(2 * pairs))
        for key in ('nda', 'rsvd', 'uninitialized', 'tables', 'outside',
                    'hole'):
            self.assertRegex(legend[f'legend-{key}'][1],
                             r'^[\d.]+ (bytes|KiB|MiB|GiB)$')
        self.assertIn('height: share of the cell\'s 512 pages in use',
                      legend['legend-fill'])
        self.assertIn('1 cell = 2 MiB (512 pages of 4 KiB), 1 row = 128 MiB',
                      texts(root))

    def test_picture_in_the_docs(self):
        drawn = self.dir / 'out.svg'
        self.good(DATA / 'dynamic.json', '-o', drawn)
        kept = HERE.parents[1] / 'docs/images/pamt-td.svg'
        self.assertEqual(re.sub(r'<!--.*?-->\n', '', kept.read_text()),
                         drawn.read_text(), 'draw docs/images/pamt-td.svg '
                         'anew from tests/view/data/dynamic.json')

    def test_holes(self):
        root = self.picture('dynamic')
        self.assertEqual([g.get('id') for g in groups(root, 'hole')],
                         ['hole-0', f'hole-{2 * GIB:x}'])
        self.assertEqual([g.get('id') for g in groups(root, 'outside')],
                         ['outside-100000'])

    def test_cost(self):
        # 16 bytes for each 1G, 2M and 4K, or one bit for the last; each part
        # in whole pages. 1 + 2 + 2 GiB
        static = 3 * K4 + (8 + 16 + 16) * 1024 + 5 * 4 * (1 << 20)
        text = ' '.join(texts(self.picture('dynamic')))
        self.assertIn(f'of the {static / (1 << 20):.1f} MiB of a static', text)
        self.assertIn('212 KiB + ', text)   # 3 * 4 + 40 + 5 * 32

    def test_static(self):
        root = self.picture('static')
        self.assertEqual(len(groups(root, 'tdmr')), 2)
        said = ' '.join(texts(root))
        self.assertIn('static PAMT', said)
        self.assertNotIn('page pairs ', said)

    def test_pending(self):
        status, out, err = run(DATA / 'pending.json', '-o',
                               self.dir / 'out.svg')
        self.assertEqual((status, out), (0, ''))
        said = 'convertible memory and holes only'
        self.assertRegex(err, f'sysinit-pending.*{said}')
        root = ET.parse(self.dir / 'out.svg').getroot()
        self.assertIn(said, ' '.join(texts(root)))
        self.assertFalse(groups(root, 'tdmr'))
        self.assertEqual(len(groups(root, 'outside')), 2)
        self.assertEqual(len(groups(root, 'hole')), 2)

    def test_range(self):
        root = self.picture('dynamic', '--range', '4G+128M')
        group, = groups(root, 'tdmr')
        cells = titles(groups(group, 'cell'))
        self.assertTrue(cells)
        for title in cells:
            at = int(title.split('–')[0], 16)
            self.assertTrue(4 * GIB <= at < 4 * GIB + 64 * M2)

    def test_text_does_not_overlap(self):
        for name in ('dynamic', 'static', 'pending', 'large'):
            root = self.picture(name)
            width, height = (float(root.get(k)) for k in ('width', 'height'))
            drawn = sorted(boxes(root), key=lambda box: box[1])
            for box in drawn:
                self.assertTrue(0 <= box[0] and box[2] <= width and
                                0 <= box[1] and box[3] <= height, box)
            for i, one in enumerate(drawn):
                for other in itertools.takewhile(
                        lambda box, low=one[3]: box[1] < low, drawn[i + 1:]):
                    self.assertFalse(one[0] < other[2] and other[0] < one[2],
                                     f'{name}: "{one[4]}", "{other[4]}"')


class LargeTest(Case):
    """A machine of 1 TiB"""

    def test_aggregation(self):
        root = self.picture('large')
        said = texts(root)
        unit, = [t for t in said if t.startswith('1 cell = ')]
        self.assertRegex(unit, r'^1 cell = (256|512) MiB')
        self.assertEqual(len(groups(root, 'tdmr')), 30)
        self.assertEqual(len(groups(root, 'area-rsvd')), 30)
        legend = {g.get('id'): texts(g) for g in groups(root, 'legend-entry')}
        self.assertIn(f'{440 * 512:,} pages, 880 MiB', legend['legend-reg-2m'])
        self.assertIn('1,000 pages, 3.91 MiB', legend['legend-reg-4k'])
        self.assertLess(float(root.get('height')), 3000)

    def test_all_of_it_in_use(self):
        snap = snapshot.load(DATA / 'large.json')
        counts = {kind.key: 512 // len(kinds.USED) for kind in kinds.USED}
        counts['pairs'] = 1
        for base, size, _, _ in host.LARGE_TDMRS:
            for at in range(base, base + size, M2):
                snap.cells[at] = counts
        text = svg.svg(snap)
        self.assertLess(len(text), 6_000_000)
        root = ET.parse(io.StringIO(text)).getroot()
        cells = groups(root, 'cell')
        self.assertGreaterEqual(len(cells), 30)
        self.assertLessEqual(len(cells), 2 * 30 * svg.COLUMNS)
        self.assertLess(float(root.get('height')), 3000)


class PngTest(Case):
    """PNG"""

    def test_size(self):
        root = self.picture('dynamic')
        for scale in ('2', '0.5'):
            path = self.dir / 'out.png'
            self.good(DATA / 'dynamic.json', '-o', path, '--scale', scale)
            data = path.read_bytes()
            self.assertEqual(data[:8], b'\x89PNG\r\n\x1a\n')
            self.assertEqual(
                struct.unpack('>II', data[16:24]),
                tuple(int(float(root.get(k)) * float(scale))
                      for k in ('width', 'height')))


def lab(rgb):
    """CIE L*a*b* of linear RGB"""
    x, y, z = (sum(m * c for m, c in zip(row, rgb)) for row in (
        (.4124 / .9505, .3576 / .9505, .1805 / .9505),
        (.2126, .7152, .0722),
        (.0193 / 1.089, .1192 / 1.089, .9505 / 1.089)))
    x, y, z = (v ** (1 / 3) if v > .008856 else 7.787 * v + 16 / 116
               for v in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


# How strong colour vision deficiency changes linear RGB (Machado, Oliveira,
# Fernandes 2009, severity 1)
EYES = {
    'usual': ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    'protanopia': ((.152286, 1.052583, -.204868),
                   (.114503, .786281, .099216),
                   (-.003882, -.048116, 1.051998)),
    'deuteranopia': ((.367322, .860646, -.227968),
                     (.280085, .672501, .047413),
                     (-.011820, .042940, .968881)),
    'tritanopia': ((1.255528, -.076749, -.178779),
                   (-.078411, .930809, .147602),
                   (.004733, .691367, .303900)),
}


class ColourTest(unittest.TestCase):
    """Everybody can tell the kinds of pages apart"""

    def test_distance(self):
        for eye, matrix in EYES.items():
            seen = {}
            for kind in [*kinds.USED, kinds.FREE, kinds.TABLES]:
                raw = [int(kind.colour[i:i + 2], 16) / 255
                       for i in (1, 3, 5)]
                linear = [c / 12.92 if c <= .04045 else
                          ((c + .055) / 1.055) ** 2.4 for c in raw]
                seen[kind.name] = lab(
                    [min(1, max(0, sum(m * c for m, c in zip(row, linear))))
                     for row in matrix])
            for one, other in itertools.combinations(seen, 2):
                far = sum((a - b) ** 2 for a, b in
                          zip(seen[one], seen[other])) ** .5
                self.assertGreater(far, 15, f'{eye}: {one}, {other}')


class KindTest(unittest.TestCase):
    """The module's own lists"""

    def test_uses(self):
        with open(paths.TABLES, encoding='utf-8') as source:
            tables = json.load(source)
        known = [*kinds.USED, kinds.FREE, kinds.RESERVED, kinds.UNINITIALIZED]
        self.assertEqual(sorted(kind.key for kind in known),
                         sorted(tables['uses']))
        types = {row['name'] for row in tables['page_types']}
        for kind in known:
            if kind.name.startswith('PT_'):
                self.assertIn(kind.name.split()[0], types)


class TerminalTest(Case):
    """On a terminal, and without one"""

    def check_frame(self, text):
        for want in ('Dynamic PAMT', '1 cell = ', 'TDMR 2', 'hole of 2 GiB',
                     'PT_REG 2M 74 MiB', 'has a page pair', 'uninitialised'):
            self.assertIn(want, text)

    def test_plain(self):
        out = self.good(DATA / 'dynamic.json')
        self.check_frame(out)
        self.assertNotIn('\033', out)
        self.assertIn('█', out)
        self.assertLess(max(map(len, out.splitlines())), 110)

    def test_large_on_a_small_screen(self):
        snap = snapshot.load(DATA / 'large.json')
        for height, shown in ((45, 30), (20, None)):
            console = Console(force_terminal=True, width=100, height=height,
                              file=io.StringIO(), color_system=None)
            console.print(term.Frame(snap, console))
            lines = console.file.getvalue().splitlines()
            self.assertLessEqual(len(lines), height)
            self.assertLessEqual(max(map(len, lines)), 100)
            text = '\n'.join(lines)
            self.assertIn('1 cell = 1 GiB', text)
            self.assertIn('has a page pair', text)
            for i in range(shown or 0):
                self.assertRegex(text, f'TDMR {i}\\b')
            self.assertEqual('lines more' in text, not shown)

    def test_ascii(self):
        out = self.good(DATA / 'dynamic.json', PYTHONIOENCODING='ascii',
                        PYTHONUTF8='0', LC_ALL='C')
        self.check_frame(out)
        out.encode('ascii')

    def test_pending(self):
        self.assertIn('convertible memory and holes only',
                      self.good(DATA / 'pending.json'))


if __name__ == '__main__':
    main()
