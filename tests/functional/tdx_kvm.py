# SPDX-License-Identifier: GPL-2.0-or-later
"""A host whose KVM runs TDs by guest/tdvmm, as a shell script in it says."""

import re
import subprocess
import time

import test_x86_64_tdx_host as host

# What a program wrote and how it ended, as lines that begin with a name
HEAD = '''
cd /td
run() {
    name=$1
    shift
    { "$@" 2>&1 < /dev/null; echo "ended with $?"; } |
        while IFS= read -r line; do say "$name: $line"; done
}
# Until programs have written so many of this line
until_said() {
    until [ "$(dmesg | grep -c "seam: .*: $1\\$")" -ge $2 ]; do
        usleep 10000
    done
}
# How many TDs there can be: a KeyID each, but the first private one
tds() {
    keyids=$(dmesg | grep -v seam: |
        sed -n 's/.*private KeyID range \\[\\(.*\\)).*/\\1/p')
    echo $((${keyids#*, } - ${keyids%,*} - 1))
}
'''
DONE = 'script: done'
SECONDS = host.BOOT_SECONDS
# Long enough for whoever looks at the machine then
TAIL = f'\nsay "{DONE}"\nread -t 600 answer\n'


class TdxKvm(host.TdxGuest):
    """What each test of TDs on KVM needs"""

    calls = None        # {leaf: (calls, errors)} when the script was done
    kernel = 'bzImage'
    module = ''
    dynamic = True

    def pack(self, script, *files):
        """The initramfs with tdvmm, its payloads, @script and @files"""
        path = self.scratch_file('script')
        with open(path, 'w', encoding='utf-8') as out:
            out.write(HEAD + script + TAIL)
        packed = self.scratch_file('initramfs.gz')
        subprocess.run([self.need('guest/tdvmm/pack'), packed,
                        f'script={path}', *files], check=True)
        return packed

    def start_script(self, script, files=(), append='', **machine):
        """Boot a host that runs @script"""
        self.start(kernel=self.kernel,
                   initramfs=self.pack(script, *files),
                   append=f'kvm_intel.tdx=1 seam.mode=script {append}',
                   **{'smp': '2', 'mem': '2G', 'module': self.module,
                      **machine})

    def end_script(self):
        """What the guest said; nothing of a TD is left"""
        end = time.monotonic() + SECONDS
        while DONE not in self.read_serial():
            self.assertLess(time.monotonic(), end, 'the script does not end')
            time.sleep(0.5)
            self.assertEqual(self.vm.cmd('x-tdx-check'), {'consistent': True})
        self.assert_nothing_left(dynamic=self.dynamic)
        self.calls = self.leaves()
        self.assertEqual(self.calls.get('TDH.PHYMEM.PAMT.ADD'),
                         self.calls.get('TDH.PHYMEM.PAMT.REMOVE'))
        log, = self.boots()
        self.assert_initialized(log, dynamic=self.dynamic)
        self.assertFalse(log.has('SEAMCALL'), log.reason())
        # Not the log's lines: for it another kernel's first line ends a boot
        return re.findall(r'^\[ *\d+\.\d+\] seam: (.*)$',
                          self.read_serial(), re.M)

    def run_script(self, script, **how):
        """Both"""
        self.start_script(script, **how)
        return self.end_script()

    def assert_ended(self, said, name, status=0):
        """The program of this @name ended so; returns what it wrote"""
        wrote = [line.removeprefix(f'{name}: ') for line in said
                 if line.startswith(f'{name}: ')]
        self.assertEqual(wrote[-1:], [f'ended with {status}'], wrote)
        return '\n'.join(wrote[:-1])
