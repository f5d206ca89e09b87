#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every rule of the invariant checker is broken by a test.

  check-rules.py SOURCE... -- TEST...

What tdx_check_fail() in the sources can say is held against what the tests,
whose messages tell what they have found, did say.
"""
import re
import subprocess
import sys

CALL = re.compile(r'tdx_check_fail\(ck,\s*((?:"[^"]*"|PRI\w+|\s)+)')
CONVERSION = re.compile(r'%[-+0 #]*\d*[a-z]+')


def formats(path):
    """The format strings of @path"""
    with open(path, encoding='utf-8') as src:
        for call in CALL.findall(src.read()):
            words = re.sub(r'PRI([xu])64', r'"l\1"', call)
            yield ''.join(re.findall(r'"([^"]*)"', words))


def pattern(text):
    """What lines of format @text look like"""
    return '.*'.join(map(re.escape, CONVERSION.split(text)))


def said(test):
    """The messages of @test"""
    out = subprocess.run([test], stdout=subprocess.PIPE, text=True, check=True)
    return [line[2:] for line in out.stdout.splitlines()
            if line.startswith('# ')]


def main():
    split = sys.argv.index('--')
    rules = [text for path in sys.argv[1:split] for text in formats(path)]
    lines = [line for test in sys.argv[split + 1:] for line in said(test)]
    assert rules
    print(f'1..{len(rules)}')
    for number, text in enumerate(rules, 1):
        broken = any(re.fullmatch(pattern(text), line) for line in lines)
        print(f'{"ok" if broken else "not ok"} {number} {text.split("%")[0]}')


if __name__ == '__main__':
    main()
