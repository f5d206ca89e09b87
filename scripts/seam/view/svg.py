# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws a snapshot as SVG, and SVG as PNG."""
import io

import cairosvg
import svgwrite

from . import kinds
from .kinds import (FREE, HOLE, OUTSIDE, PAGE, PAIR, RESERVED, TABLES,
                    UNINITIALIZED, USED, count_text, percent_text, range_text,
                    size_text)
from .layout import Layout, density, pair_share
from .snapshot import PAMTS

COLUMNS = 64
MAX_ROWS = 40
# Lengths in pixels
CELL_W, FILL_H, LANE_H, ROW_GAP = 15, 12, 4, 3
CELL_H = LANE_H + FILL_H
ROW_H = CELL_H + ROW_GAP
MARGIN, GUTTER = 20, 122
MAP_W = COLUMNS * CELL_W
BAND_W, BAND_H = MAP_W - 160, 11
WIDTH = 2 * MARGIN + GUTTER + MAP_W
LEFT = MARGIN + GUTTER
MIN_FILL_H, MIN_PART_W, MIN_AREA_W, PAIR_H = 3, 3, 2, 3
SECTION_GAP, SECTION_HEAD = 8, 19

SANS = 'DejaVu Sans, Verdana, sans-serif'
MONO = 'DejaVu Sans Mono, Menlo, Consolas, monospace'
INK, PALE = '#1f2328', '#57606a'


class Picture:
    """One drawing; draw() gives the text of an SVG file."""

    def __init__(self, snap, window=None, granule=0, title=None):
        self.snap = snap
        self.layout = Layout(snap, COLUMNS, MAX_ROWS, window, granule)
        self.title = title or 'Physical memory, as the PAMT knows it'
        self.dwg = svgwrite.Drawing(debug=False)
        self.y = MARGIN

    def draw(self):
        """The SVG's text."""
        self._defs()
        paper = self.dwg.add(self.dwg.rect((0, 0), ('100%', '100%'),
                                           fill='#ffffff'))
        self._head()
        for section in self.layout.sections:
            self._section(section)
        self._legend()
        height = self.y + MARGIN
        self.dwg['width'], self.dwg['height'] = WIDTH, height
        self.dwg['viewBox'] = f'0 0 {WIDTH} {height}'
        paper['width'], paper['height'] = WIDTH, height
        out = io.StringIO()
        self.dwg.write(out)
        return out.getvalue().replace('<g ', '\n<g ') + '\n'

    # --- small things ---

    def _text(self, parent, text, x, y, size=12, **how):
        style = {'font_size': size, 'fill': INK, 'font_family': SANS, **how}
        return parent.add(self.dwg.text(text, (x, y), **style))

    def _rect(self, parent, x, y, w, h, fill, title=None, **how):
        rect = self.dwg.rect((round(x, 2), round(y, 2)),
                             (round(w, 2), round(h, 2)), fill=fill, **how)
        if title:
            rect.set_desc(title=title)
        return parent.add(rect)

    def _defs(self):
        """Patterns: what cannot be used is hatched, not coloured."""
        self.fills = {}
        for kind, paper, path in (
                (RESERVED, '#f3f4f6', 'M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2'),
                (UNINITIALIZED, FREE.colour,
                 'M-1,5 l2,2 M0,0 l6,6 M5,-1 l2,2')):
            pattern = self.dwg.pattern(
                (0, 0), (6, 6), id=f'hatch-{kind.key}',
                patternUnits='userSpaceOnUse')
            pattern.add(self.dwg.rect((0, 0), (6, 6), fill=paper))
            pattern.add(self.dwg.path(path, stroke=kind.colour,
                                      stroke_width=1.3, fill='none'))
            self.dwg.defs.add(pattern)
            self.fills[kind] = f'url(#hatch-{kind.key})'

    def _fill(self, kind):
        return self.fills.get(kind, kind.colour)

    # --- head ---

    def _head(self):
        snap, module = self.snap, self.snap.module
        counts = snap.counts()
        head = self.dwg.add(self.dwg.g(id='head'))
        self.y += 16
        self._text(head, self.title, MARGIN, self.y, 19, font_weight='bold')
        right = WIDTH - MARGIN
        self._text(head, f'TDX module {module["version"]} · '
                   f'{module["state"].upper().replace("-", "_")} · '
                   f'{module["lps-initialized"]} of {module["lps"]} LPs '
                   f'initialised', right, self.y, 12, text_anchor='end',
                   fill=PALE)
        self.y += 21
        if not snap.configured:
            line = ('Not configured yet (no TDH.SYS.CONFIG): convertible '
                    'memory and holes only')
        else:
            line = (f'{size_text(sum(t["size"] for t in snap.tdmrs))} in '
                    f'{count_text(len(snap.tdmrs), "TDMR")} · '
                    f'{size_text(kinds.used_pages(counts) * PAGE)} in use · '
                    f'{"Dynamic" if snap.dynamic else "static"} PAMT')
        self._text(head, line, MARGIN, self.y, 13)
        self._text(head, f'1 cell = {size_text(self.layout.granule)} '
                   f'({self.layout.granule // PAGE:,} pages of 4 KiB), '
                   f'1 row = {size_text(self.layout.row_size)}',
                   right, self.y, 13, text_anchor='end')
        self.y += 10
        if snap.configured:
            self._cost(head, counts)
        self.y += 4

    def _cost(self, head, counts):
        """A bar: what the PAMT takes now, beside a static one."""
        snap = self.snap
        static, regions = snap.static_bytes(), snap.region_bytes()
        paged = counts.get('pamt', 0) * PAGE
        bar = head.add(self.dwg.g(id='cost'))
        x, y, width = LEFT, self.y + 6, 380
        scale = width / max(static, regions + paged, 1)
        self._text(bar, 'PAMT takes', MARGIN, y + 11, 12)
        self._rect(bar, x, y, width, 14, FREE.colour,
                   f'static PAMT: {size_text(static)}')
        self._rect(bar, x, y, max(2, regions * scale), 14, TABLES.colour,
                   f'{TABLES.name}: {size_text(regions)}')
        if paged:
            self._rect(bar, x + max(2, regions * scale), y,
                       max(2, paged * scale), 14, USED[0].colour,
                       f'{USED[0].name}: {size_text(paged)}')
        if snap.dynamic:
            text = (f'{size_text(regions)} + '
                    f'{count_text(counts.get("pairs", 0), "page pair")} = '
                    f'{size_text(regions + paged)}, '
                    f'{percent_text(regions + paged, static)} of the '
                    f'{size_text(static)} of a static PAMT')
        else:
            text = f'{size_text(regions)}, static'
        self._text(bar, text, x + width + 10, y + 11, 12)
        self.y = y + 18

    # --- sections ---

    def _section(self, section):
        group = self.dwg.add(self.dwg.g(
            class_=section.kind, id=f'{section.kind}-{section.base:x}'))
        if not section.rows:
            self.y += 4
            self._outside(group, section)
            return
        self.y += SECTION_GAP + 13
        self._section_head(group, section)
        self.y += SECTION_HEAD - 13
        top, tops = self.y, []
        for row in section.rows:
            tops.append(self.y)
            if row.gap:
                self._line(group, row.base, row.gap,
                           f'reserved: {size_text(row.gap)}', RESERVED)
                continue
            self._row(group, section, row)
            self.y += ROW_H
        self._areas(group, section, tops)
        for number, row in enumerate(section.rows):
            self._cells(group, row, tops[number])
        self._grid(group, section, tops)
        if section.kind == 'tdmr':
            group.add(self.dwg.rect(
                (MARGIN - 8, top - SECTION_HEAD), (3, self.y - top +
                                                   SECTION_HEAD - ROW_GAP),
                fill=INK, rx=1.5))

    def _section_head(self, group, section):
        where = range_text(section.base, section.size)
        size = size_text(section.size)
        if section.kind == 'outside':
            name, facts = 'No TDMR', ['convertible memory only']
        else:
            name, tdmr = f'TDMR {section.index}', section.tdmr
            counts = tdmr['counts']
            done = tdmr['initialized']
            facts = [f'{size_text(kinds.used_pages(counts) * PAGE)} in use']
            if self.snap.dynamic:
                facts.append(count_text(counts.get('pairs', 0), 'page pair'))
            if tdmr['reserved']:
                facts.append(f'{count_text(len(tdmr["reserved"]), "area")} '
                             'reserved')
            if done < tdmr['size']:
                facts.append(f'{percent_text(done, tdmr["size"])} '
                             'initialised')
            facts.append('PAMT regions '
                         f'{size_text(sum(tdmr[p]["size"] for p in PAMTS))}')
        self._text(group, name, MARGIN, self.y, 13, font_weight='bold')
        self._text(group, f'{where} ({size})', LEFT, self.y, 12,
                   font_family=MONO)
        self._text(group, ' · '.join(facts), WIDTH - MARGIN, self.y, 12,
                   text_anchor='end')

    def _outside(self, group, section):
        """A hole, or memory in no TDMR: PAMTs may lie there."""
        if section.kind == 'hole':
            self._line(group, section.base, section.size,
                       f'hole of {size_text(section.size)}', HOLE)
            return
        top = self.y
        self._line(group, section.base, section.size,
                   f'{size_text(section.size)} in no TDMR', OUTSIDE)
        end = section.base + section.size
        for index, part, base, size in self._tables():
            if section.base <= base < end:
                scale = BAND_W / section.size
                self._rect(group, LEFT + (base - section.base) * scale,
                           top + 1, max(MIN_AREA_W, size * scale), BAND_H,
                           TABLES.colour,
                           area_title(f'{part.upper()} region of TDMR {index}',
                                      base, size),
                           class_='area-tables')

    def _line(self, group, base, size, text, kind):
        """A narrow line for much memory without usable pages."""
        self._text(group, f'{base:#x}', LEFT - 8, self.y + 10, 10,
                   text_anchor='end', font_family=MONO, fill=PALE)
        band = self._rect(group, LEFT, self.y + 1, BAND_W, BAND_H,
                          self._fill(kind), range_text(base, size))
        if kind is HOLE:
            band['stroke'] = RESERVED.colour
            band['stroke-dasharray'] = '3,3'
        self._text(group, text, LEFT + BAND_W + 10, self.y + 10, 11,
                   fill=PALE)
        self.y += BAND_H + 5

    def _tables(self):
        """(TDMR's index, name, base, size) of each PAMT region."""
        for index, tdmr in enumerate(self.snap.tdmrs):
            for part in PAMTS:
                if tdmr[part]['size']:
                    yield index, part, tdmr[part]['base'], tdmr[part]['size']

    def _row(self, group, section, row):
        """Address and ground of a row."""
        self._text(group, f'{max(row.base, section.base):#x}', LEFT - 8,
                   self.y + 12, 10, text_anchor='end',
                   font_family=MONO, fill=PALE)
        first = max(section.base - row.base, 0) / self.layout.granule
        last = row.size / self.layout.granule
        kind = OUTSIDE if section.kind == 'outside' else FREE
        self._rect(group, LEFT + first * CELL_W, self.y,
                   (last - first) * CELL_W, CELL_H, kind.colour)

    def _areas(self, group, section, tops):
        """What is laid over the ground at its exact place."""
        tdmr = section.tdmr
        areas = []
        if tdmr:
            done = tdmr['base'] + tdmr['initialized']
            areas = [(UNINITIALIZED, done, tdmr['base'] + tdmr['size'] - done,
                      'not initialised yet')]
            areas += [(RESERVED, area['base'], area['size'], 'reserved area')
                      for area in tdmr['reserved']]
        areas += [(TABLES, base, size, f'{part.upper()} region of TDMR '
                   f'{index}') for index, part, base, size in self._tables()]
        for kind, base, size, what in areas:
            parts = list(self.layout.place(section, base, size))
            if not parts:
                continue
            area = group.add(self.dwg.g(class_=f'area-{kind.key}'))
            area.set_desc(title=area_title(what, base, size))
            for number, first, last in parts:
                width = (last - first) * CELL_W
                self._rect(area, LEFT + first * CELL_W, tops[number],
                           max(MIN_AREA_W, width), CELL_H,
                           self._fill(kind) if width > 4 else kind.colour)

    def _cells(self, group, row, top):
        """Cells with pages in use: kinds side by side, height is density."""
        for column, cell in sorted(row.cells.items()):
            at = group.add(self.dwg.g(class_='cell'))
            at.set_desc(title=self._cell_title(cell))
            x = LEFT + column * CELL_W
            used = [(kind, cell.counts[kind.key]) for kind in USED
                    if cell.counts.get(kind.key)]
            if used:
                height = MIN_FILL_H + density(cell) * (FILL_H - MIN_FILL_H)
                widths = shares([number for _, number in used], CELL_W - 1,
                                MIN_PART_W)
                part = x + 1
                for (kind, _), width in zip(used, widths):
                    self._rect(at, part, top + LANE_H + FILL_H - height,
                               width, height, kind.colour)
                    part += width
            if cell.counts.get('pairs'):
                width = max(MIN_PART_W, pair_share(cell) * (CELL_W - 1))
                self._rect(at, x + 1, top, width, PAIR_H, PAIR.colour,
                           class_='pair')

    def _cell_title(self, cell):
        lines = [f'{range_text(cell.base, cell.size)} '
                 f'({size_text(cell.size)}), {density(cell):.1%} in use']
        lines += [f'{kind.name}: {count_text(cell.counts[kind.key], "page")}'
                  for kind in USED if cell.counts.get(kind.key)]
        if cell.counts.get('pairs'):
            lines.append(count_text(cell.counts['pairs'], 'page pair'))
        return '\n'.join(lines)

    def _grid(self, group, section, tops):
        """White lines between the cells, in one path a run of rows."""
        steps = []
        for number, row in enumerate(section.rows):
            if not row.gap:
                steps += [f'M{LEFT + c * CELL_W + .5},{tops[number]}v{CELL_H}'
                          for c in range(
                              1 + -(-row.size // self.layout.granule))]
        group.add(self.dwg.path(' '.join(steps), stroke='#ffffff',
                                stroke_width=1, fill='none', class_='grid'))

    # --- legend ---

    def _legend(self):
        """What the colours and shapes mean, and how much there is of each."""
        legend = self.dwg.add(self.dwg.g(id='legend'))
        counts = self.snap.counts()
        self.y += 14
        legend.add(self.dwg.line((MARGIN, self.y), (WIDTH - MARGIN, self.y),
                                 stroke='#d0d7de'))
        self.y += 20
        top = self.y
        columns = [MARGIN + i * (WIDTH - 2 * MARGIN) / 4 for i in range(4)]
        used = [(kind, count_text(counts.get(kind.key, 0), 'page') + ', ' +
                 size_text(counts.get(kind.key, 0) * PAGE))
                for kind in USED
                if kind.key != 'other' or counts.get('other')]
        half = len(USED) // 2
        self.y = max(
            self._legend_column(legend, columns[0], top, 'Pages in use',
                                used[:half]),
            self._legend_column(legend, columns[1], top, None, used[half:]),
            self._legend_column(legend, columns[2], top, 'Other memory',
                                self._others(counts)),
            self._legend_shapes(legend, columns[3], top))

    def _others(self, counts):
        outside = sum(s.size for s in self.layout.sections
                      if s.kind == 'outside')
        hole = sum(s.size for s in self.layout.sections if s.kind == 'hole')
        return [(FREE, size_text(counts.get('nda', 0) * PAGE)),
                (RESERVED, size_text(counts.get('rsvd', 0) * PAGE)),
                (UNINITIALIZED,
                 size_text(counts.get('uninitialized', 0) * PAGE)),
                (TABLES, size_text(self.snap.region_bytes())),
                (OUTSIDE, size_text(outside)), (HOLE, size_text(hole))]

    def _legend_column(self, legend, x, y, title, entries):
        if title:
            self._text(legend, title, x, y, 13, font_weight='bold')
        for kind, amount in entries:
            y += 20
            entry = legend.add(self.dwg.g(class_='legend-entry',
                                          id=f'legend-{kind.key}'))
            swatch = self._rect(entry, x, y - 11, 14, FILL_H,
                                self._fill(kind))
            if kind is HOLE:
                swatch['stroke'] = RESERVED.colour
                swatch['stroke-dasharray'] = '3,3'
            text = self._text(entry, kind.name, x + 22, y, 12)
            text.add(self.dwg.tspan(kind.what, dx=[6], fill=PALE))
            self._text(entry, amount, x + 22, y + 13, 11, fill=PALE)
            y += 12
        return y

    def _legend_shapes(self, legend, x, y):
        self._text(legend, 'Cells', x, y, 13, font_weight='bold')
        granule = self.layout.granule
        y += 20
        fill = legend.add(self.dwg.g(class_='legend-entry', id='legend-fill'))
        at = x
        for share, text, step in ((PAGE / granule, '1 page', 72),
                                  (.25, '25 %', 60), (.5, '50 %', 60),
                                  (1, '100 %', 0)):
            height = MIN_FILL_H + share * (FILL_H - MIN_FILL_H)
            self._rect(fill, at, y - 13, 14, CELL_H, FREE.colour)
            self._rect(fill, at, y - 13 + CELL_H - height, 14, height,
                       USED[5].colour)
            self._text(fill, text, at + 18, y, 11)
            at += step
        self._text(fill, f'height: share of the cell\'s {granule // PAGE:,} '
                   'pages in use', x, y + 16, 11, fill=PALE)
        y += 42
        pair = legend.add(self.dwg.g(class_='legend-entry', id='legend-pair'))
        self._rect(pair, x, y - 13, 14, CELL_H, FREE.colour)
        self._rect(pair, x, y - 13, 14, PAIR_H, PAIR.colour)
        self._text(pair, 'has a PAMT page pair', x + 22, y, 12)
        lines = ['length of the line: share of the cell\'s',
                 '2 MiB ranges that have one'] if granule > kinds.LARGE \
            else []
        lines += ['', 'Addresses: those of a row\'s first byte,',
                  'hexadecimal']
        for line in lines:
            y += 15 if line else 8
            if line:
                self._text(legend, line, x, y, 11, fill=PALE)
        return y


def area_title(what, base, size):
    """What a pointer over an area shows."""
    return f'{what}: {range_text(base, size)} ({size_text(size)})'


def shares(numbers, width, least):
    """Cut @width in proportion to @numbers, no part narrower than @least."""
    least = min(least, width / len(numbers))
    room = width - least * len(numbers)
    total = sum(numbers)
    return [least + room * number / total for number in numbers]


def svg(snap, **how):
    """SVG text of a snapshot; @how as Picture takes it."""
    return Picture(snap, **how).draw()


def png(text, scale=2.0):
    """PNG bytes of an SVG, @scale pixels for each of its pixels."""
    return cairosvg.svg2png(bytestring=text.encode(), scale=scale)
