#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine whose module holds a bit of everything, for pictures of it.

  tests/view/host.py FOLDER   writes the snapshots that the tests draw
"""

import os
import subprocess
import sys
import tempfile

from seam import paths
from seam.client.machine import Machine
from seam.client.session import Session
from seam.tables import Tables

QEMU = os.environ.get('QEMU_TEST_QEMU_BINARY') or paths.QEMU
VIEW = paths.TOP / 'scripts/pamt-view'

K4, M2, GIB = 1 << 12, 1 << 21, 1 << 30
HKID = 3

# TDMRs: base, size, reserved areas, bytes initialised (by the GiB)
TDMRS = [
    (1 * GIB, 1 * GIB, [(GIB + 300 * M2, 37 * M2)], 1 * GIB),
    (4 * GIB, 2 * GIB, [(4 * GIB + 3 * M2 + 16 * K4, 24 * K4),
                        (5 * GIB + 128 * M2, 256 * M2)], 2 * GIB),
    (6 * GIB, 2 * GIB, [], 1 * GIB),
]
MEMORY = '6G'

# Those of a machine of 1 TiB: a GiB of each 34 lies in none
LARGE_TDMRS = [(4 * GIB + i * 34 * GIB, 33 * GIB,
                [(4 * GIB + (i * 34 + i % 25) * GIB, (1 + i % 3) * GIB)],
                33 * GIB) for i in range(30)]
LARGE_MEMORY = '1T'


class Host(Session):
    """A session with a monitor at @socket, and books of what it used"""

    def __init__(self, socket=None, memory=MEMORY, module=''):
        extra = ['-qmp', f'unix:{socket},server=on,wait=off'] if socket else []

        def start():
            return Machine(QEMU, [
                '-machine', 'q35,memory-backend=ram', '-smp', '1',
                '-m', memory, '-object',
                f'memory-backend-ram,id=ram,size={memory},reserve=off',
                '-cpu', 'TDXHost', '-device', 'tdx-module,id=tdx' + module,
                *extra])
        super().__init__(Tables(), start, say=lambda line: None)
        self.paired = set()
        self.pair_next = 4 * GIB + 500 * M2

    def ok(self, name, **operands):
        return self.must_succeed(name, record=False, **operands)

    def bring_up(self, tdmrs=(), dynamic=True):
        """The module with @tdmrs"""
        self.ok('tdh.sys.init')
        self.ok('tdh.sys.lp.init')
        for base, size, reserved, _ in tdmrs:
            self.run(f'tdmr base={base} size={size} dynamic={int(dynamic)} ' +
                     ' '.join(f'reserved_offset[{i}]={at - base} '
                              f'reserved_size[{i}]={length}'
                              for i, (at, length) in enumerate(reserved)))
        self.run(f'config dynamic={int(dynamic)}')
        assert not self.last[2]['rax'], self.answer()
        self.ok('tdh.sys.key.config')
        for base, size, _, done in tdmrs:
            while self.ok('tdh.sys.tdmr.init', tdmr_base=base)['next'] < \
                    base + done:
                pass

    def pair(self, hpa):
        """See to the page pair of @hpa's 2 MiB range"""
        hpa = hpa // M2 * M2
        if hpa not in self.paired:
            self.paired.add(hpa)
            self.ok('tdh.phymem.pamt.add', range=hpa | 1,
                    pamt_page0=self.pair_next, pamt_page1=self.pair_next + K4)
            self.pair_next += 2 * K4

    def take(self, hpa):
        """@hpa, ready to be given to a TD"""
        self.pair(hpa)
        return hpa

    def build_td(self, base, small, large, far):
        """A TD at @base: @small pages of 4K, @large of 2M, some at @far"""
        pages = iter(range(base, base + M2, K4))

        def page():
            return self.take(next(pages))
        tdr = page()
        self.ok('tdh.mng.create', page=tdr, hkid=HKID)
        self.ok('tdh.mng.key.config', tdr=tdr)
        for _ in range(6):
            self.ok('tdh.mng.addcx', page=page(), tdr=tdr)
        self.run('td-params at=1M+64K')
        self.ok('tdh.mng.init', tdr=tdr, td_params=0x110000)
        vcpu = page()
        self.ok('tdh.vp.create', page=vcpu, tdr=tdr)
        for _ in range(5):
            self.ok('tdh.vp.addcx', page=page(), tdvpr=vcpu)
        self.ok('tdh.vp.init', tdvpr=vcpu)
        for level in (3, 2):
            self.ok('tdh.mem.sept.add', gpa=level, tdr=tdr, page=page())
        for gpa in range(0, small * K4, M2):
            self.ok('tdh.mem.sept.add', gpa=gpa | 1, tdr=tdr, page=page())
        for i in range(small):
            hpa = base + M2 + i * K4
            if i >= small - 64:
                hpa = far + (i % 64) * 7 * K4
            self.ok('tdh.mem.page.aug', gpa=i * K4, tdr=tdr,
                    page=self.take(hpa))
        for i in range(large):
            self.ok('tdh.mem.page.aug', gpa=(64 + i) * M2 | 1, tdr=tdr,
                    page=base + (16 + i) * M2)
        return tdr


def everything(host):
    """All kinds of pages that a host can make"""
    host.bring_up(TDMRS)
    host.build_td(4 * GIB + 40 * M2, small=1500, large=37,
                  far=GIB + 100 * M2)
    for i in range(30):         # pairs without a page in use
        host.pair(4 * GIB + (100 + i * i % 61) * M2)


def large(host):
    """Many TDMRs; a TD here and there, page pairs all over"""
    host.bring_up(LARGE_TDMRS)
    host.pair_next = 36 * GIB
    host.build_td(5 * GIB, small=1000, large=440, far=500 * GIB)
    for i in range(30):
        for j in range(i + 1):
            host.pair(4 * GIB + (i * 34 + 31) * GIB + j * j * M2)


def snapshots(folder):
    """Write the files that the tests draw"""
    with tempfile.TemporaryDirectory() as tmp:
        for name, prepare, how in (
                ('pending', lambda host: None, {}),
                ('dynamic', everything, {}),
                ('static', lambda host: host.bring_up(TDMRS[:2], False), {}),
                ('large', large, {'memory': LARGE_MEMORY})):
            socket = f'{tmp}/{name}'
            host = Host(socket, **how)
            try:
                prepare(host)
                subprocess.run([VIEW, socket, '--save',
                                f'{folder}/{name}.json'], check=True)
            finally:
                host.close()


if __name__ == '__main__':
    snapshots(sys.argv[1])
