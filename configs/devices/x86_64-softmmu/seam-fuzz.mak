# SPDX-License-Identifier: GPL-2.0-or-later
# What the tdx-module needs and nothing else, for scripts/qemu-build --fuzz:
# with sanitizers all of QEMU's devices take most of an hour to build.

CONFIG_Q35=y
CONFIG_SEAM=y
