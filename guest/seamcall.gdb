# SPDX-License-Identifier: GPL-2.0-or-later
#
# gdb commands that follow a kernel's SEAMCALLs, with its vmlinux as symbols:
#
#   seamcall-break   stop at each SEAMCALL instruction of the kernel
#   seamcall-show    the SEAMCALL at which the kernel stopped: its operands
#   seamcall-step    execute it and show what the module answered

# The instruction is found in vmlinux, as memory does not hold the kernel yet
# when the machine starts.
set trust-readonly-sections on

define seamcall-break-in
  find /w1 $arg0, +256, 0xcf010f66
  break *$_
end

define seamcall-break
  seamcall-break-in &__seamcall
  seamcall-break-in &__seamcall_ret
  seamcall-break-in &__seamcall_saved_ret
end
document seamcall-break
Stop at each SEAMCALL instruction of the kernel.
end

define seamcall-show
  printf "SEAMCALL leaf %d, version %d", $rax & 0xffff, ($rax >> 16) & 0xff
  printf ": rcx 0x%lx rdx 0x%lx r8 0x%lx", $rcx, $rdx, $r8
  printf " r9 0x%lx r10 0x%lx r11 0x%lx\n", $r9, $r10, $r11
end
document seamcall-show
Show the operands of the SEAMCALL that comes next.
end

define seamcall-step
  stepi
  if $eflags & 1
    printf "VMfailInvalid: there is no module, or it has stopped\n"
  else
    printf "status 0x%lx", $rax
    printf ": rcx 0x%lx rdx 0x%lx r8 0x%lx", $rcx, $rdx, $r8
    printf " r9 0x%lx r10 0x%lx r11 0x%lx\n", $r9, $r10, $r11
  end
end
document seamcall-step
Execute the SEAMCALL that comes next and show what the module answered.
end
