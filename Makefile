# SPDX-License-Identifier: GPL-2.0-or-later
#
# The front door: each target is a line or two that call scripts/, guest/ or
# meson. `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: help boot shell td td-shell vm qemu model vectors seamcall demo docs check kut
.PHONY: package selftests fuzz soak bench check-hooks clean

# What may be given on the command line, for the scripts to read.
export QEMU_SRC QEMU_SRCS QEMU_CONFIGURE QEMU_VERSION KERNEL PATCHES LINUX LINUX_SRC
export MEM SMP APPEND UPDATE TIMEOUT REPORT VMM TDS TDKERNEL TDMEM TDSMP TDAPPEND
export QEMU_ARGS DPAMT EXERCISE V JOBS SEAM_CACHE SEAM_DEPS SLOW

help: ## this list
	@echo 'QEMU with an emulated Intel SEAM mode. Targets:'
	@sed -n 's/^\([a-z-]*\):.*## /\1:/p' $(MAKEFILE_LIST) | \
		awk -F: '{ printf "  make %-12s %s\n", $$1, $$2 }'

boot: inputs qemu tables guest ## build all, boot a TDX host kernel, show the result
	guest/boot

shell: inputs qemu tables guest ## the same guest with an interactive shell
	guest/boot --shell

td: inputs qemu tables guest ## boot Linux in a TD in it (VMM=own|qemu TDS= TDMEM= TDSMP=)
	guest/td

td-shell: inputs qemu tables guest ## the same with a shell in the TD
	guest/td --shell

vm: inputs qemu guest ## boot Linux in an ordinary VM on KVM in the machine (UEFI=1)
	guest/vmm build/vm/initramfs.gz $(if $(UEFI),--uefi)
	guest/vm

qemu: ## build QEMU with SEAM (QEMU_SRC=<dir|tarball>)
	scripts/deps qemu
	scripts/qemu-build

.PHONY: guest tables inputs
# What was given on the command line, before anything is built for it
inputs:
	@scripts/deps guest
	@guest/inputs

# Names of leaves and statuses, for the tools
tables:
	scripts/deps model
	scripts/model-build --tables

guest:
	scripts/deps guest
	guest/build

model: ## build the TDX module model alone
	scripts/deps model
	scripts/model-build

vectors: model ## replay vectors (FILES="a.jsonl.gz ..." V=1)
	scripts/vectors $(FILES)

seamcall: ## the TDX module by hand (ARGS="-c 'tdh.sys.init'")
	@scripts/deps model qemu
	@scripts/model-build --tables > /dev/null
	@scripts/qemu-build > /dev/null
	@scripts/seamcall $(ARGS)

demo: inputs qemu tables guest ## pictures and a transcript of a boot (build/demo)
	scripts/deps view
	scripts/demo

package: qemu ## a tarball and a .deb that run on bare Debian 12 and 13
	scripts/deps guest
	KERNEL= LINUX_SRC= PATCHES= DPAMT= guest/build
	scripts/package

docs: ## the pages of docs/ as HTML, in build/docs
	scripts/deps docs
	scripts/docs

check: ## run every test, layer by layer (QEMU_SRCS="<dir|tarball> ...")
	scripts/deps model qemu guest check
	scripts/check

selftests: qemu ## run KVM's selftests in the machine (TESTS= SLOW=1)
	scripts/deps guest
	guest/build --selftests
	guest/initramfs build/guest/initramfs.gz
	scripts/selftests $(TESTS)

kut: ## run kvm-unit-tests on the CPU (KUT=<built checkout> TESTS= SLOW=1)
	scripts/deps qemu
	scripts/qemu-build
	scripts/kut "$(KUT)" $(TESTS)

fuzz: ## fuzz the SEAMCALL surface (SECONDS=600)
	scripts/deps fuzz
	scripts/fuzz $(SECONDS)

soak: inputs qemu tables guest ## TDs under load, on and on (MINUTES=10)
	guest/build --static
	scripts/deps check
	scripts/soak $(MINUTES)

bench: ## print speed and memory ratios beside their targets
	scripts/deps model qemu guest
	scripts/bench

check-hooks: ## try hooks and files on a QEMU (QEMU_SRC=, QEMU_VERSION=)
	scripts/deps qemu
	scripts/check-hooks

clean: ## remove build/ (downloads and ccache stay)
	rm -rf build
