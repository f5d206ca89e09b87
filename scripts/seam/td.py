# SPDX-License-Identifier: GPL-2.0-or-later
"""Boot Linux in TDs, on KVM in the emulated machine, and show what came of it.

  guest/td            the TDs report and switch themselves off
  guest/td --shell    a shell in the TD ("poweroff -f" ends it, Ctrl-A x all)

VMM=own is guest/tdvmm, which starts a kernel without firmware; VMM=qemu is
Debian's QEMU with Debian's OVMF. TDKERNEL= is the TD's kernel (Debian's stock
one), TDMEM= (256M) TDSMP= (1) TDAPPEND= what it gets, TDS= (1) how many run at
once. MEM= SMP= APPEND= QEMU_ARGS= V= TIMEOUT= (180) REPORT= are the host's, as
with guest/boot. Exit status 0 means that host and TDs said what they must, and
that the module got back from the host, and the host from the module, all.
"""

import lzma
import os
import re
import signal
import stat
import subprocess
import sys
import time

from . import (Problem, boot, cpio, debian, inputs, measure, paths, programs,
               report, runner, tdguest, tdxlog)
from .tables import Tables

OUT = paths.TOP / 'build/td'
INITRAMFS = OUT / 'initramfs.gz'
LOG = str(OUT / 'guest.log')
TDVMM = paths.TOP / 'build/guest/tdvmm/tdvmm'
OVER = 'seam: tds: end'
VMM_ENDED = 'seam: tds: VMM ended with '
INTERESTING = tdxlog.INTERESTING.pattern + r'|\btd: |tdvmm: '
# Beside the TDs' memory: the host's own, QEMU's in it
HOST_MIB = {'own': 1024, 'qemu': 1536}


# --- what the host boots with -----------------------------------------------

def td_kernel(tds):
    """The debian.Kernel of the TDs"""
    return (debian.Kernel(tds.kernel) if tds.kernel else
            debian.Kernel.stock())


def module_data(path):
    """A module as insmod wants it"""
    data = programs.read(path)
    if path.suffix == '.xz':
        data = lzma.decompress(data)
    return data


def td_initramfs(kernel):
    """The user space of a TD: guest/td-init"""
    folder, program = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755
    files = [(name, folder) for name in
             ('bin', 'dev', 'proc', 'sys', 'tmp', 'modules')]
    files += [
        ('dev/console', stat.S_IFCHR | 0o600, b'', (5, 1)),
        ('dev/null', stat.S_IFCHR | 0o666, b'', (1, 3)),
        ('init', program, programs.read(paths.TOP / 'guest/td-init')),
        ('bin/busybox', program, programs.busybox()),
        ('bin/sh', stat.S_IFLNK | 0o777, b'busybox'),
        ('bin/tdreport', program, programs.compiled('tdreport.c')),
    ]
    for i, path in enumerate(kernel.modules):
        name = path.name.split('.')[0]
        files.append((f'modules/{i}-{name}.ko', program, module_data(path)))
    return cpio.compressed(files)


def quoted(text):
    """For a shell"""
    return "'" + text.replace("'", "'\\''") + "'"


def command_line(tds, console):
    """The TDs' kernel's"""
    words = ['console=ttyS0,115200', 'quiet', 'panic=-1', tds.append]
    if console:
        words.append('td.do=shell')
    return ' '.join(filter(None, words))


def config(tds, console):
    """What guest/td-script reads"""
    values = {'VMM': tds.vmm, 'MEM': f'{tds.mib}M', 'SMP': tds.smp,
              'TDS': tds.number, 'APPEND': command_line(tds, console),
              'CONSOLE': '1' if console else ''}
    return ''.join(f'{name}={quoted(str(value))}\n'
                   for name, value in values.items()).encode()


def prepare(tds, console):
    """The host's initramfs, with all that the TDs need"""
    kernel = td_kernel(tds)
    (OUT / 'bzImage').unlink(missing_ok=True)
    (OUT / 'bzImage').symlink_to(kernel.image.absolute())
    files = {'td/bzImage': programs.read(kernel.image),
             'td/initrd.gz': td_initramfs(kernel),
             'td/script': programs.read(paths.TOP / 'guest/td-script'),
             'td/config': config(tds, console)}
    if tds.vmm == 'own':
        base = vmm_part('tdvmm.gz', 'guest/tdvmm/pack')
    else:
        base = vmm_part('qemu.gz', 'guest/vmm', '--no-vm')
        files['td/OVMF.fd'] = programs.read(debian.firmware())
    entries = [('td', stat.S_IFDIR | 0o755)]
    entries += [(name, stat.S_IFREG | 0o755, data)
                for name, data in files.items()]
    programs.replace(OUT / 'initrd.gz', files['td/initrd.gz'])
    programs.replace(INITRAMFS, base + cpio.compressed(entries))


def expected_mrtd(tds, console=False):
    """What the TDs' MRTD must be: computed from what they are started with"""
    if tds.vmm == 'qemu':
        return measure.firmware(programs.read(debian.firmware())).hex()
    pages = OUT / 'pages'
    subprocess.run([TDVMM, '--list', pages, '--kernel', OUT / 'bzImage',
                    '--initrd', OUT / 'initrd.gz', '--mem', f'{tds.mib}M',
                    '--smp', str(tds.smp),
                    '--append', command_line(tds, console)], check=True)
    with open(pages, encoding='utf-8') as lines:
        return measure.payload(
            lines, lambda name: programs.read(OUT / name)).hex()


def vmm_part(name, *command):
    """The host's initramfs with a VMM"""
    path = OUT / name
    subprocess.run([paths.TOP / command[0], path, *command[1:]], check=True)
    return programs.read(path)


def qemu_arguments(tds):
    """The outer QEMU's"""
    env = dict(os.environ)
    need = HOST_MIB[tds.vmm] + 2 * tds.number * tds.mib
    env['MEM'] = env.get('MEM') or f'{-(-need // 1024)}G'
    env['SMP'] = env.get('SMP') or str(max(2, tds.smp))
    return runner.arguments(
        initramfs=INITRAMFS, mem=inputs.memory(env),
        smp=inputs.processors(env),
        append='kvm_intel.tdx=1 seam.mode=script ' + (env.get('APPEND') or ''),
        extra=inputs.words(env, 'QEMU_ARGS'))


# --- what is seen while it runs -----------------------------------------------

def exits_of(monitor):
    """VM exits of all CPUs together, by reason"""
    found = {}
    for cpu in monitor.command('query-stats', target='vcpu',
                               providers=[{'provider': 'vmx'}]):
        for stat in cpu['stats']:
            name = stat['name']
            if name.startswith('exit-') and stat['value']:
                name = name.removeprefix('exit-')
                found[name] = found.get(name, 0) + stat['value']
    return found


class Watch:
    """What the monitor says of the module, now and then and at the end"""

    def __init__(self, expected):
        self.expected = expected    # the MRTD of the TDs
        self.device = {}
        self.leaves = {}
        self.most = 0           # pairs at a time
        self.mrtds = {}         # by TDR
        self.entered = None     # when the first TD had run
        self.user_space = []    # when each TD said that it is there
        self.end = None         # the module's state after the TDs
        self.exits = {}         # of all CPUs, by reason
        self.td_calls = {}      # TDCALLs of all TDs, by leaf
        self.td_exits = {}      # their VM exits, by reason
        self.ves = {}           # #VE that the module gave them, by category

    @property
    def pairs(self):
        """Page pairs that the module has"""
        done = [self.leaves.get(f'TDH.PHYMEM.PAMT.{what}',
                                {'calls': 0, 'errors': 0})
                for what in ('ADD', 'REMOVE')]
        added, removed = (leaf['calls'] - leaf['errors'] for leaf in done)
        return added - removed

    def look(self, monitor):
        """Once more"""
        info = monitor.command('query-tdx-module')
        self.leaves = {leaf['name']: leaf for leaf in info['leaves']}
        self.most = max(self.most, self.pairs)
        if not self.entered and 'TDH.VP.ENTER' in self.leaves:
            self.entered = time.monotonic()
        if 'TDH.MR.FINALIZE' in self.leaves:
            for td in monitor.command('query-tdx-tds')['tds']:
                if 'mrtd' in td:
                    self.mrtds[td['tdr']] = td['mrtd']
        return info

    def over(self, monitor):
        """The TDs are gone, the host still runs"""
        info = self.look(monitor)
        self.device = monitor.properties('/machine/peripheral/tdx0')
        self.exits = exits_of(monitor)
        self.td_calls = {leaf['name']: leaf['calls']
                         for leaf in info['tdcalls']}
        self.td_exits = {one['name']: one['exits'] for one in info['td-exits']}
        self.ves = {one['category']: one['count'] for one in info['ves']}
        self.end = {
            'state': info['state'], 'keyids': info['keyids'],
            'tds': len(monitor.command('query-tdx-tds')['tds']),
            'check': monitor.command('x-tdx-check', timeout=300)}

    def on_line(self, line):
        """As the console says it"""
        if 'td: user space after' in line:
            self.user_space.append(time.monotonic())


# --- what came of it ----------------------------------------------------------

def facts(log, watch, tds, found, end):
    """(what should be, whether it is); all of them: a good run"""
    state = watch.end or {}
    keyids = state.get('keyids', {})
    all_tds = [found.get(n, tdguest.Td()) for n in range(tds.number)]
    reports = [td.report for td in all_tds]
    must_report = not tds.kernel or any(reports)
    return [
        ('the TDX module is initialized', log.initialized),
        ('Dynamic PAMT is enabled', log.dynamic or
         os.environ.get('DPAMT') == '0'),
        ('each TD comes to user space',
         all(td.seconds is not None for td in all_tds)),
        ('each TD knows what it is', all(td.detected for td in all_tds)),
        ('each report holds the data asked for', not must_report or
         all(r.get('data') == 'right' for r in reports)),
        ('each report has the MRTD that was computed before',
         not must_report or
         all(r.get('mrtd') == watch.expected for r in reports)),
        ('the module shows no other MRTD',
         set(watch.mrtds.values()) == {watch.expected}),
        ('the VMM ends well', VMM_ENDED + '0' in log.text),
        ('page pairs were there for TDs', watch.most > 0 or not log.dynamic),
        ('all page pairs are given back', bool(state) and not watch.pairs),
        ('no TD is left', state.get('tds') == 0),
        ('no KeyID is in use', bool(keyids) and
         keyids['assigned'] == keyids['flushed'] == 0),
        ('the module contradicts itself nowhere',
         state.get('check', {}).get('consistent', False)),
        ('no warning, oops or panic in the log',
         not tdxlog.faults(log.text)),
        ('the machine switches itself off', end == 'off'),
    ]


def seconds(watch):
    """From the first entry until the last TD's user space, or None"""
    if not watch.entered or not watch.user_space:
        return None
    return max(0, watch.user_space[-1] - watch.entered)


def rows(log, watch, tds, found):
    """The table at the end"""
    table = boot.summary(log, watch.device)
    table.append(('page pairs', f'{watch.most} at most, {watch.pairs} after '
                  f'the TDs, {2 * 4 * watch.most} KB'))
    took = seconds(watch)
    if took is not None:
        table.append(('user space', f'{took:.1f} s after the first VP.ENTER'))
    for number, td in sorted(found.items()):
        name = f'TD {number}' if tds.number > 1 else 'TD'
        table.append((name, td.linux or 'said nothing'))
        table += [('', line) for line in td.values('kernel')[:4]]
        table += [(f'  {field}', td.report[field])
                  for field in ('mrtd', *tdguest.RTMRS)
                  if td.report.get(field, '').strip('0')]
        if td.quote:
            table.append(('  quote', td.quote))
    table += in_rows('exits', [f'{name} {number}' for name, number in
                               sorted(watch.exits.items())])
    for title, counts in (('exits of TDs', watch.td_exits),
                          ('#VE', watch.ves), ('TDCALLs', watch.td_calls)):
        table += in_rows(title, [f'{name.removeprefix("TDG.")} {number}'
                                 for name, number in counts.items()])
    table += in_rows('SEAMCALLs', [
        f'{name.removeprefix("TDH.")} {leaf["calls"]}'
        for name, leaf in watch.leaves.items()
        if not name.startswith('TDH.SYS.')])
    return table


def in_rows(title, words):
    """Rows of some words each"""
    return [(title if not i else '', ', '.join(words[i:i + 4]))
            for i in range(0, len(words), 4)]


def show(line, interesting):
    """A line of the console, if it is worth it"""
    if os.environ.get('V') or (interesting.search(line) and
                               'seam: virt/tdx' not in line and
                               'seam: flags' not in line):
        print(line if os.environ.get('V') else line[:160], flush=True)


def run(tds):
    """Boot, watch, and tell; returns the exit status"""
    interesting = re.compile(INTERESTING)
    watch = Watch(expected_mrtd(tds))

    def on_line(line):
        watch.on_line(line)
        show(line, interesting)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    guest = runner.Guest(qemu_arguments(tds), LOG, on_line=on_line)
    (OUT / 'command').write_text(guest.command + '\n', encoding='utf-8')
    end = 'gone'
    quiet = inputs.timeout({'TIMEOUT': '180', **os.environ})
    try:
        end = guest.wait(quiet, on_line_end={OVER: watch.over},
                         on_look=watch.look)
    except KeyboardInterrupt:
        report.write(os.environ, report.bail_out('interrupted'))
        print('\ntd: interrupted', file=sys.stderr)
        return 130
    finally:
        guest.close()
    return tell(guest, watch, tds, end)


def tell(guest, watch, tds, end):
    """The summary; returns the exit status"""
    log = tdxlog.TdxLog(guest.text)
    found = tdguest.tds_of(guest.text)
    results = facts(log, watch, tds, found, end)
    table = rows(log, watch, tds, found)
    wrong = next((title for title, good in results if not good), None)
    why = None
    if wrong:
        why = f'it is not so that {wrong}'
        reason = log.reason() or next(iter(tdxlog.faults(log.text)), None)
        if end == 'gone':
            reason = (guest.complaints() or 'QEMU ended without a word')
        if reason:
            why += ': ' + Tables().explain(reason)
    print()
    for name, value in table:
        print(f'  {name:<16}{value}')
    report.write(os.environ, report.tap(results, table, why))
    if not wrong:
        print(f'\nLinux ran in {tds.number} TD{"s" * (tds.number > 1)}, and '
              'all of it was given back.')
        return 0
    print(f'\ntd: {why}', file=sys.stderr)
    print(f'td: the whole log is in {os.path.relpath(LOG)}', file=sys.stderr)
    return 1


def shell(args):
    """Become QEMU, with the terminal as the console of host and TD"""
    args += ['-no-reboot', '-chardev',
             f'stdio,id=console,mux=on,signal=off,logfile={LOG}',
             '-serial', 'chardev:console', '-monitor', 'chardev:console']
    os.execv(paths.QEMU, [str(paths.QEMU), *args])


def main(args):
    """guest/td with its arguments; returns the exit status"""
    try:
        if args not in ([], ['--shell']):
            raise Problem('usage: guest/td [--shell]')
        paths.need_all()
        OUT.mkdir(parents=True, exist_ok=True)
        tds = inputs.Tds(os.environ)
        if args and tds.number > 1:
            raise Problem('one TD can have the terminal, not more (TDS=)')
        prepare(tds, bool(args))
        if args:
            shell(qemu_arguments(tds))
        return run(tds)
    except Problem as problem:
        report.refused(os.environ, problem)
        return f'td: {problem}'
