# SPDX-License-Identifier: GPL-2.0-or-later
"""How physical memory is laid out in rows of cells, whoever draws them.

Memory is cut into sections (a TDMR, memory outside of TDMRs, a hole), each
into rows of the same number of cells. What no TD could use is one narrow line:
holes, many reserved rows, and, once there are TDMRs, memory outside of them. Where memory is large a cell stands for more of
it, so that the number of rows stays about the same.
"""
import bisect
import collections

from .kinds import LARGE, PAGE, used_pages
from .snapshot import add_counts

# kind: 'tdmr', 'outside' or 'hole'; index: of the TDMR
Section = collections.namedtuple('Section', 'kind base size index tdmr rows')
# cells: {column: Cell} of those in use; gap: 0, or a narrow line's size
Row = collections.namedtuple('Row', 'base size gap cells')
Cell = collections.namedtuple('Cell', 'base size counts')

MIN_GAP_ROWS = 3        # fewer unusable rows are not worth a line of their own


class Layout:
    """@sections of a snapshot; @granule: bytes of a cell."""

    def __init__(self, snap, columns, max_rows, window=None, granule=0):
        self.snap = snap
        self.columns = columns
        self.window = window
        self.bases = sorted(snap.cells)
        parts = list(self._parts())
        self.granule = max(granule or LARGE, snap.granule)
        limit = max(max_rows, 2 * len(snap.tdmrs))
        while not granule and self._rows(parts) > limit:
            self.granule *= 2
        self.sections = [self._section(*part) for part in parts]

    @property
    def row_size(self):
        """Bytes of a full row."""
        return self.columns * self.granule

    def _parts(self):
        """(kind, base, size, index, tdmr) in ascending order."""
        edges = []
        at = 0
        for index, tdmr in enumerate(self.snap.tdmrs):
            edges += self._between(at, tdmr['base'])
            at = tdmr['base'] + tdmr['size']
            edges.append(('tdmr', tdmr['base'], tdmr['size'], index, tdmr))
        last = max([at] + [b + s for b, s in self.snap.cmrs])
        edges += self._between(at, last)
        for kind, base, size, index, tdmr in edges:
            if self.window:
                end = min(base + size, sum(self.window))
                base = max(base, self.window[0])
                size = end - base
            if size > 0:
                yield kind, base, size, index, tdmr

    def _between(self, at, end):
        """Memory and holes of [at, end), which lies in no TDMR."""
        for base, size in self.snap.cmrs:
            low, high = max(base, at), min(base + size, end)
            if low < high:
                if at < low:
                    yield 'hole', at, low - at, None, None
                yield 'outside', low, high - low, None, None
                at = high
        if at < end:
            yield 'hole', at, end - at, None, None

    def _has_rows(self, kind):
        return kind == 'tdmr' or (kind == 'outside' and
                                  not self.snap.configured)

    def _bounds(self, base, size):
        """The first row's base and the number of rows."""
        first = base // self.granule * self.granule
        return first, -(-(base + size - first) // self.row_size)

    def _rows(self, parts):
        """Rows that need room: those of gaps hardly do."""
        total = 0
        for kind, base, size, _, tdmr in parts:
            if self._has_rows(kind):
                first, number = self._bounds(base, size)
                total += number
            if tdmr:
                total -= sum(max(0, r['size'] // self.row_size - 1)
                             for r in tdmr['reserved'])
        return total

    def _section(self, kind, base, size, index, tdmr):
        if not self._has_rows(kind):
            return Section(kind, base, size, index, tdmr, [])
        first, number = self._bounds(base, size)
        by_row = collections.defaultdict(lambda: collections.defaultdict(list))
        # No cell of the snapshot lies in two sections with used pages.
        for at in self.bases[bisect.bisect_left(self.bases, base):
                             bisect.bisect_left(self.bases, base + size)]:
            counts = self.snap.cells[at]
            if used_pages(counts) or counts.get('pairs'):
                row, column = divmod((at - first) // self.granule,
                                     self.columns)
                by_row[row][column].append(counts)
        rows, gap = [], []
        for i in range(number):
            low = first + i * self.row_size
            high = min(low + self.row_size, base + size)
            cells = {}
            for column, several in by_row.get(i, {}).items():
                at = low + column * self.granule
                start = max(at, base)
                cells[column] = Cell(start,
                                     min(at + self.granule, high) - start,
                                     add_counts(several))
            row = Row(low, high - low, 0, cells)
            if not cells and self._unusable(tdmr, max(low, base), high):
                gap.append(row)
                continue
            rows += _closed(gap) + [row]
            gap = []
        return Section(kind, base, size, index, tdmr, rows + _closed(gap))

    @staticmethod
    def _unusable(tdmr, low, high):
        return bool(tdmr) and any(
            r['base'] <= low and high <= r['base'] + r['size']
            for r in tdmr['reserved'])

    def place(self, section, base, size):
        """(row number, first, last column) of a range, columns as fractions.

        A part for each row that it touches; none in narrow lines.
        """
        for number, row in enumerate(section.rows):
            low = max(base, row.base, section.base)
            high = min(base + size, row.base + row.size)
            if low < high and not row.gap:
                yield (number, (low - row.base) / self.granule,
                       (high - row.base) / self.granule)


def _closed(gap):
    """Rows as they are, or one narrow line for many."""
    if len(gap) < MIN_GAP_ROWS:
        return gap
    size = sum(row.size for row in gap)
    return [Row(gap[0].base, size, size, {})]


def density(cell):
    """Share of a cell's pages that are in use, 0 to 1."""
    return min(1, used_pages(cell.counts) * PAGE / cell.size)


def pair_share(cell):
    """Share of a cell's 2 MiB ranges that have a page pair, 0 to 1."""
    return min(1, cell.counts.get('pairs', 0) * LARGE / max(cell.size, LARGE))


def auto_granule(snap_module, columns, max_rows, window=None):
    """The granule to ask a machine for, before its map is known."""
    sizes = ([t['size'] for t in snap_module['tdmrs']] or
             [c['size'] for c in snap_module['cmrs']])
    total = min(sum(sizes), window[1]) if window else sum(sizes)
    granule = LARGE
    while total > granule * columns * max_rows:
        granule *= 2
    return granule
