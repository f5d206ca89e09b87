# SPDX-License-Identifier: GPL-2.0-or-later
"""What a TD's MRTD will be: the build-time measurement, computed outside.

The module hashes (SHA-384) the address of each page that TDH.MEM.PAGE.ADD
adds, and of the pages that are measured what is in them, in chunks, with
TDH.MR.EXTEND. KVM's order is the standard one: a page is added and, if it is
measured, extended from its first chunk to its last before the next is added.
"""

import hashlib
import struct
import uuid
from typing import NamedTuple

from . import Problem

PAGE = 4096
CHUNK = 256             # bytes that one TDH.MR.EXTEND measures
BLOCK = 128             # what is hashed for an operation
NAME = 16               # bytes of its name in that
FOUR_GIB = 1 << 32

# Firmware with TDVF metadata: a table that ends so far before the image's
# end, each entry its data, its length and its GUID, the last one the table's
TABLE_END = 0x20
TABLE_GUID = uuid.UUID('96b582de-1fb2-45f7-baea-a366c55a082d')
OFFSET_GUID = uuid.UUID('e47a6535-984a-4798-865e-4685a7bf8ec2')
SIGNATURE = b'TDVF'
VERSION = 1
SECTION_TYPES = ('BFV', 'CFV', 'TD_HOB', 'TempMem', 'PermMem', 'Payload',
                 'PayloadParam')
MEASURED, ACCEPTED = 1, 2       # attributes of a section


class Mrtd:
    """The hash as it grows"""

    def __init__(self):
        self.hash = hashlib.sha384()
        self.pages = self.chunks = 0

    def _operation(self, name, gpa):
        block = name.ljust(NAME, b'\0') + struct.pack('<Q', gpa)
        self.hash.update(block.ljust(BLOCK, b'\0'))

    def add(self, gpa):
        """TDH.MEM.PAGE.ADD"""
        self._operation(b'MEM.PAGE.ADD', gpa)
        self.pages += 1

    def extend(self, gpa, data):
        """TDH.MR.EXTEND"""
        self._operation(b'MR.EXTEND', gpa)
        self.hash.update(data)
        self.chunks += 1

    def region(self, gpa, data, measured=True):
        """Pages in the standard order, filled up with zeroes"""
        for at in range(0, len(data), PAGE):
            self.add(gpa + at)
            if measured:
                page = data[at:at + PAGE].ljust(PAGE, b'\0')
                for chunk in range(0, PAGE, CHUNK):
                    self.extend(gpa + at + chunk, page[chunk:chunk + CHUNK])

    def hex(self):
        """The MRTD, if nothing is added any more"""
        return self.hash.hexdigest()


class Section(NamedTuple):
    """One row of TDVF metadata"""

    offset: int         # in the image
    data: int           # bytes there
    gpa: int
    size: int           # in memory
    type: int
    attributes: int

    @property
    def name(self):
        """The type in words"""
        return (SECTION_TYPES[self.type] if self.type < len(SECTION_TYPES)
                else f'type {self.type}')

    @property
    def measured(self):
        """Whether its content goes into the MRTD"""
        return bool(self.attributes & MEASURED)

    @property
    def added(self):
        """Whether it is there before the TD runs, not accepted by it"""
        return not self.attributes & ACCEPTED


def entries(image):
    """(GUID, data) of the table at the image's end"""
    end = len(image) - TABLE_END
    if end < 18 or image[end - 16:end] != TABLE_GUID.bytes_le:
        raise Problem('no firmware with a table of GUIDs at its end')
    length = struct.unpack_from('<H', image, end - 18)[0]
    at, first = end - 18, end - length
    while at - 18 >= max(first, 0):
        size = struct.unpack_from('<H', image, at - 18)[0]
        if size < 18 or at - size < max(first, 0):
            raise Problem(f'the table of GUIDs is broken at {at - 18:#x}')
        yield (uuid.UUID(bytes_le=bytes(image[at - 16:at])),
               bytes(image[at - size:at - 18]))
        at -= size


def sections(image):
    """The TDVF metadata of a firmware image, as a list of Section"""
    found = [data for guid, data in entries(image)
             if guid == OFFSET_GUID and len(data) == 4]
    if not found:
        raise Problem('this firmware has no TDVF metadata: it starts no TD')
    at = len(image) - struct.unpack('<I', found[0])[0]
    if not 0 <= at <= len(image) - 16:
        raise Problem('the TDVF metadata is outside of the image')
    signature, length, version, count = struct.unpack_from('<4sIII', image, at)
    if signature != SIGNATURE or version != VERSION:
        raise Problem(f'no TDVF metadata of version {VERSION} at {at:#x}')
    if length < 16 + 32 * count or at + length > len(image):
        raise Problem(f'TDVF metadata of {length} bytes has no room for '
                      f'{count} sections')
    rows = [Section(*struct.unpack_from('<IIQQII', image, at + 16 + 32 * i))
            for i in range(count)]
    for row in rows:
        if row.gpa % PAGE or row.size % PAGE or row.data > row.size or \
                row.offset + row.data > len(image):
            raise Problem(f'the section {row.name} at {row.gpa:#x} is broken')
    return rows


def firmware(image):
    """The Mrtd of a TD that QEMU starts with this image as its -bios"""
    mrtd = Mrtd()
    for row in sections(image):
        if row.added:
            data = image[row.offset:row.offset + row.data]
            mrtd.region(row.gpa, data.ljust(row.size, b'\0'), row.measured)
    return mrtd


def payload(lines, read):
    """The Mrtd of regions that a list names, as guest/tdvmm writes it

    Each line is GPA SIZE 'measured' or 'added', and what read() makes bytes
    of, a file and an offset: what is beyond its end is zero.
    """
    mrtd = Mrtd()
    for line in lines:
        words = line.split()
        if not words or words[0].startswith('#'):
            continue
        if len(words) not in (3, 5) or words[2] not in ('measured', 'added'):
            raise Problem(f'"{line.strip()}": say GPA SIZE measured|added '
                          'FILE OFFSET')
        try:
            gpa, size = int(words[0], 0), int(words[1], 0)
            offset = int(words[4], 0) if words[3:] else 0
        except ValueError:
            raise Problem(f'"{line.strip()}" has no numbers') from None
        if gpa % PAGE or size % PAGE or gpa + size > 1 << 52:
            raise Problem(f'"{line.strip()}" is not of whole pages')
        data = read(words[3])[offset:offset + size] if words[3:] else b''
        mrtd.region(gpa, data.ljust(size, b'\0'), words[2] == 'measured')
    return mrtd
