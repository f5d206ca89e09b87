# SPDX-License-Identifier: GPL-2.0-or-later
"""How `make docs` has Sphinx build these pages alone, without QEMU's.

Inside QEMU's tree its own conf.py holds; this one gives the pages what they
take from there, and no more, so that they are valid in both.
"""

project = 'QEMU with an emulated Intel SEAM mode'
copyright = 'the project, GPL-2.0-or-later'  # pylint: disable=redefined-builtin

# As QEMU has it: |qemu_system|, and its roles and languages by default
rst_epilog = '''
.. |qemu_system| replace:: qemu-system-x86_64
'''
default_role = 'any'
highlight_language = 'none'

html_theme = 'alabaster'
html_theme_options = {'page_width': '75em', 'sidebar_width': '18em'}
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
