# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes archives that a kernel unpacks as its initramfs."""

import gzip


def record(inode, name, mode, data=b'', rdev=(0, 0)):
    """One file in the cpio format of 110 byte ASCII headers ("newc")"""
    encoded = name.encode() + b'\0'
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev,
              len(encoded), 0)
    head = b'070701' + b''.join(b'%08X' % f for f in fields) + encoded
    head += bytes(-len(head) % 4)
    return head + data + bytes(-len(data) % 4)


def compressed(files):
    """@files, each (name, mode[, data[, device numbers]]), gzipped

    Archives may be concatenated: the kernel unpacks one after the other.
    """
    parts = [record(i, *f) for i, f in enumerate(files, 1)]
    parts.append(record(0, 'TRAILER!!!', 0))
    return gzip.compress(b''.join(parts), 6, mtime=0)
