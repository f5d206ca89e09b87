# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns what a kernel developer has (a directory of patches, mails or a quilt
series, an mbox, one patch) into plain patches in the order in which they
apply, and applies them.

  guest/series SOURCE OUTDIR            numbered patches; OUTDIR/origin tells
                                        from which file each one is
  guest/series --code OUTDIR            print what of them is code: what a
                                        built kernel depends on
  guest/series --apply OUTDIR TREE      apply them; the first that does not is
                                        told hunk by hunk, the rejected ones
                                        are in TREE, the rest in OUTDIR/rest

Mails are decoded; cover letters and replies, which carry no diff of their
own, are left out; mails are put in order by the n of their [PATCH n/m].
"""

import email
import email.policy
import gzip
import os
import pathlib
import re
import shutil
import subprocess

from . import Problem

DIFF = re.compile(r'^(diff --git |--- \S.*\n\+\+\+ \S)', re.M)
NUMBER = re.compile(r'\[[^\]]*?(\d+)/(\d+)[^\]]*\]')
SEPARATOR = re.compile(rb'^From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*\n',
                       re.M)
HEADER = re.compile(rb'(?:[A-Za-z][A-Za-z0-9-]*: .*\n(?:[ \t]+.*\n)*)+\r?\n')
SUFFIXES = ('.patch', '.diff', '.mbox', '.mbx', '.eml')
HUNK = re.compile(r'@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@')


class Patch:
    """One patch; @origin: what its user calls it"""

    def __init__(self, origin, subject, text):
        self.origin = origin
        self.subject = ' '.join(subject.split())
        self.text = text if text.endswith('\n') else text + '\n'
        number = NUMBER.search(self.subject)
        self.number = number and (int(number[1]), int(number[2]))
        if re.search('^GIT binary patch$', text, re.M):
            raise Problem(f'{origin} is a binary patch, which cannot be '
                          'applied here')

    @property
    def name(self):
        """Its subject as a file name"""
        title = re.sub(r'^((\[[^\]]*\]\s*)+|\d+-)', '', self.subject)
        name = re.sub(r'[^A-Za-z0-9]+', '-', title).strip('-')
        return re.sub(r'-(patch|diff|eml)$', '', name)[:52] or 'patch'


# --- reading --------------------------------------------------------------

def decoded(part, origin):
    """The text of a part of a mail"""
    data = part.get_payload(decode=True) or b''
    charset = part.get_content_charset() or 'utf-8'
    try:
        text = data.decode('utf-8' if charset == 'us-ascii' else charset,
                           'surrogateescape')
    except (LookupError, UnicodeError):
        raise Problem(f'{origin}: it is said to be {charset}, which it is '
                      'not') from None
    if part.get_param('format') == 'flowed' and ' \n' in text:
        raise Problem(f'{origin} was sent as format=flowed, which damages '
                      'patches')
    return text.replace('\r\n', '\n')


def from_mail(data, origin):
    """The patch of one mail, or None"""
    message = email.message_from_bytes(data, policy=email.policy.default)
    subject = str(message['Subject'] or '')
    if subject.lower().startswith('re:'):
        return None
    texts = [decoded(part, origin) for part in message.walk()
             if part.get_content_maintype() == 'text' or
             (part.get_filename() or '').endswith(SUFFIXES)]
    for text in texts:
        if DIFF.search(text):
            return Patch(origin, subject, text)
    return None


def from_file(path):
    """The patches of one file: an mbox, a mail or a bare patch; gzipped too"""
    try:
        data = pathlib.Path(path).read_bytes()
        if data[:2] == b'\x1f\x8b':
            data = gzip.decompress(data)
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise Problem(f'{path}: {getattr(error, "strerror", None) or error}'
                      ) from None
    if SEPARATOR.match(data):
        mails = [m for m in SEPARATOR.split(data) if m.strip()]
        origins = [path] if len(mails) == 1 else [
            f'{path}, mail {i}' for i in range(1, len(mails) + 1)]
        found = [from_mail(*pair) for pair in zip(mails, origins)]
        return [patch for patch in found if patch]
    if HEADER.match(data):
        patch = from_mail(data, path)
        return [patch] if patch else []
    text = data.decode('utf-8', 'surrogateescape').replace('\r\n', '\n')
    return [Patch(path, os.path.basename(path), text)] \
        if DIFF.search(text) else []


def ordered(patches, source):
    """By the n of [n/m], where all have one"""
    if not patches or not all(p.number for p in patches):
        return patches
    patches = sorted(patches, key=lambda p: p.number)
    for first, second in zip(patches, patches[1:]):
        if first.number[1] != second.number[1]:
            raise Problem(f'{source} holds patches of several series: '
                          f'{first.origin} is one of {first.number[1]}, '
                          f'{second.origin} one of {second.number[1]}')
        if first.number == second.number:
            raise Problem(f'{source} holds several versions of one patch: '
                          f'{first.origin} and {second.origin}; give one '
                          'version of the series')
    have = {p.number[0] for p in patches}
    total = patches[0].number[1]
    missing = sorted(set(range(1, total + 1)) - have)
    if missing:
        raise Problem(f'{source} lacks patch ' +
                      ', '.join(f'{n}/{total}' for n in missing))
    return patches


def from_quilt(folder):
    """In the order of the file `series`"""
    found = []
    for line in (folder / 'series').read_text(errors='replace').splitlines():
        name, *options = line.split('#')[0].split() or ['']
        if not name:
            continue
        if set(options) - {'-p1'}:
            raise Problem(f'{folder / "series"}: {name} {" ".join(options)}: '
                          'only -p1 is understood')
        if not (folder / name).is_file():
            raise Problem(f'{folder / "series"} names {name}, which does not '
                          'exist')
        patches = from_file(str(folder / name))
        if not patches:
            raise Problem(f'{folder / name} holds no patch')
        found += patches
    return found


def from_folder(folder):
    """A quilt series, or the files that look like patches"""
    if (folder / 'series').is_file():
        return from_quilt(folder)
    names = sorted(
        (entry.name for entry in folder.iterdir()
         if entry.name.removesuffix('.gz').endswith(SUFFIXES)),
        key=lambda name: [int(word) if word.isdigit() else word
                          for word in re.split(r'(\d+)', name)])
    patches = [p for name in names for p in from_file(str(folder / name))]
    if all(name[0].isdigit() for name in names):
        return patches
    return ordered(patches, str(folder))


def read(source):
    """The patches of @source, in the order in which they apply"""
    path = pathlib.Path(source)
    if path.is_dir():
        patches = from_folder(path)
        hint = f' (no {", ".join("*" + s for s in SUFFIXES)}, no quilt series)'
    elif path.is_file():
        patches = ordered(from_file(source), source)
        hint = ''
    elif path.exists():
        raise Problem(f'{source} is neither a directory nor a file')
    else:
        raise Problem(f'{source} does not exist')
    if not patches:
        raise Problem(f'{source} holds no patch{hint}')
    return patches


# --- writing --------------------------------------------------------------

def write(patches, out):
    """Leave numbered patches in @out, and from where they are"""
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    origins = []
    for i, patch in enumerate(patches, 1):
        name = f'{i:04}-{patch.name}.patch'
        (out / name).write_text(patch.text, encoding='utf-8',
                                errors='surrogateescape')
        origins.append(f'{name}\t{patch.origin}\n')
    (out / 'origin').write_text(''.join(origins), encoding='utf-8',
                                errors='surrogateescape')


def written(out):
    """[(path, origin)] of what write() left"""
    lines = (pathlib.Path(out) / 'origin').read_text(
        encoding='utf-8', errors='surrogateescape').splitlines()
    return [(pathlib.Path(out) / name, origin)
            for name, origin in (line.split('\t', 1) for line in lines)]


def code(text):
    """The lines of a patch that are code, without message and line numbers'
    company: the same for two patches that make the same of a tree"""
    kept, left = [], [0, 0]
    for line in text.splitlines():
        if max(left) > 0:
            sign = line[:1] or ' '
            left[0] -= sign in ' -'
            left[1] -= sign in ' +'
            kept.append(line)
            continue
        hunk = HUNK.match(line)
        if hunk:
            left = [int(count or 1) for count in hunk.groups()]
            kept.append(hunk[0])
        elif re.match(r'--- \S|\+\+\+ \S|(new|deleted) file mode|rename |'
                      r'(old|new) mode ', line):
            kept.append(line.split('\t')[0])
    return '\n'.join(kept) + '\n'


# --- applying -------------------------------------------------------------

def apply(out, tree):
    """Apply what write() left to @tree; a Problem tells what does not"""
    todo = written(out)
    for i, (path, origin) in enumerate(todo):
        done = subprocess.run(
            ['patch', '-p1', '-F0', '-N', '--batch', '--no-backup-if-mismatch',
             '-i', str(path.resolve())], cwd=tree, text=True, check=False,
            errors='replace', stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        if not done.returncode:
            continue
        rest = pathlib.Path(out) / 'rest'
        rest.mkdir(exist_ok=True)
        for later, _ in todo[i + 1:]:
            shutil.copy(later, rest)
        raise Problem(f'{origin} does not apply\n' +
                      '\n'.join(explained(done.stdout, tree)))


def explained(said, tree):
    """What patch(1) @said, by file and hunk, with the rejected lines"""
    lines, name = [], '?'
    for line in said.splitlines():
        match = re.match(r'(?:patching|checking) (?:symbolic link|file) (.*)',
                         line)
        if match:
            name = match[1].split(' (')[0]
            continue
        match = re.match(r'Hunk #(\d+) (?:FAILED|ignored|.*merge) at (\d+)',
                         line)
        if match:
            lines.append(f'  {name}: hunk {match[1]} fails at line {match[2]}')
            continue
        match = re.match(r'(\d+) out of (\d+) hunks? (FAILED|ignored)', line)
        if match:
            lines += [f'  {name}: {match[1]} of {match[2]} hunks fail:',
                      *rejected(tree, line)]
            continue
        if re.search(r"can't find file|already exists|malformed|previously "
                     r'applied|\*\*\*\*|would (create|delete)', line):
            lines.append(f'  {line}')
        match = re.match(r'\|\+\+\+ (?:b/)?(\S+)', line)
        if match:
            lines.append(f'  there is no file {match[1]}')
    return lines


def rejected(tree, line):
    """The lines of the reject that patch(1) names in @line"""
    match = re.search(r'saving rejects to file (.*)$', line)
    if not match:
        return []
    try:
        text = (pathlib.Path(tree) / match[1]).read_text(errors='replace')
    except OSError:
        return []
    return [f'    {reject}' for reject in text.splitlines()
            if not reject.startswith(('--- ', '+++ '))]


def main(args):
    """guest/series with its arguments; returns the exit status"""
    try:
        if len(args) == 2 and args[0] == '--code':
            for path, _ in written(args[1]):
                print(code(path.read_text(encoding='utf-8', errors='replace')),
                      end='')
        elif len(args) == 3 and args[0] == '--apply':
            apply(args[1], args[2])
        elif len(args) == 2 and not args[0].startswith('-'):
            write(read(args[0]), args[1])
        else:
            raise Problem('usage: guest/series SOURCE OUTDIR')
        return 0
    except Problem as problem:
        return f'series: {problem}'
