#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""VMX operation and a pending INIT move to another QEMU.

The guest is tests/tcg/x86_64/system/smp-init.c, which waits for an NMI at the
moment when its second processor is in VMX operation and an INIT waits there.
"""

from bare_guest import BareGuestTest

MACHINE = ('-m', '128M', '-no-reboot', '-no-shutdown')


class VmxMigration(BareGuestTest):
    """One migration by a socket"""

    seconds = 60

    def test_migration(self):
        """The guest's tests go on to their end, and all are ok"""
        guest = self.build('smp-init', '-DMIGRATE')
        uri = f'unix:{self.socket_dir().name}/migration'
        source, source_log = self.start('source', guest, *MACHINE)
        target, target_log = self.start('target', guest, *MACHINE,
                                        '-incoming', uri)
        self.wait_for('"migrate" from the guest',
                      lambda: '# migrate' in self.read(source_log))
        source.cmd('migrate', uri=uri)
        self.wait_status(target, 'running')
        target.cmd('inject-nmi')
        self.wait_status(target, 'shutdown')
        self.assert_all_ok(self.read(source_log) + self.read(target_log))


if __name__ == '__main__':
    BareGuestTest.main()
