# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows a snapshot on a terminal, once or again and again."""
import time

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from . import kinds
from .kinds import (FREE, OUTSIDE, PAGE, RESERVED, UNINITIALIZED,
                    USED, count_text, percent_text, range_text, size_text)
from .layout import Layout, auto_granule, density

GUTTER = 18
MAX_COLUMNS = 128
# Height of a character is the share of pages in use; digits where the
# terminal has no such characters.
LEVELS = '▁▂▃▄▅▆▇█'
LEVELS_ASCII = '12345678'
GROUND = {'free': '·', 'reserved': '╱', 'uninit': '░', 'outside': '∙',
          'none': ' '}
GROUND_ASCII = {'free': '.', 'reserved': '/', 'uninit': '?', 'outside': ',',
                'none': ' '}
PAIR_STYLE = 'on #5c4a1e'
DIM = 'grey50'


class Frame:
    """One picture of @snap for @console."""

    def __init__(self, snap, console, window=None, granule=0):
        self.snap = snap
        self.window = window
        self.console = console
        columns = 16
        while columns * 2 <= min(console.width - GUTTER, MAX_COLUMNS):
            columns *= 2
        self.legend = self._legend()
        sections = 2 * (len(snap.tdmrs) + len(snap.cmrs)) + 6
        rows = max(4, console.height - sections - len(self.legend))
        self.layout = Layout(snap, columns, rows, window, granule)
        utf8 = console.encoding.lower().startswith('utf')
        self.levels = LEVELS if utf8 else LEVELS_ASCII
        self.ground = GROUND if utf8 else GROUND_ASCII

    def lines(self):
        """All lines, as rich's Text."""
        out = self._head()
        for section in self.layout.sections:
            out += self._section(section)
        return out + [Text()] + self.legend

    def compact(self):
        """The same with a line for each TDMR, all in cells of one size."""
        columns, granule = self.layout.columns, self.layout.granule
        tdmrs = [s for s in self.layout.sections if s.kind == 'tdmr']

        def one_row(section):
            return Layout(self.snap, columns, 1, (section.base, section.size),
                          granule).sections[0]
        while any(len(one_row(s).rows) > 1 for s in tdmrs):
            granule *= 2
        self.layout = Layout(self.snap, columns, 1, self.window, granule)
        out = self._head()
        for section in map(one_row, tdmrs):
            for row in section.rows:
                line = self._row(section, row)
                line.append(f'  TDMR {section.index}', style=DIM)
                out.append(line)
        return out + [Text()] + self.legend

    def __rich__(self):
        lines = self.lines()
        if not self.console.is_terminal:
            return Group(*lines)
        room = self.console.height
        if len(lines) > room and self.snap.configured:
            lines = self.compact()
        over = len(lines) - room
        # A screen that is still too low keeps the head and the legend.
        if over > 0:
            keep = max(2, room - len(self.legend) - 1)
            lines = lines[:keep] + [
                Text(f'  ... {over + 1} lines more; enlarge the terminal or '
                     'use --range', style=DIM)] + self.legend
        return Group(*lines)

    def _head(self):
        snap, module = self.snap, self.snap.module
        head = Text(no_wrap=True, overflow='crop')
        head.append('TDX module ', style='bold')
        head.append(f'{module["version"]}  '
                    f'{module["state"].upper().replace("-", "_")}  ')
        if not snap.configured:
            head.append('not configured yet: convertible memory and holes '
                        'only')
            return [head]
        counts = snap.counts()
        head.append(f'{"Dynamic" if snap.dynamic else "static"} PAMT  '
                    f'1 cell = {size_text(self.layout.granule)}')
        second = Text(no_wrap=True, overflow='crop')
        static, regions = snap.static_bytes(), snap.region_bytes()
        now = regions + counts.get('pamt', 0) * PAGE
        if snap.dynamic:
            second.append(
                f'{count_text(counts.get("pairs", 0), "page pair")}  '
                f'PAMT.ADD {snap.calls("TDH.PHYMEM.PAMT.ADD"):,}  '
                f'PAMT.REMOVE {snap.calls("TDH.PHYMEM.PAMT.REMOVE"):,}  ')
        second.append(f'PAMT {size_text(now)} '
                      f'({percent_text(now, static)} of static)')
        return [head, second]

    def _section(self, section):
        size = size_text(section.size)
        if not section.rows:
            what = (f'hole of {size}' if section.kind == 'hole' else
                    f'{size} in no TDMR')
            return [Text(f'{section.base:#{GUTTER - 2}x}  {what}', style=DIM)]
        name = ('no TDMR' if section.kind == 'outside' else
                f'TDMR {section.index}')
        where = range_text(section.base, section.size)
        if self.levels is LEVELS_ASCII:
            where = where.replace('\u2013', '-')
        title = Text(f'{name}  {where}  ({size})', style='bold', no_wrap=True)
        if section.tdmr:
            used = kinds.used_pages(section.tdmr['counts']) * PAGE
            title.append(f'  {size_text(used)} in use', style='not bold')
        return [title] + [self._row(section, row) for row in section.rows]

    def _row(self, section, row):
        line = Text(f'{max(row.base, section.base):#{GUTTER - 2}x}  ',
                    style=DIM, no_wrap=True, overflow='crop')
        if row.gap:
            line.append(f'reserved: {size_text(row.gap)}')
            return line
        for column in range(-(-row.size // self.layout.granule)):
            cell = row.cells.get(column)
            if cell:
                self._cell(line, cell)
            else:
                at = row.base + column * self.layout.granule
                line.append(self.ground[self._ground(section, at)])
        return line

    def _ground(self, section, at):
        end = at + self.layout.granule
        tdmr = section.tdmr
        if end <= section.base:
            return 'none'
        if not tdmr:
            return 'outside'
        if at >= tdmr['base'] + tdmr['initialized']:
            return 'uninit'
        if any(r['base'] < end and at < r['base'] + r['size'] and
               2 * (min(end, r['base'] + r['size']) - max(at, r['base'])) >=
               self.layout.granule for r in tdmr['reserved']):
            return 'reserved'
        return 'free'

    def _cell(self, line, cell):
        most = max(USED, key=lambda kind: cell.counts.get(kind.key, 0))
        level = self.levels[min(len(self.levels) - 1,
                                int(density(cell) * len(self.levels)))]
        style = f'{on_dark(most)}'
        if cell.counts.get('pairs'):
            style += ' ' + PAIR_STYLE
        if not kinds.used_pages(cell.counts):
            level = ' '
        line.append(level, style=style)

    def _legend(self):
        """What the signs mean; two lines or more, as wide as it takes."""
        counts = self.snap.counts()
        parts = [Text(f'█ {kind.name} '
                      f'{size_text(counts.get(kind.key, 0) * PAGE)}',
                      style=on_dark(kind))
                 for kind in USED if counts.get(kind.key)]
        utf8 = self.console.encoding.lower().startswith('utf')
        ground = GROUND if utf8 else GROUND_ASCII
        if not utf8:
            parts = [Text(p.plain.replace('█', '#'), style=p.style)
                     for p in parts]
        parts += [
            Text.assemble(('  ', PAIR_STYLE), ' has a page pair'),
            Text.assemble((LEVELS if utf8 else LEVELS_ASCII),
                          ' share of pages in use'),
            *(Text(f'{ground[sign]} {kind.name}') for sign, kind in (
                ('free', FREE), ('reserved', RESERVED),
                ('uninit', UNINITIALIZED), ('outside', OUTSIDE)))]
        lines = [Text()]
        for part in parts:
            if lines[-1].cell_len and \
                    lines[-1].cell_len + part.cell_len + 3 > \
                    self.console.width:
                lines.append(Text())
            if lines[-1].cell_len:
                lines[-1].append('   ')
            lines[-1].append_text(part)
        return lines


def on_dark(kind):
    """A kind's colour where the ground is likely dark."""
    return '#ffffff' if kind.key == 'tdr' else (
        '#4d8fd1' if kind.key == 'reg-2m' else
        '#d2603a' if kind.key == 'tdvpr' else kind.colour)


def show(take, live, window, granule, watch, interval, frames):
    """Draw what @take gives, once or every @interval seconds."""
    console = Console(highlight=False)

    def frame():
        snap = take(lambda module: granule or auto_granule(
            module, 64, max(4, console.height - 12), window), window)
        return Frame(snap, console, window, granule)

    if not (watch and live and console.is_terminal):
        console.print(frame())
        return
    with Live(frame(), console=console, screen=True,
              auto_refresh=False) as shown:
        done = 1
        while not frames or done < frames:
            time.sleep(interval)
            shown.update(frame(), refresh=True)
            done += 1
