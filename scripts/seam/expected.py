# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables of what foreign tests are expected to do, beside what they did.

A line is "NAME OPTION... | VERDICT | WHY"; only a test that passes needs no
reason. A test that passes against the table is told as loudly as one that
fails, so that the table says what holds.
"""

import fnmatch
import os
import re


class Test:
    """A line of a table: @name, @expected, @why, @slow

    @verdicts is a pattern of all that a test may do, @options the names that
    may be given a number. ValueError is a line that is none.
    """

    def __init__(self, line, verdicts, options):
        what, verdict, *why = (part.strip() for part in line.split('|'))
        self.name, *words = what.split()
        self.expected = verdict
        self.why = ' | '.join(why)
        self.slow = 'slow' in words
        self.options = dict(w.split('=') for w in words if w != 'slow')
        if set(self.options) - set(options) or \
                not re.fullmatch(verdicts, verdict) or \
                (verdict != 'pass') != bool(self.why):
            raise ValueError(f'not understood: {line}')

    def number(self, option, default):
        """What OPTION=N says"""
        return int(self.options.get(option, default))

    def wanted(self, patterns):
        """Whether it is one of those asked for, if any are"""
        if not patterns:
            return not self.slow or bool(os.environ.get('SLOW'))
        return any(fnmatch.fnmatch(self.name, p) or
                   self.name.partition(':')[0] == p for p in patterns)

    def told(self, verdict):
        """What a result is worth beside the expected one"""
        if verdict == self.expected:
            return self.why
        why = f' ({self.why})' if self.why else ''
        return f'UNEXPECTED{" PASS" if verdict == "pass" else ""}, ' \
            f'expected {self.expected}{why}'


def read(path, kind, patterns):
    """Those tests of table @path, each a @kind, that @patterns want"""
    tests = [kind(line) for line in path.read_text().splitlines()
             if line and not line.startswith('#')]
    return [test for test in tests if test.wanted(patterns)]
