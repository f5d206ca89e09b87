# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of the guest's tools share: a folder, mails in it."""

import os
import tempfile
import unittest

TOP = os.environ.get('SEAM_TOP') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '../..')

MAIL = '''From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A <a@example.org>
Subject: {subject}

Why.

{diff}
'''
DIFF = '''diff --git a/f b/f
--- a/f
+++ b/f
@@ -1 +1 @@
-{}
+{}
'''


class FilesCase(unittest.TestCase):
    """With a folder of its own, and patches to put there"""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.dir = tmp.name

    def path(self, name, text=None):
        path = os.path.join(self.dir, name)
        if text is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w' if isinstance(text, str) else 'wb') as out:
                out.write(text)
        return path

    def write(self, name, *mails):
        """A file of mails, each (subject, diff)"""
        return self.path(name, '\n'.join(
            MAIL.format(subject=subject, diff=diff) for subject, diff in mails))
