/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD's first page, at TDVMM_LOADER: from the reset vector to 64-bit code.
 *
 * A TD starts in 32-bit protected mode with flat segments and no paging, its
 * index in ESI and the argument of KVM_TDX_INIT_VCPU in RCX and R8; EFER.LME
 * is set for good. The entry gets
 *
 *   RDI  the vCPU's index       RDX  the width of a GPA
 *   RSI  the argument           RSP  a stack of its own
 *
 * With a mailbox only vCPU 0 goes there; the others wait in here, as ACPI's
 * multiprocessor wakeup wants it.
 */

#define TDX_TDCALL(number, id, name) .set id, number;
#include "abi/leaf-list.h"
#include "abi.h"

        .set CR0_PG, 1 << 31
        .set CR4_PAE, 1 << 5
        .set CR4_OSFXSR, 1 << 9
        .set CR4_OSXMMEXCPT, 1 << 10
        .set ALREADY_ACCEPTED, 0xb0a    /* class and code, level 0 */
        .set VMCALL_IO, 30
        .set VMCALL_FATAL, 0x10003
        .set R10_TO_R15, 0xfc00

        .text
params:
        .fill 0x100, 1, 0

gdt:    .quad 0
        .quad 0x00cf9b000000ffff        /* TDVMM_CS32 */
        .quad 0x00af9b000000ffff        /* TDVMM_CS */
        .quad 0x00cf93000000ffff        /* TDVMM_DS */
gdtr:   .word . - gdt - 1
        .quad gdt

        .code32
start:
        lgdt    gdtr
        movl    %ebx, %edx
        movl    %cr4, %eax
        orl     $(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
        movl    %eax, %cr4
        movl    $TDVMM_TABLES, %eax
        movl    %eax, %cr3
        movl    %cr0, %eax
        orl     $CR0_PG, %eax
        movl    %eax, %cr0
        ljmp    $TDVMM_CS, $long_mode

        .code64
long_mode:
        movl    $TDVMM_DS, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        movl    %esi, %edi
        movl    %edi, %eax
        incl    %eax
        imull   $TDVMM_STACK_SIZE, %eax
        leaq    TDVMM_STACKS(%rax), %rsp
        movq    params + TDVMM_P_ARGUMENT(%rip), %rsi
        testq   %rsi, %rsi
        cmovzq  %r8, %rsi
        testl   %edi, %edi
        jnz     other

        /* vCPU 0 accepts what was not added */
        leaq    params + TDVMM_P_RANGES(%rip), %rbx
next_range:
        movq    (%rbx), %r9
        movq    8(%rbx), %rbp
        addq    $16, %rbx
        testq   %rbp, %rbp
        jz      accepted
next_page:
        cmpq    %rbp, %r9
        jae     next_range
        movq    %r9, %rcx
        movl    $TDG_MEM_PAGE_ACCEPT, %eax
        tdcall
        addq    $0x1000, %r9
        testq   %rax, %rax
        jz      next_page
        shrq    $32, %rax
        cmpq    $ALREADY_ACCEPTED, %rax
        je      next_page
        movq    %rax, %r12
        movl    $VMCALL_FATAL, %r11d
        call    vmcall
        jmp     .
accepted:
        movl    $1, params + TDVMM_P_READY(%rip)
enter:
        jmpq    *params + TDVMM_P_ENTRY(%rip)

other:
        call    sleep
        cmpl    $0, params + TDVMM_P_READY(%rip)
        je      other
        movq    params + TDVMM_P_MAILBOX(%rip), %rbx
        testq   %rbx, %rbx
        jz      enter

        /* The command (16 bits), at 4 the APIC ID, at 8 where to go */
parked:
        call    sleep
        cmpw    $1, (%rbx)
        jne     parked
        cmpl    %edi, 4(%rbx)
        jne     parked
        movq    8(%rbx), %rax
        movw    $0, (%rbx)
        jmpq    *%rax

        /* Let other vCPUs run: a byte of 1 to TDVMM_SLEEP */
sleep:
        movl    $VMCALL_IO, %r11d
        movl    $1, %r12d
        movl    $1, %r13d
        movl    $TDVMM_SLEEP, %r14d
        movl    $1, %r15d
        /* TDG.VP.VMCALL of the standard kind, its function in R11 */
vmcall:
        xorl    %r10d, %r10d
        movl    $R10_TO_R15, %ecx
        movl    $TDG_VP_VMCALL, %eax
        tdcall
        ret

        /* TDVMM_START64: an ordinary VM begins here, with the tables on */
        .org    0xfe0
        lgdt    gdtr(%rip)
        movl    %ebx, %edx
        jmp     long_mode

        .org    0xff0
        .code32
        jmp     start
        .org    0x1000
