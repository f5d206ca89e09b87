# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn what a kernel developer has (a directory of patches, an mbox, one
patch) into numbered plain patches, in the order in which they apply.

  guest/series SOURCE OUTDIR

Mails are decoded; cover letters and replies, which carry no diff of their
own, are left out; a mail thread is put in order by the n of its [PATCH n/m].
"""

import email
import email.policy
import gzip
import mailbox
import os
import re
import shutil
import tempfile

from . import Problem

DIFF = re.compile(r'^(diff --git |--- )', re.M)
NUMBER = re.compile(r'\[[^\]]*?(\d+)/\d+[^\]]*\]')


def plain(message):
    """The patch inside one mail: subject and decoded text"""
    part = message.get_body(('plain',)) if message.is_multipart() else message
    text = part.get_content() if part else ''
    subject = ' '.join(str(message['Subject'] or '').split())
    return subject, text.replace('\r\n', '\n')


def from_mbox(path):
    """The mails of an mbox (perhaps gzipped) that carry a diff"""
    with tempfile.NamedTemporaryFile() as copy:
        with open(path, 'rb') as raw:
            zipped = raw.read(2) == b'\x1f\x8b'
        opener = gzip.open if zipped else open
        with opener(path, 'rb') as src:
            shutil.copyfileobj(src, copy)
        copy.flush()
        box = mailbox.mbox(copy.name, create=False)
        mails = [plain(email.message_from_bytes(
            box.get_bytes(key), policy=email.policy.default))
            for key in box.keys()]
    found = [(s, t) for s, t in mails
             if DIFF.search(t) and not s.lower().startswith('re:')]
    numbers = [NUMBER.search(s) for s, _ in found]
    if all(numbers):
        order = [int(n.group(1)) for n in numbers]
        if len(set(order)) != len(order):
            raise Problem(f'{path} holds several versions of one patch; '
                          'give one version of the series')
        found = [p for _, p in sorted(zip(order, found))]
    return found


def from_file(path):
    """One file: an mbox when it starts as one, else a bare patch"""
    with open(path, 'rb') as src:
        head = src.read(5)
    if head == b'From ' or head[:2] == b'\x1f\x8b':
        return from_mbox(path)
    with open(path, encoding='utf-8', errors='surrogateescape') as src:
        text = src.read()
    name = os.path.basename(path)
    return [(name, text)] if DIFF.search(text) else []


def write(source, out):
    """Leave the patches of @source in the directory @out"""
    if os.path.isdir(source):
        names = sorted(n for n in os.listdir(source)
                       if n.endswith(('.patch', '.diff', '.mbox', '.eml')))
        patches = [p for n in names
                   for p in from_file(os.path.join(source, n))]
    elif os.path.isfile(source):
        patches = from_file(source)
    else:
        raise Problem(f'{source} is neither a directory of patches, nor an '
                      'mbox, nor a patch')
    if not patches:
        raise Problem(f'{source} holds no patch')
    os.makedirs(out, exist_ok=True)
    for i, (subject, text) in enumerate(patches, 1):
        title = re.sub(r'^(\[[^\]]*\]\s*|\d+-)', '', subject)
        name = re.sub(r'[^A-Za-z0-9]+', '-', title).strip('-')
        name = re.sub(r'-patch$', '', name)[:52] or 'patch'
        with open(os.path.join(out, f'{i:04}-{name}.patch'), 'w',
                  encoding='utf-8', errors='surrogateescape') as dst:
            dst.write(text if text.endswith('\n') else text + '\n')


def main(args):
    """guest/series with its arguments; returns the exit status"""
    try:
        if len(args) != 2:
            raise Problem('usage: guest/series SOURCE OUTDIR')
        write(*args)
        return 0
    except Problem as problem:
        return f'series: {problem}'
