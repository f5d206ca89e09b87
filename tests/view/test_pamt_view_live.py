#!/usr/bin/python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/pamt-view: machines that run, and what can be wrong."""

import os
import pty
import select
import signal
import socket
import subprocess
import threading
import time
import xml.etree.ElementTree as ET

from case import Case, DATA, GIB, K4, M2, SECONDS, USED, groups, main, titles
import host
from seam.view import snapshot


class MistakeTest(Case):
    """Each gets one line"""

    def test_nobody_there(self):
        path = self.dir / 'qmp.sock'
        self.refused(f'^pamt-view: {path}: no QEMU there; start one with -qmp '
                     f'unix:{path},server=on,wait=off$', path)
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        self.refused('no QEMU there; start one with -qmp tcp:'
                     f'127.0.0.1:{port},', f'127.0.0.1:{port}')

    def test_no_monitor(self):
        with socket.create_server(('127.0.0.1', 0)) as server:
            def answer():
                peer, _ = server.accept()
                with peer:
                    peer.sendall(b'220 mail\n')
            thread = threading.Thread(target=answer)
            thread.start()
            self.refused('no QMP monitor$',
                         f'127.0.0.1:{server.getsockname()[1]}')
            thread.join()

    def test_files(self):
        self.refused('no such file$', self.dir / 'a.json')
        self.refused('a folder; name a QMP socket or a saved file$', self.dir)
        for text in ('', '{}', '[]', 'x', '{"format": "pamt-view 1"}',
                     (DATA / 'dynamic.json').read_text()[:3000],
                     (DATA / 'dynamic.json').read_text().replace(
                         '"tdmrs"', '"x"')):
            path = self.dir / 'a.json'
            path.write_text(text)
            self.refused('not a file that pamt-view --save has written$', path)

    def test_options(self):
        saved = DATA / 'dynamic.json'
        for pattern, *args in (
                ('must end in .svg or .png', '-o', 'a.gif'),
                ('unrecognized arguments: --frob; scripts/pamt-view --help',
                 '--frob'),
                ('is from 0.01 to 3600', '--watch', '--interval', '0'),
                ('does not change; leave out --watch', '--watch'),
                ('goes without --output', '--watch', '-o', 'a.svg'),
                ('a power of two from 2M on', '--granule', '3M'),
                ('say BASE\\+SIZE', '--range', '4G'),
                ('No such file or directory', '-o',
                 self.dir / 'no/a.svg')):
            self.refused(pattern, saved, *args)


class LiveTest(Case):
    """A machine that runs"""

    def start(self, prepare=None, **how):
        address = self.dir / 'qmp'
        machine = host.Host(address, **how)
        self.addCleanup(machine.close)
        if prepare:
            prepare(machine)
        return machine, address

    def test_save_and_draw(self):
        machine, address = self.start(host.everything)
        saved = self.dir / 'now.json'
        now, later = self.dir / 'now.svg', self.dir / 'later.svg'
        self.good(address, '--save', saved, '-o', now)
        machine.close()
        self.good(saved, '-o', later)
        self.assertEqual(now.read_text(), later.read_text())
        counts = snapshot.load(saved).counts()
        pairs = counts.pop('pairs')
        self.assertEqual(pairs, len(machine.paired))
        self.assertEqual({k: counts[k] for k in USED}, USED)
        self.assertEqual(counts['pamt'], 2 * pairs)
        self.assertEqual(
            counts['rsvd'] * K4,
            sum(size for _, _, areas, _ in host.TDMRS for _, size in areas))

    def test_range(self):
        _, address = self.start(host.everything)
        path = self.dir / 'now.svg'
        self.good(address, '--range', f'{4 * GIB + 40 * M2}+4M', '-o', path)
        root = ET.parse(path).getroot()
        self.assertEqual([t.split('\n')[1:] for t in
                          titles(groups(root, 'cell'))],
                         [['PT_TDR: 1 page', 'PT_TDCX: 11 pages',
                           'PT_TDVPR: 1 page', 'PT_EPT: 5 pages',
                           '1 page pair'],
                          ['PT_REG 4K: 512 pages', '1 page pair']])

    def watch(self, address, steps):
        """--watch on a terminal: after each text of @steps is seen, its step

        Returns the exit status and what came after the last step.
        """
        try:
            child, terminal = pty.fork()
        except OSError as error:
            self.skipTest(f'no pseudo terminal here: {error}')
        if not child:
            os.environ.update(TERM='xterm', COLUMNS='100', LINES='50',
                              PYTHONIOENCODING='utf-8')
            # Whoever runs the tests in the background ignores it
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execv(host.VIEW, [str(host.VIEW), str(address), '--watch',
                                 '--interval', '0.05'])
        try:
            seen = b''
            end = time.monotonic() + SECONDS
            for text, step in steps:
                while text.encode() not in seen:
                    self.assertLess(time.monotonic(), end, seen[-500:])
                    if select.select([terminal], [], [], 1)[0]:
                        seen += os.read(terminal, 65536)
                seen = b''
                step(child)
            while True:
                self.assertLess(time.monotonic(), end, seen[-500:])
                if not select.select([terminal], [], [], 1)[0]:
                    continue
                try:
                    data = os.read(terminal, 65536)
                except OSError:     # the other end is gone
                    break
                if not data:
                    break
                seen += data
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            child = 0
            return status, seen.decode(errors='replace')
        finally:
            if child:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            os.close(terminal)

    def test_watch(self):
        machine, address = self.start(lambda m: m.bring_up(host.TDMRS))
        status, _ = self.watch(address, [
            ('0 page pairs', lambda child: machine.pair(4 * GIB)),
            ('1 page pair ', lambda child: machine.pair(5 * GIB)),
            ('PAMT.ADD 2 ', lambda child: os.kill(child, signal.SIGINT))])
        self.assertEqual(status, 130)

    def test_watch_ends_with_qemu(self):
        machine, address = self.start()
        status, said = self.watch(address, [
            ('SYSINIT_PENDING', lambda child: machine.close())])
        self.assertEqual(status, 1)
        self.assertIn(f'pamt-view: {address}: QEMU has ended', said)
        self.assertNotIn('Traceback', said)

    def test_watch_without_terminal(self):
        _, address = self.start()
        out = self.good(address, '--watch')
        self.assertEqual(out.count('SYSINIT_PENDING'), 1)

    def test_no_module(self):
        address = self.dir / 'qmp'
        with subprocess.Popen(
                [host.QEMU, '-machine', 'none', '-display', 'none', '-qmp',
                 f'unix:{address},server=on,wait=off']) as qemu:
            try:
                end = time.monotonic() + SECONDS
                while not address.exists():
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.02)
                self.refused('the machine has no TDX module; start QEMU with '
                             '-cpu TDXHost -device tdx-module$', address)
            finally:
                qemu.kill()


if __name__ == '__main__':
    main()
