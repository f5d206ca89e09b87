# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of QEMU's monitor, by the QEMU Machine Protocol."""

import json
import socket
import time

SECONDS = 30    # what a command may take unless told otherwise


class Monitor:
    """A connection; @sock is ours, events wait in .events

    EOFError is QEMU that has ended, RuntimeError a command that failed.
    """

    def __init__(self, sock):
        self.sock = sock
        self.pending = b''
        self.events = []
        self.number = 0

    @classmethod
    def pair(cls):
        """A client, and the socket that a QEMU to be started inherits"""
        ours, theirs = socket.socketpair()
        return cls(ours), theirs

    @staticmethod
    def options(fd, name='qmp'):
        """QEMU's arguments for a monitor on the inherited @fd"""
        return ['-chardev', f'socket,id={name},fd={fd}',
                '-qmp', f'chardev:{name}']

    def close(self):
        """Leave QEMU alone"""
        self.sock.close()

    def read(self, deadline):
        """The next message; None at the deadline, EOFError when QEMU is gone"""
        while b'\n' not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(65536)
            except socket.timeout:
                return None
            except ConnectionError:
                data = b''
            if not data:
                raise EOFError('QEMU closed its monitor')
            self.pending += data
        line, self.pending = self.pending.split(b'\n', 1)
        return json.loads(line)

    def negotiate(self, deadline):
        """Take the greeting and leave negotiation; False at the deadline

        ValueError when what is connected does not greet as QEMU does.
        """
        greeting = self.read(deadline)
        if greeting is None:
            return False
        if 'QMP' not in greeting:
            raise ValueError('no QMP monitor')
        self.command('qmp_capabilities')
        return True

    def command(self, name, timeout=SECONDS, **arguments):
        """Run a command; returns its reply, raises RuntimeError on an error"""
        self.number += 1
        message = {'execute': name, 'arguments': arguments, 'id': self.number}
        self.sock.settimeout(timeout)
        try:
            self.sock.sendall(json.dumps(message).encode() + b'\n')
        except ConnectionError as gone:
            raise EOFError('QEMU closed its monitor') from gone
        deadline = time.monotonic() + timeout
        while True:
            reply = self.read(deadline)
            if reply is None:
                raise RuntimeError(f'{name}: no answer in {timeout} s')
            if 'event' in reply:
                self.events.append(reply)
            elif reply.get('id') != self.number:
                pass        # of a command that nobody waits for any more
            elif 'error' in reply:
                raise RuntimeError(f'{name}: {reply["error"]["desc"]}')
            elif 'return' in reply:
                return reply['return']

    def wait_event(self, name, deadline):
        """The next event @name, or None at the deadline"""
        while True:
            for i, event in enumerate(self.events):
                if event['event'] == name:
                    del self.events[:i + 1]
                    return event
            message = self.read(deadline)
            if message is None:
                return None
            if 'event' in message:
                self.events.append(message)

    def properties(self, path):
        """All readable properties of a QOM object, {} when there is none"""
        found = {}
        try:
            for prop in self.command('qom-list', path=path):
                try:
                    found[prop['name']] = self.command(
                        'qom-get', path=path, property=prop['name'])
                except RuntimeError:
                    pass
        except RuntimeError:
            pass
        return found
