# SPDX-License-Identifier: GPL-2.0-or-later
"""Boot the TDX host kernel on the emulated machine and show what came of it.

  guest/boot            the guest reports and switches itself off
  guest/boot --shell    an interactive shell in it (Ctrl-A x quits)

MEM= SMP= APPEND= QEMU_ARGS= are added to QEMU's command line, V=1 shows the
whole log. With UPDATE="FILE ..." the guest puts these modules (scripts/tdx-blob)
in the module's place; -cpuN, +cpuN among them take a CPU offline, online again. A guest that for TIMEOUT= (60) seconds neither says a line nor makes
a SEAMCALL counts as stuck. Exit status 0 means that the kernel
enabled Dynamic PAMT and initialized the TDX module. REPORT=file gets the same
as TAP, fact by fact.
"""

import os
import pathlib
import signal
import sys

from . import Problem, blob, inputs, paths, report, runner, tdxlog
from .tables import Tables

OUT = paths.TOP / 'build/boot'
LOG = str(OUT / 'guest.log')


def update(env):
    """(what the guest is to do for UPDATE=, its initramfs)"""
    steps, files = [], {}
    for step in inputs.updates(env):
        if isinstance(step, pathlib.Path):
            files[step.name] = step.read_bytes()
            step = step.name
        steps.append(step)
    if not steps:
        return [], paths.INITRAMFS
    blob.initramfs(paths.INITRAMFS, files, OUT / 'initramfs.gz')
    return ['seam.mode=update', f'seam.update={",".join(steps)}'], \
        OUT / 'initramfs.gz'


def qemu_arguments(mode):
    env = os.environ
    append, initramfs = update(env)
    append += (env.get('APPEND') or '').split()
    append += ['seam.hold=1'] if not mode else []
    if mode and not any(a.startswith('seam.mode=') for a in append):
        append.append(f'seam.mode={mode}')
    return runner.arguments(initramfs=initramfs, mem=inputs.memory(env),
                            smp=inputs.processors(env),
                            append=' '.join(append),
                            extra=inputs.words(env, 'QEMU_ARGS'))


def shell(args):
    """Become QEMU, with the terminal as the guest's console and monitor"""
    args += ['-no-reboot', '-chardev',
             f'stdio,id=console,mux=on,signal=off,logfile={LOG}',
             '-serial', 'chardev:console', '-monitor', 'chardev:console']
    os.execv(paths.QEMU, [str(paths.QEMU), *args])


def show(line):
    # User space repeats the kernel's lines for those who see no boot log.
    if os.environ.get('V') or (tdxlog.INTERESTING.search(line) and
                               'seam: virt/tdx' not in line):
        if len(line) > 160 and not os.environ.get('V'):
            line = line[:157] + '...'
        print(line, flush=True)


def summary(log, module):
    """Rows of the table at the end: what the log and the monitor tell"""
    rows = []
    if log.version:
        rows.append(('TDX module', log.version))
    if log.keyids:
        first, end = log.keyids
        rows.append(('TDX KeyIDs', f'{end - first}, from {first} to {end - 1}'))
    if log.initialized:
        tdmrs = log.tdmrs
        number = module.get('num-tdmrs') or len(tdmrs)
        size = module.get('tdmr-bytes') or sum(s for _, s in tdmrs)
        rows.append(('TDMRs', f'{number}, {size // tdxlog.GIB} GiB'))
        static = (module.get('static-pamt-bytes', 0) // 1024 or
                  tdxlog.pamt_kb(tdmrs, dynamic=False))
        rows.append(('PAMT, static', f'{static} KB'))
        if log.dynamic:
            rows.append(('PAMT, dynamic', f'{log.pamt_kb} KB'))
            rows.append(('saved at boot', f'{static - log.pamt_kb} KB '
                         f'({100 * (1 - log.pamt_kb / static):.1f} %)'))
    return rows


def how_it_ended(log, end, quiet, complaints):
    """None for a boot as it should be, else one line on what went wrong"""
    works = log.dynamic and log.initialized
    if works and end == 'off':
        return None
    if works:
        return ('Dynamic PAMT is enabled, but the boot has not ended well: ' +
                why_not(log, end, quiet, complaints))
    return f'no Dynamic PAMT: {why_not(log, end, quiet, complaints)}'


def why_not(log, end, quiet, complaints):
    """One line on what kept the guest from what it should do"""
    reason = log.reason()
    if end == 'gone':
        said = [line for line in complaints.splitlines()
                if line.startswith('qemu-') and ': warning: ' not in line]
        return (said or ['QEMU ended without a word'])[0]
    if reason:
        return Tables().explain(reason)
    if end == 'stuck':
        return (f'the guest is stuck, for {quiet} s (TIMEOUT=) no line of the '
                'log and no SEAMCALL; ' +
                (f'the last line: {log.lines[-1]}' if log.lines else
                 'it never said a line'))
    if log.initialized:
        return ('the kernel kept to the static PAMT: it has no Dynamic PAMT, '
                'or the module does not offer it, or addresses have more '
                'than 48 bits without the KeyID')
    return 'the kernel says nothing of TDX: is CONFIG_INTEL_TDX_HOST set?'


def boot(args):
    # Killed or interrupted: QEMU, in a session of its own, must end as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    quiet = inputs.timeout(os.environ)
    module, end = {}, 'gone'
    guest = runner.Guest(args, LOG, on_line=show)
    (OUT / 'command').write_text(guest.command + '\n', encoding='utf-8')

    def ask(monitor):
        module.update(monitor.properties('/machine/peripheral/tdx0'))

    try:
        end = guest.wait(quiet, ask)
    except KeyboardInterrupt:
        report.write(os.environ, report.bail_out('interrupted'))
        print('\nboot: interrupted', file=sys.stderr)
        return 130
    finally:
        guest.close()

    log = tdxlog.TdxLog(guest.text)
    complaints = guest.complaints()
    if complaints and end != 'gone':
        print(complaints, file=sys.stderr)
    rows = summary(log, module)
    if rows:
        print()
    for name, value in rows:
        print(f'  {name:<16}{value}')
    faults = tdxlog.faults(guest.text)
    wrong = (f'the kernel is not well: {faults[0]}' if faults else
             how_it_ended(log, end, quiet, complaints))
    report.write(os.environ, report.tap(report.facts(log, faults, end), rows,
                                        wrong))
    if not wrong:
        print('\nThe kernel enabled Dynamic PAMT and initialized the TDX '
              'module.')
        return 0
    print(f'\nboot: {wrong}', file=sys.stderr)
    print(f'boot: the whole log is in {os.path.relpath(LOG)}',
          file=sys.stderr)
    return 1


def main(args):
    """guest/boot with its arguments; returns the exit status"""
    try:
        if args not in ([], ['--shell']):
            raise Problem('usage: guest/boot [--shell]')
        paths.need_all()
        OUT.mkdir(parents=True, exist_ok=True)
        if args:
            shell(qemu_arguments('shell'))
        return boot(qemu_arguments(''))
    except Problem as problem:
        report.refused(os.environ, problem)
        return f'boot: {problem}'
