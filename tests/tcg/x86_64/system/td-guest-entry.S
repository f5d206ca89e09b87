/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first instructions of a TD's vCPU: from protected mode to the program,
 * for td-guest.c.  ECX, from TDH.VP.INIT, is the function; ESI the vCPU.
 */

#define KERNEL_CS 0x08
#define KERNEL_DS 0x10
#define KERNEL_TSS 0x30

        .code32
        .text

/* A page, which a TD has below 4 GiB; the last 16 bytes come first */
        .balign 4096
        .global td_reset_page
td_reset_page:
        mov %cr4, %eax
        or $0x20, %eax                  /* CR4.PAE */
        mov %eax, %cr4
        mov td_cr3, %eax
        mov %eax, %cr3
        mov %cr0, %eax
        bts $31, %eax                   /* CR0.PG; EFER.LME is set */
        mov %eax, %cr0
        lgdt td_gdtr
        ljmp $KERNEL_CS, $td_entry64
        .org td_reset_page + 0xff0
        jmp td_reset_page
        .org td_reset_page + 0x1000

        .code64
td_entry64:
        mov $KERNEL_DS, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        lidt idtr(%rip)
        mov td_gdtr+2(%rip), %rax
        andb $~2, KERNEL_TSS+5(%rax)    /* The host's was busy. */
        mov $KERNEL_TSS, %eax
        ltr %ax
        mov %esi, %edi
        inc %esi
        shl $13, %esi                   /* TD_STACK */
        lea td_stacks(%rsi), %rsp
        mov %ecx, %ecx
        call *%rcx
1:      hlt
        jmp 1b
