# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a clone has its programs and what is built."""

import os
import pathlib

from . import Problem

TOP = pathlib.Path(__file__).resolve().parents[2]
QEMU = TOP / 'build/qemu/qemu-system-x86_64'
TABLES = TOP / 'build/model/target/i386/tdx-module/tools/tdx-tables.json'
KERNEL = TOP / 'build/guest/bzImage'
INITRAMFS = TOP / 'build/guest/initramfs.gz'


def need_all():
    """A Problem when something that a boot takes is not built"""
    for path, command in ((QEMU, 'make qemu'), (KERNEL, 'guest/build'),
                          (INITRAMFS, 'guest/build'),
                          (TABLES, 'scripts/model-build --tables')):
        if not path.exists():
            raise Problem(f'{os.path.relpath(path)} is missing; run {command}')
