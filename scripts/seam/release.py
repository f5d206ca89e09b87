# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's releases: which one a source is of, and which ones are tested."""

import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def release(version):
    """The release that a version is of, or on the way to: (major, minor).

    QEMU's micro version counts from 50 while the next release is made and from
    90 for its candidates; after N.2 comes N+1.0.
    """
    numbers = [int(n) for n in re.findall(r'\d+', version)[:3]]
    major, minor, micro = (numbers + [0, 0, 0])[:3]
    if micro >= 50:
        major, minor = (major, minor + 1) if minor < 2 else (major + 1, 0)
    return major, minor


def tested():
    """The releases of qemu/VERSION as they are written, the default first."""
    lines = (TOP / 'qemu/VERSION').read_text(encoding='utf-8').split('\n')
    return [line for line in lines if line and not line.startswith('#')]


def is_tested(version):
    """Is this version of one of the tested releases?"""
    return release(version) in map(release, tested())


def version_of(source):
    """What a QEMU source says of itself."""
    return (pathlib.Path(source) / 'VERSION').read_text().strip()
