"""The seccomp profile that stock containers run under, compiled by libseccomp and put in force for this process."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
from pathlib import Path
from typing import Any

PROFILE = Path("/usr/share/containers/seccomp.json")  # Debian: golang-github-containers-common

# What Docker's stock profile allows only with CAP_SYS_ADMIN, which no stock container has. The profile above, Podman's,
# is otherwise the same, but allows these; whether they then work depends on the host.
NEED_ADMIN = (
    "mount", "umount2", "unshare", "setns", "pivot_root", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount",
    "open_tree", "mount_setattr",
)  # fmt: skip
CLONE_NEW_NAMESPACES = 0x7E020000

ARCHITECTURES = {"x86_64": ("amd64",), "aarch64": ("arm64",)}
COMPARISONS = {
    "SCMP_CMP_NE": 1, "SCMP_CMP_LT": 2, "SCMP_CMP_LE": 3, "SCMP_CMP_EQ": 4, "SCMP_CMP_GE": 5, "SCMP_CMP_GT": 6,
    "SCMP_CMP_MASKED_EQ": 7,
}  # fmt: skip
ALLOW, EPERM = 0x7FFF0000, 1


class _Comparison(ctypes.Structure):
    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operation", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    ]


def missing() -> str:
    """Why the profile cannot be loaded; empty if it can."""
    if not PROFILE.exists():
        return f"there is no {PROFILE}"
    return "" if ctypes.util.find_library("seccomp") else "libseccomp is not installed"


def enter(machine: str) -> None:
    """Confine this process and its children as a container without capabilities is."""
    profile = json.loads(PROFILE.read_text())
    library = ctypes.CDLL(ctypes.util.find_library("seccomp"), use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    filter_ = ctypes.c_void_p(library.seccomp_init(_refuse(profile.get("defaultErrnoRet", EPERM))))
    for rule in profile["syscalls"]:
        if _applies(rule, machine):
            action = ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else _refuse(rule.get("errnoRet", EPERM))
            for name in rule["names"]:
                if name not in (*NEED_ADMIN, "clone", "clone3"):  # clone3 is unknown in containers
                    _add(library, filter_, action, name, rule.get("args") or ())
    for name in NEED_ADMIN:
        _add(library, filter_, _refuse(EPERM), name, ())
    masked = {"index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": CLONE_NEW_NAMESPACES, "valueTwo": 0}
    _add(library, filter_, ALLOW, "clone", [masked])
    if code := library.seccomp_load(filter_):
        raise OSError(-code, "the profile cannot be loaded")
    library.seccomp_release(filter_)


def _refuse(code: int) -> int:
    return 0x00050000 | code


def _applies(rule: dict[str, Any], machine: str) -> bool:
    """Whether a rule is for this architecture, and for a container without capabilities."""
    includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
    wanted = includes.get("arches")
    return not includes.get("caps") and (
        not wanted or bool(set(wanted) & set(ARCHITECTURES[machine]))
    ) and not set(excludes.get("arches") or ()) & set(ARCHITECTURES[machine])  # fmt: skip


def _add(library: Any, filter_: Any, action: int, name: str, arguments: Any) -> None:
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number < 0:
        return  # not on this architecture
    compared = (_Comparison * max(len(arguments), 1))(
        *(
            _Comparison(each["index"], COMPARISONS[each["op"]], each["value"], each.get("valueTwo", 0))
            for each in arguments
        )
    )
    library.seccomp_rule_add_array(filter_, ctypes.c_uint32(action), number, len(arguments), compared)
