# SPDX-License-Identifier: GPL-2.0-or-later
"""What may be given on make's command line: told at once when it is wrong.

  guest/inputs        checks MEM= SMP= TIMEOUT= QEMU_ARGS= KERNEL= PATCHES=
                      LINUX= LINUX_SRC= QEMU_SRC= UPDATE= REPORT= and what is
                      for TDs, before anything is built; REPORT= says then that
                      nothing was booted yet
"""

import os
import pathlib
import re
import shlex
import subprocess

from . import Problem, paths, report, series

SUITES = 'sid,trixie-backports'     # where Debian's newest kernels are
UNITS = {'': 20, 'K': 10, 'M': 20, 'G': 30, 'T': 40}
LEAST_MEM = 128 << 20
TDX_HOST = 'arch/x86/virt/vmx/tdx/tdx.c'
# Linux/x86's boot protocol: where a bzImage says what it is
BOOT_MAGIC = (0x202, b'HdrS')
SOURCES = ('KERNEL', 'PATCHES', 'LINUX_SRC')


def mem_bytes(text):
    """Bytes of a size as QEMU's -m takes it (MiB without a unit), or None"""
    match = re.fullmatch(r'(\d+(?:\.\d+)?)([KMGT]?)', text.upper())
    if not match:
        return None
    return int(float(match[1]) * (1 << UNITS[match[2]]))


def memory(env):
    """What -m gets"""
    text = env.get('MEM') or '4G'
    size = mem_bytes(text.split(',')[0])
    if size is None:
        raise Problem(f'MEM={text} is no size; say MEM=4G')
    if size < LEAST_MEM:
        raise Problem(f'MEM={text} is {size >> 20} MiB, too little for a '
                      f'guest; say MEM={LEAST_MEM >> 20}M or more')
    return text


def processors(env):
    """What -smp gets"""
    text = env.get('SMP') or '4'
    if not re.fullmatch(r'(cpus=)?[1-9]\d*(,[a-z]+=\d+)*', text):
        raise Problem(f'SMP={text} is no number of processors; say SMP=4 or '
                      'SMP=8,sockets=2')
    return text


def timeout(env):
    """Seconds"""
    text = env.get('TIMEOUT') or '60'
    if not text.isdigit():
        raise Problem(f'TIMEOUT={text} is no number of seconds')
    return int(text)


def words(env, name):
    """Arguments as a shell would split them"""
    try:
        return shlex.split(env.get(name) or '')
    except ValueError as error:
        raise Problem(f'{name}: {error}') from None


def path(env, name):
    """An existing path, or None; a leading ~ is the home directory"""
    text = env.get(name)
    if not text:
        return None
    found = pathlib.Path(text).expanduser()
    if not found.exists():
        raise Problem(f'{name}={text} does not exist')
    if not os.access(found, os.R_OK):
        raise Problem(f'{name}={text} cannot be read')
    return found


def updates(env):
    """What UPDATE= has the guest do, in order: words, and paths of modules"""
    steps = []
    for word in words(env, 'UPDATE'):
        if re.fullmatch(r'[-+]cpu\d+', word):
            steps.append(word)
            continue
        found = path({'UPDATE': word}, 'UPDATE')
        if not found.is_file():
            raise Problem(f'UPDATE={word} is no file')
        steps.append(found)
    return steps


def check_kernel(found, name='KERNEL'):
    """A bzImage, or a vmlinux, which QEMU loads as well"""
    if found.is_dir():
        raise Problem(f'{name}={found} is a directory; name the bzImage' +
                      (', or build a tree with LINUX_SRC='
                       if name == 'KERNEL' else ''))
    with open(found, 'rb') as src:
        head = src.read(4096)
    at, magic = BOOT_MAGIC
    if head[at:at + len(magic)] != magic and head[:4] != b'\x7fELF':
        raise Problem(f'{name}={found} is no kernel (arch/x86/boot/bzImage)')


def check_tree(found):
    """A Linux source with a TDX host"""
    if not (found / 'Kbuild').is_file() or not (found / 'Makefile').is_file():
        raise Problem(f'LINUX_SRC={found} is no Linux source tree')
    if not (found / TDX_HOST).is_file():
        raise Problem(f'LINUX_SRC={found} has no TDX host: there is no '
                      f'{TDX_HOST}')


def check_version(version):
    """A Linux that Debian has as linux-source-X.Y"""
    if not re.fullmatch(r'\d+\.\d+', version):
        raise Problem(f'LINUX={version} is no version; say LINUX=7.3')
    done = subprocess.run(
        [paths.TOP / 'scripts/apt-view', '-s', SUITES, 'policy',
         f'linux-source-{version}'], stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Problem(f'LINUX={version}: Debian offers no '
                      f'linux-source-{version} in {SUITES}')


def number(env, name, most):
    """A number from 1 on, 1 when nothing is said"""
    text = env.get(name) or '1'
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise Problem(f'{name}={text} is no number from 1 to {most}')
    return int(text)


class Tds:
    """What TDs are to be like: VMM= TDS= TDMEM= TDSMP= TDKERNEL= TDAPPEND="""

    VMMS = ('own', 'qemu')
    LEAST_MIB = 128
    MOST = 64

    def __init__(self, env):
        self.vmm = env.get('VMM') or 'own'
        if self.vmm not in self.VMMS:
            raise Problem(f'VMM={self.vmm} is none of {", ".join(self.VMMS)}')
        self.number = number(env, 'TDS', self.MOST)
        self.smp = number(env, 'TDSMP', self.MOST)
        text = env.get('TDMEM') or '256M'
        size = mem_bytes(text)
        if size is None or size < self.LEAST_MIB << 20:
            raise Problem(f'TDMEM={text} is no size from {self.LEAST_MIB}M on')
        self.mib = size >> 20
        self.append = env.get('TDAPPEND') or ''
        self.kernel = path(env, 'TDKERNEL')
        if self.kernel:
            check_kernel(self.kernel, 'TDKERNEL')


def check(env):
    """A Problem when something in @env is wrong"""
    Tds(env)
    memory(env)
    processors(env)
    timeout(env)
    words(env, 'QEMU_ARGS')
    report.path(env)
    path(env, 'QEMU_SRC')
    updates(env)
    found = {name: path(env, name) for name in SOURCES}
    given = [name for name in SOURCES if found[name]]
    if len(given) > 1:
        raise Problem(f'{given[0]}= and {given[1]}= exclude each other')
    if found['KERNEL']:
        check_kernel(found['KERNEL'])
    if found['LINUX_SRC']:
        check_tree(found['LINUX_SRC'])
    if found['PATCHES']:
        series.read(str(found['PATCHES']))
    if env.get('LINUX') and not found['KERNEL'] and not found['LINUX_SRC']:
        check_version(env['LINUX'])


def main(args):
    """guest/inputs; returns the exit status"""
    try:
        if args:
            raise Problem('usage: guest/inputs')
        report.write(os.environ, report.bail_out(
            'nothing was booted: make stopped before that and said why'))
        check(os.environ)
        return 0
    except (Problem, OSError) as problem:
        report.refused(os.environ, problem)
        return f'inputs: {problem}'
