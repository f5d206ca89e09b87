# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs that go into an initramfs of ours, all of them static."""

import os
import shutil
import struct
import subprocess
import tempfile

from . import Problem, paths

PT_INTERP = 3


def read(path):
    """All bytes of a file"""
    with open(path, 'rb') as src:
        return src.read()


def is_static(elf):
    """Whether a 64-bit ELF program asks for no dynamic loader"""
    if elf[:5] != b'\x7fELF\x02':
        return False
    start, = struct.unpack_from('<Q', elf, 0x20)
    size, count = struct.unpack_from('<HH', elf, 0x36)
    types = [struct.unpack_from('<I', elf, start + i * size)[0]
             for i in range(count)]
    return PT_INTERP not in types


def busybox():
    """The machine's busybox, or the one that BUSYBOX names"""
    path = os.environ.get('BUSYBOX') or shutil.which('busybox')
    if not path or not os.path.isfile(path):
        raise Problem('no busybox; install busybox-static or name one with '
                      'BUSYBOX=<file>')
    data = read(path)
    if not is_static(data):
        raise Problem(f'{path} is not static; install busybox-static')
    return data


def compiled(source):
    """A static program of one C file in guest/"""
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, 'out')
        subprocess.run(['gcc', '-std=gnu11', '-Wall', '-Werror', '-Os', '-s',
                        '-static', '-o', out, paths.TOP / 'guest' / source],
                       check=True)
        return read(out)


def replace(path, data):
    """Make @data the file at @path; one that is right already is left alone

    Others may have it open.
    """
    if os.path.exists(path) and read(path) == data:
        return
    new = f'{path}.{os.getpid()}'
    with open(new, 'wb') as out:
        out.write(data)
    os.replace(new, path)
