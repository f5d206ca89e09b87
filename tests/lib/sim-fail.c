/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A simulated machine whose n-th operation fails.
 */

#include <string.h>

#include "sim-fail.h"

static bool fails(SimPlatform *sim, const char *what)
{
    SimFail *f = sim->fail;

    if (!f->left || --f->left) {
        return false;
    }
    f->what = what;
    return true;
}

/* The operation @op of the machine, unless it fails */
#define WHOLE(sim, op, ...) ((sim)->fail->whole.op(sim, ##__VA_ARGS__))

static bool fail_read_shared(void *opaque, uint64_t hpa, void *buf, size_t len)
{
    if (fails(opaque, "read_shared")) {
        memset(buf, 0xff, len);
        return false;
    }
    return WHOLE((SimPlatform *)opaque, read_shared, hpa, buf, len);
}

static bool fail_write_shared(void *opaque, uint64_t hpa, const void *buf,
                              size_t len)
{
    return !fails(opaque, "write_shared") &&
           WHOLE((SimPlatform *)opaque, write_shared, hpa, buf, len);
}

static void *fail_private_page(void *opaque, uint64_t hpa, uint16_t hkid)
{
    return fails(opaque, "private_page")
           ? NULL : WHOLE((SimPlatform *)opaque, private_page, hpa, hkid);
}

static bool fail_private_take(void *opaque, uint64_t hpa, uint64_t len)
{
    return !fails(opaque, "private_take") &&
           WHOLE((SimPlatform *)opaque, private_take, hpa, len);
}

static bool fail_private_lost(void *opaque, uint64_t hpa, uint64_t len)
{
    return fails(opaque, "private_lost") ||
           WHOLE((SimPlatform *)opaque, private_lost, hpa, len);
}

static void *fail_private_intact(void *opaque, uint64_t hpa, uint64_t len)
{
    return fails(opaque, "private_intact")
           ? NULL : WHOLE((SimPlatform *)opaque, private_intact, hpa, len);
}

static bool fail_rdmsr(void *opaque, unsigned lp, uint32_t msr,
                       uint64_t *value)
{
    return !fails(opaque, "rdmsr") &&
           WHOLE((SimPlatform *)opaque, rdmsr, lp, msr, value);
}

/* The same bytes in each run, so that runs can be compared */
static bool fail_random(void *opaque, void *buf, size_t len)
{
    memset(buf, 0x5a, len);
    return !fails(opaque, "random");
}

static TdxKeyResult fail_key_config(void *opaque, unsigned lp, uint16_t hkid)
{
    SimPlatform *sim = opaque;

    if (fails(sim, "key_config")) {
        return sim->fail->how == SIM_FAIL_FIRST ? TDX_KEY_DEVICE_BUSY
                                                : TDX_KEY_NO_ENTROPY;
    }
    return WHOLE(sim, key_config, lp, hkid);
}

static bool fail_event_pending(void *opaque, unsigned lp)
{
    return fails(opaque, "event_pending") ||
           WHOLE((SimPlatform *)opaque, event_pending, lp);
}

static bool fail_report(void *opaque, unsigned lp,
                        uint8_t report[TDX_REPORTMACSTRUCT_SIZE])
{
    return !fails(opaque, "report") &&
           WHOLE((SimPlatform *)opaque, report, lp, report);
}

static TdxReportResult fail_verify_report(
    void *opaque, unsigned lp, const uint8_t report[TDX_REPORTMACSTRUCT_SIZE])
{
    SimPlatform *sim = opaque;

    if (fails(sim, "verify_report")) {
        return sim->fail->how == SIM_FAIL_FIRST ? TDX_REPORT_CPUSVN
                                                : TDX_REPORT_MAC;
    }
    return WHOLE(sim, verify_report, lp, report);
}

bool sim_fails_twofold(const char *what)
{
    return g_str_equal(what, "key_config") ||
           g_str_equal(what, "verify_report");
}

void sim_fail(SimPlatform *sim, unsigned n, SimFailHow how)
{
    if (!sim->fail) {
        sim->fail = g_new0(SimFail, 1);
        sim->fail->whole = sim->ops;
        sim->ops.read_shared = fail_read_shared;
        sim->ops.write_shared = fail_write_shared;
        sim->ops.private_page = fail_private_page;
        sim->ops.private_take = fail_private_take;
        sim->ops.private_lost = fail_private_lost;
        sim->ops.private_intact = fail_private_intact;
        sim->ops.rdmsr = fail_rdmsr;
        sim->ops.random = fail_random;
        sim->ops.key_config = fail_key_config;
        sim->ops.event_pending = fail_event_pending;
        sim->ops.report = fail_report;
        sim->ops.verify_report = fail_verify_report;
    }
    sim->fail->how = how;
    sim->fail->left = n;
    if (n) {
        sim->fail->what = NULL;
    }
}
