# SPDX-License-Identifier: GPL-2.0-or-later
"""Command lines as the documentation has them, for tests to run."""

import os
import pty
import re
import signal
import subprocess
import threading

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 300
INITIALIZED = 'virt/tdx: TDX-Module initialized'
DYNAMIC = 'virt/tdx: Enable Dynamic PAMT'


def blocks(page):
    """The literal blocks of a page, .rst or .md, without their indentation"""
    with open(os.path.join(TOP, page), encoding='utf-8') as src:
        text = src.read()
    if page.endswith('.md'):
        found = re.findall(r'^```\w*\n(.*?)^```', text, re.M | re.S)
    else:
        found = re.findall(r'^(?:[^\n]*::|\.\. [\w-]+:: *\w*)\n'
                           r'(?:[ \t]+:[^\n]*\n)*\n((?:[ \t]+[^\n]*\n|\n)+)',
                           text + '\n', re.M)
    # In a parsed literal a backslash is written twice.
    return [re.sub(r'^[ \t]+', '', block, flags=re.M)
            .replace('\\\\\n', '\\\n') for block in found]


def commands(page):
    """Each command of the literal blocks, its continued lines joined"""
    return [line for block in blocks(page)
            for line in re.sub(r'\\\n\s*', '', block).splitlines() if line]


class DocumentedCase(QemuSystemTest):
    """A test that runs documented commands in a directory made for them"""

    timeout = 4 * SECONDS

    def setUp(self):
        super().setUp()
        self.processes = []
        self.dir = self.scratch_file('documented')
        os.makedirs(self.dir, exist_ok=True)
        for name, target in (('bzImage', 'build/guest/bzImage'),
                             ('vmlinux', 'build/guest/vmlinux'),
                             ('initramfs.cpio.gz',
                              'build/guest/initramfs.gz'),
                             ('build', 'build'), ('guest', 'guest')):
            link = os.path.join(self.dir, name)
            if not os.path.lexists(link):
                os.symlink(self.need(target), link)

    def tearDown(self):
        for process in self.processes:
            self.end(process)
        super().tearDown()

    def need(self, name):
        """The path of a file under SEAM_TOP, or the test is skipped"""
        path = os.path.join(TOP, name)
        if not TOP or not os.path.exists(path):
            self.skipTest(f'no {name}: SEAM_TOP must name the directory in '
                          'which guest/build has run')
        return path

    def command(self, page, *words, but=None):
        """The one command of a page that has all @words, and not @but"""
        found = [c for c in commands(page) if all(w in c for w in words) and
                 not (but and but in c)]
        self.assertEqual(len(found), 1, f'{page}: commands with {words}')
        return found[0].replace('|qemu_system|', 'qemu-system-x86_64')

    def path(self, name):
        """The path of a file that the commands leave"""
        return os.path.join(self.dir, name)

    def read(self, name):
        """The content of such a file"""
        with open(self.path(name), encoding='utf-8', errors='replace') as src:
            return src.read()

    def start(self, command, **how):
        """Start a command by the shell, in a session of its own"""
        qemu = os.path.join(TOP, 'build/qemu')
        self.log.info('%s', command)
        process = subprocess.Popen(
            ['sh', '-c', command], cwd=self.dir, start_new_session=True,
            env={**os.environ, 'PATH': f'{qemu}:{os.environ["PATH"]}',
                 'APPEND': ''},
            **{'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE,
               'stderr': subprocess.STDOUT, 'text': True,
               'errors': 'replace', **how})
        self.processes.append(process)
        return process

    def end(self, process):
        """End what a command has started"""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        if process.stdout:
            process.stdout.close()

    def run_until(self, command, *wanted, typed=None):
        """The output of a command, which is ended once it said all @wanted

        Or when it ends by itself; SECONDS are the most it gets.  With @typed
        it has a terminal, where this is typed every few seconds: nobody knows
        when it begins to listen.
        """
        how, lines, done = {}, None, threading.Event()
        if typed:
            try:
                ours, theirs = pty.openpty()
            except OSError as error:
                self.skipTest(f'no pseudo terminal here: {error}')
            how = dict.fromkeys(('stdin', 'stdout', 'stderr'), theirs)
            lines = os.fdopen(ours, encoding='utf-8', errors='replace')

            def write():
                while not done.wait(5):
                    os.write(ours, typed.encode())

            typist = threading.Thread(target=write)
        process = self.start(command, **how)
        if typed:
            os.close(theirs)
            typist.start()
        timer = threading.Timer(SECONDS, os.killpg,
                                [process.pid, signal.SIGKILL])
        timer.start()
        said = ''
        try:
            for line in lines or process.stdout:
                said += line
                if wanted and all(word in said for word in wanted):
                    break
        except OSError:     # the end of a terminal
            pass
        finally:
            timer.cancel()
            done.set()
        self.end(process)
        if lines:
            typist.join()
            lines.close()
        for word in wanted:
            self.assertIn(word, said)
        return said
