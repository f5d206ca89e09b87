# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts/pamt-view is made of: snapshots, a layout, two ways to draw."""
