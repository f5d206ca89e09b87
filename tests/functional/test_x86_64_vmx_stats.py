#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitor's statistics of VMX guests.

The guest is tests/tcg/x86_64/system/smp-vmx.c, in which each processor enters
a guest of its own a known number of times.
"""

import os
import re
import subprocess
import time

from qemu_test import QemuSystemTest

TOP = os.environ.get('SEAM_TOP', '')
SECONDS = 60
CPUS = 2


class VmxStats(QemuSystemTest):
    """query-stats and info stats"""

    timeout = 2 * SECONDS

    def start(self):
        """Boot the guest, wait for its last line; how often each CPU ran"""
        script = os.path.join(TOP, 'scripts/bare-metal')
        source = os.path.join(TOP, 'tests/tcg/x86_64/system/smp-vmx.c')
        if not TOP or not os.path.exists(script):
            self.skipTest('no scripts/bare-metal: SEAM_TOP must name the '
                          'top directory')
        program = self.scratch_file('smp-vmx')
        output = self.scratch_file('output')
        subprocess.run([script, '--build', source, program], check=True)
        self.set_machine('q35')
        self.vm.add_args('-nodefaults', '-cpu', 'TDXHost', '-m', '128M',
                         '-smp', str(CPUS), '-no-shutdown', '-kernel', program,
                         '-debugcon', f'file:{output}')
        self.vm.launch()
        end = time.monotonic() + SECONDS
        said = ''
        while not re.search(r'^1\.\.\d+$', said, re.M):
            self.assertLess(time.monotonic(), end, said)
            time.sleep(0.1)
            with open(output, encoding='utf-8') as out:
                said = out.read()
        self.assertNotIn('not ok', said)
        with open(source, encoding='utf-8') as src:
            return int(re.search(r'define RUNS (\d+)', src.read())[1])

    def ask(self, **arguments):
        """query-stats of the vCPUs: the values of each by name, by its path"""
        said = self.vm.cmd('query-stats', target='vcpu', **arguments)
        self.assertEqual({entry['provider'] for entry in said}, {'vmx'})
        return {entry['qom-path']: {stat['name']: stat['value']
                                    for stat in entry['stats']}
                for entry in said}

    def test_counts(self):
        """Each CPU's entries and exits are what the guest has done"""
        runs = self.start()
        paths = [cpu['qom-path'] for cpu in self.vm.cmd('query-cpus-fast')]
        stats = self.ask()
        self.assertEqual(set(stats), set(paths))
        for values in stats.values():
            done = {name: n for name, n in values.items() if n}
            self.assertEqual(done, {'entries': runs, 'exit-cpuid': runs})
        # The schema has them all, in the same order.
        schema = self.vm.cmd('query-stats-schemas', provider='vmx')
        self.assertEqual([s['target'] for s in schema], ['vcpu'])
        self.assertEqual([s['name'] for s in schema[0]['stats']],
                         list(stats[paths[0]]))
        self.assertIn('exit-ept-violation', stats[paths[0]])
        self.assertEqual({s['type'] for s in schema[0]['stats']},
                         {'cumulative'})

        one = self.ask(vcpus=[paths[1]], providers=[
            {'provider': 'vmx', 'names': ['failed-entries', 'exit-cpuid']}])
        self.assertEqual(one, {paths[1]: {'failed-entries': 0,
                                          'exit-cpuid': runs}})
        said = self.vm.cmd('human-monitor-command',
                           command_line='info stats vcpu exit-cpuid vmx')
        self.assertIn(f'exit-cpuid (cumulative): {runs}\r\n', said)

        # Each has left its guest and is in root operation.
        said = self.vm.cmd('human-monitor-command',
                           command_line='info registers -a')
        self.assertEqual(said.count('VMX=root VMCS='), CPUS)

        # A reset CPU counts from the beginning; here it stays stopped.
        self.vm.cmd('system_reset')
        self.vm.event_wait('RESET', SECONDS)
        for values in self.ask().values():
            self.assertEqual(set(values.values()), {0})


if __name__ == '__main__':
    QemuSystemTest.main()
