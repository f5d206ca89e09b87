#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Checks the exported tables of the module against facts of the TDX module ABI,
and that the generated pages of the documentation are up to date.
"""

import json
import subprocess
import sys

TOOL, JSON_FILE, DOCS = sys.argv[1:]


def by(tables, table, key, value):
    return next(row for row in tables[table] if row.get(key) == value)


def leaves(tables):
    add = by(tables, "leaves", "number", 58)
    assert add["name"] == "TDH.PHYMEM.PAMT.ADD"
    assert add["needs"] == "dynamic-pamt"
    assert add["states"] == ["SYS_READY"]
    assert [o["register"] for o in add["in"]] == ["RCX", "RDX", "R8"]
    rd = by(tables, "leaves", "name", "TDH.SYS.RD")
    assert rd["number"] == 34 and rd["max_version"] == 0
    assert rd["modelled"] == "yes"
    assert "needs" not in rd
    assert [o["on_failure"] for o in rd["out"]] == ["-1", "0"]
    assert [o["on_failure"] for o in by(tables, "leaves", "number",
                                        59)["out"]] == ["kept", "kept"]
    assert (rd["out"][1]["register"], rd["out"][1]["name"]) == ("R8", "value")
    assert by(tables, "leaves", "number", 33)["max_version"] == 1
    assert by(tables, "leaves", "number", 96)["modelled"] == "no"
    mng_init = by(tables, "leaves", "name", "TDH.MNG.INIT")
    assert mng_init["modelled"] == "partly" and mng_init["missing"]
    assert "TDX_SUCCESS" in mng_init["statuses"]
    init = by(tables, "leaves", "name", "TDH.SYS.INIT")
    assert [a["status"] for a in init["answers"] if a["on_silicon_only"]] == [
        "TDX_INCORRECT_CPUID_VALUE", "TDX_INCOMPATIBLE_SEAM_CAPABILITIES"]
    assert "TDX_INCORRECT_CPUID_VALUE" not in init["statuses"]
    reclaim = by(tables, "leaves", "name", "TDH.PHYMEM.PAGE.RECLAIM")
    assert by(reclaim, "answers", "operand", "TDR")["when"] == \
        "the owner's TDR is locked"
    assert by(tables, "guest_leaves", "number", 25)["name"] == "TDG.VP.ENTER"
    assert add["statuses"] == [
        "TDX_SUCCESS", "TDX_OPERAND_BUSY", "TDX_OPERAND_INVALID",
        "TDX_OPERAND_ADDR_RANGE_ERROR", "TDX_PAGE_NOT_FREE",
        "TDX_HPA_RANGE_NOT_FREE", "TDX_SYS_NOT_READY", "TDX_SYS_SHUTDOWN"]
    assert by(tables, "leaves", "number", 69)["states"][-1] == "SYS_DISABLING"


def statuses(tables):
    def value(name):
        return by(tables, "statuses", "name", name)["value"]

    assert value("TDX_SUCCESS") == "0x0000000000000000"
    assert value("TDX_OPERAND_INVALID") == "0xc000010000000000"
    assert value("TDX_MISSING_PAMT_PAGE_PAIR") == "0x8000030800000000"


def operands(tables):
    assert by(tables, "operands", "id", 8)["name"] == "R8"
    assert by(tables, "operands", "id", 184)["name"] == "SYS"
    assert by(tables, "statuses", "name", "TDX_PAGE_NOT_FREE")["names_operand"]
    assert not by(tables, "statuses", "name",
                  "TDX_PAMT_PAGE_NOT_EMPTY")["names_operand"]
    tracking = by(tables, "statuses", "name", "TDX_TLB_TRACKING_NOT_DONE")
    assert tracking["names_operand"] and tracking["operand_optional"]


def fields(tables):
    rows = tables["sys_fields"]
    assert len(rows) == 70
    assert sum(r["fields"] * r["elements"] for r in rows) == 359
    bits = by(tables, "sys_fields", "id", "0x9100000000000013")
    assert bits["name"] == "PAMT_PAGE_BITMAP_ENTRY_BITS"
    assert bits["bits"] == 8
    assert bits["needs_features0"] == "0x0000001000000000"
    values = by(tables, "sys_fields", "name", "CPUID_CONFIG_VALUES")
    assert (values["fields"], values["elements"]) == (32, 2)
    assert not values["guest_readable"] and "needs_features0" not in values
    assert by(tables, "sys_fields", "name", "VENDOR_ID")["guest_readable"]
    entry = by(tables, "sys_fields", "name", "PAMT_4K_ENTRY_SIZE")
    assert int(entry["value"], 16) == 16
    cmrs = by(tables, "sys_fields", "name", "CMR_BASE")
    assert (cmrs["stride"], "value" in cmrs) == (1, False)


def structures(tables):
    def member(structure, name):
        found = by(tables, "structures", "name", structure)
        return next(m for m in found["members"] if m["name"] == name)

    assert by(tables, "structures", "name", "TDMR_INFO")["align"] == 512
    assert member("TDMR_INFO", "pamt_4k_size")["offset"] == 56
    size = member("TDMR_INFO", "reserved_size")
    assert (size["offset"], size["count"], size["stride"]) == (72, 16, 16)
    assert by(tables, "structures", "name", "TD_PARAMS")["size"] == 1024
    assert member("TD_PARAMS", "tsc_frequency")["offset"] == 40
    ebx = member("TD_PARAMS", "cpuid_ebx")
    assert (ebx["offset"], ebx["size"], ebx["stride"]) == (260, 4, 16)


def page(option, name):
    made = subprocess.run([TOOL, option], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    with open(f"{DOCS}/{name}", encoding="utf-8") as committed:
        assert committed.read() == made, \
            f"docs/specs/{name} is out of date: write `{TOOL} {option}` there"


def metadata_page(_tables):
    page("--rst", "tdx-metadata.rst")


def leaves_page(_tables):
    page("--rst-leaves", "tdx-module-leaves.rst")


def guest_leaves_page(_tables):
    page("--rst-guest-leaves", "tdx-module-guest-leaves.rst")


def main():
    with open(JSON_FILE, encoding="utf-8") as source:
        tables = json.load(source)
    checks = [leaves, statuses, operands, fields, structures,
              metadata_page, leaves_page, guest_leaves_page]
    failed = 0
    print(f"1..{len(checks)}")
    for number, check in enumerate(checks, 1):
        try:
            check(tables)
            print(f"ok {number} {check.__name__}")
        except (AssertionError, KeyError, StopIteration) as error:
            failed = 1
            print(f"not ok {number} {check.__name__} # {error!r}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
