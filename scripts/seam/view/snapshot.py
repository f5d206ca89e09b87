# SPDX-License-Identifier: GPL-2.0-or-later
"""A snapshot of the PAMT: asked for over QMP, saved, loaded, checked."""
import json
import os
import socket
import stat
import time

from .. import Problem, tdxlog
from ..qmp import Monitor
from .kinds import GIB, LARGE, USED

FORMAT = 'pamt-view 1'
# No cell is larger, so that none lies in two TDMRs (which begin and end at
# multiples of 1 GiB).
MAX_GRANULE = GIB
GREETING_SECONDS = 10
TRIES = 5
ONE_ANSWER = 16384      # cells; the most that query-tdx-pamt gives


class Snapshot:
    """What query-tdx-module and a map of query-tdx-pamt told.

    @module: the former as it is. @granule: bytes of a cell. @cells: the
    counts of each cell that holds pages in use, by its base. @tdmrs: as in
    query-tdx-pamt, with counts. @at: seconds since the first snapshot of the
    same connection.
    """

    def __init__(self, module, pamt, at=0):
        self.module = module
        self.at = at
        self.dynamic = pamt['dynamic']
        self.granule = pamt.get('granule', LARGE)
        self.tdmrs = sorted(pamt['tdmrs'], key=lambda t: t['base'])
        self.cells = {cell['base']: cell['counts']
                      for cell in pamt.get('map', [])}
        if self.granule < LARGE or self.granule & (self.granule - 1) or \
                self.granule > MAX_GRANULE:
            raise ValueError(f'granule {self.granule}')
        for base in self.cells:
            if base % self.granule:
                raise ValueError(f'cell {base:#x}')

    @property
    def cmrs(self):
        """(base, size) of convertible memory, in ascending order."""
        return sorted((c['base'], c['size']) for c in self.module['cmrs'])

    @property
    def configured(self):
        """TDH.SYS.CONFIG has told the module of TDMRs."""
        return bool(self.tdmrs)

    def counts(self):
        """Sum over all TDMRs."""
        return add_counts(t['counts'] for t in self.tdmrs)

    def calls(self, name):
        """How often a leaf succeeded."""
        return sum(leaf['calls'] - leaf['errors']
                   for leaf in self.module['leaves'] if leaf['name'] == name)

    def region_bytes(self):
        """Memory that the host gave for PAMTs by TDH.SYS.CONFIG."""
        return sum(t[p]['size'] for t in self.tdmrs for p in PAMTS)

    def static_bytes(self):
        """What static PAMTs of the same TDMRs take."""
        return 1024 * tdxlog.pamt_kb(
            [(t['base'], t['size']) for t in self.tdmrs], dynamic=False)

    def as_json(self):
        """Text that load() takes."""
        cells = ',\n'.join(json.dumps({'base': base, 'counts': counts})
                          for base, counts in sorted(self.cells.items()))
        head = json.dumps({
            'format': FORMAT, 'at': self.at, 'module': self.module,
            'pamt': {'dynamic': self.dynamic, 'granule': self.granule,
                     'tdmrs': self.tdmrs, 'map': []}}, indent=1)
        # A line for each cell
        return head.replace('"map": []', f'"map": [\n{cells}]') + '\n'


PAMTS = ('pamt-1g', 'pamt-2m', 'pamt-4k')


def add_counts(several):
    """Sum of counts, each kind by itself."""
    total = {}
    for counts in several:
        for key, number in counts.items():
            total[key] = total.get(key, 0) + number
    return total


def load(path):
    """The snapshot that save() wrote to @path."""
    try:
        with open(path, encoding='utf-8') as src:
            data = json.load(src)
    except OSError as error:
        raise Problem(f'{path}: {error.strerror}') from error
    except (ValueError, UnicodeError):
        data = None
    try:
        if data['format'] != FORMAT:
            raise ValueError
        snap = Snapshot(data['module'], data['pamt'], data.get('at', 0))
        _touch(snap)
        return snap
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Problem(f'{path}: not a file that pamt-view --save has written'
                      ) from error


def _touch(snap):
    """Read all that drawing reads, so that a wrong file fails early."""
    assert snap.cmrs is not None
    snap.calls('')
    snap.region_bytes()
    for key in ('state', 'version', 'keyids', 'dynamic-pamt-supported', 'lps',
                'lps-initialized'):
        snap.module[key]
    for tdmr in snap.tdmrs:
        tdmr['initialized'] + sum(r['base'] + r['size']
                                  for r in tdmr['reserved'])
    for counts in snap.cells.values():
        sum(counts.get(kind.key, 0) for kind in USED)


def connect(address):
    """A Machine for the monitor at @address."""
    monitor = Monitor(_connect(address))
    try:
        greeted = monitor.negotiate(time.monotonic() + GREETING_SECONDS)
    except (EOFError, ValueError) as error:
        raise Problem(f'{address}: what listens there is no QMP monitor'
                      ) from error
    if not greeted:
        raise Problem(f'{address}: no greeting in {GREETING_SECONDS} s; '
                      'is another program connected to it?')
    return Machine(monitor, address)


def _connect(address):
    host, _, port = address.rpartition(':')
    local = not port.isdigit() or '/' in address
    try:
        if local:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(GREETING_SECONDS)
            sock.connect(address.removeprefix('unix:'))
        else:
            sock = socket.create_connection(
                (host.removeprefix('tcp:') or 'localhost', int(port)),
                GREETING_SECONDS)
        return sock
    except (OSError, OverflowError) as error:
        option = (f'unix:{address.removeprefix("unix:")}' if local else
                  f'tcp:{address.removeprefix("tcp:")}')
        raise Problem(f'{address}: no QEMU there; start one with '
                      f'-qmp {option},server=on,wait=off') from error


class Machine:
    """A running QEMU; @monitor: a QMP connection, @name: what to call it."""

    def __init__(self, monitor, name):
        self.monitor = monitor
        self.address = name
        self.started = time.monotonic()

    def _ask(self, name, **arguments):
        try:
            return self.monitor.command(name, **arguments)
        except RuntimeError as error:
            if 'has not been found' in str(error):
                raise Problem(f'{self.address}: this QEMU knows no TDX module'
                              ) from error
            if 'no TDX module' in str(error):
                raise Problem(f'{self.address}: the machine has no TDX module;'
                              ' start QEMU with -cpu TDXHost -device '
                              'tdx-module') from error
            raise Problem(f'{self.address}: {error}') from error
        except (EOFError, OSError) as error:
            raise Problem(f'{self.address}: QEMU has ended') from error

    def take(self, pick, window=None):
        """A snapshot; @pick(module) says how many bytes a cell has.

        @window: (base, size) of the memory to look at, if not all. The guest
        may reset or configure the module between two questions: then ask
        again.
        """
        for _ in range(TRIES):
            snap = self._take(pick, window)
            if [t['base'] for t in snap.tdmrs] == \
                    sorted(t['base'] for t in snap.module['tdmrs']):
                break
        return snap

    def _take(self, pick, window):
        at = time.monotonic() - self.started
        module = self._ask('query-tdx-module')
        granule = min(pick(module), MAX_GRANULE)
        base, size = window or (0, None)
        end = base + size if window else None
        whole = None
        while True:
            arguments = {'view': 'map', 'granule': granule,
                         'limit': ONE_ANSWER, 'base': base}
            if end:
                arguments['size'] = end - base
            part = self._ask('query-tdx-pamt', **arguments)
            whole = _joined(whole, part) if whole else part
            base = part.get('next')
            if base is None:
                return Snapshot(module, whole, round(at, 3))


def _joined(first, second):
    """Two answers in one: counts of the same TDMR and cell add up."""
    cells = {cell['base']: cell['counts'] for cell in first['map']}
    for cell in second['map']:
        cells[cell['base']] = add_counts(
            [cells.get(cell['base'], {}), cell['counts']])
    counts = {t['base']: t['counts'] for t in first['tdmrs']}
    return {**second,
            'tdmrs': [{**t, 'counts': add_counts(
                [counts.get(t['base'], {}), t['counts']])}
                for t in second['tdmrs']],
            'map': [{'base': base, 'counts': c} for base, c in cells.items()]}


def open_source(source):
    """A function (pick, window) -> Snapshot, and whether it is live."""
    path = source.removeprefix('unix:')
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise Problem(f'{source}: a folder; name a QMP socket or a saved '
                          'file')
        if stat.S_ISREG(mode):
            snap = load(path)
            return (lambda pick, window=None: snap), False
    except OSError:
        if source.endswith('.json'):
            raise Problem(f'{source}: no such file') from None
    return connect(source).take, True
