"""What a health reason means and what to do about it, in words for the operator.

Sources: NVIDIA's Xid catalogue, debug guidelines and health checks, and DCGM's health watches.
"""

from __future__ import annotations

from dataclasses import replace

from telemetry.health import HealthReasonCode, Reason
from telemetry.remedies import DIAGNOSE, DRAIN, RESET, Advice
from telemetry.xid_advice import OTHER_XID, XIDS

XID_CATALOGUE = "https://docs.nvidia.com/deploy/xid-errors/"
DEBUG_GUIDELINES = "https://docs.nvidia.com/deploy/gpu-debug-guidelines/"
MEMORY_ERRORS = "https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/"
PAGE_RETIREMENT = "https://docs.nvidia.com/deploy/dynamic-page-retirement/"
CLOCK_REASONS = "https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html"
NVLINK_CHECKS = "https://docs.nvidia.com/health-validation/reference/checks/nvlink"
DCGM_HEALTH = "https://docs.nvidia.com/datacenter/dcgm/latest/learn/modules/health-monitoring.html"

_CODES: dict[HealthReasonCode, Advice] = {
    HealthReasonCode.ECC_UNCORRECTABLE: Advice(
        "Uncorrectable memory errors",
        "The GPU's memory had errors that it could not correct since the driver was loaded.",
        (RESET, DIAGNOSE),
        MEMORY_ERRORS,
    ),
    HealthReasonCode.ROW_REMAP_FAILED: Advice(
        "Row remapping failed",
        "The GPU has no spare memory row left for one that fails.",
        ("Drain the node.", "Replace the GPU: this is a reason for return to the vendor."),
        MEMORY_ERRORS,
    ),
    HealthReasonCode.ROW_REMAP_PENDING: Advice(
        "Row remapping pending",
        "A failing memory row will be replaced by a spare one at the next reset.",
        ("Let the running jobs end.", "Reset the GPU when it is free: nvidia-smi -r -i <index>."),
        MEMORY_ERRORS,
    ),
    HealthReasonCode.PAGE_RETIREMENT_PENDING: Advice(
        "Page retirement pending",
        "A failing memory page will be taken out of use at the next reboot.",
        ("Let the running jobs end.", "Reboot the node when it is free."),
        PAGE_RETIREMENT,
    ),
    HealthReasonCode.RETIRED_PAGES: Advice(
        "Too many retired pages",
        "So many failing pages of the GPU's memory were taken out of use that few can follow.",
        ("Drain the node.", "Run the field diagnostic: a GPU like this is due for replacement."),
        PAGE_RETIREMENT,
    ),
    HealthReasonCode.THERMAL_SLOWDOWN: Advice(
        "Thermal slowdown",
        "The GPU runs slower than it could because it is too hot.",
        (
            "Compare with its neighbours: one hot GPU points at its heat sink, all at the airflow.",
            "Check fans, airflow and inlet temperature.",
        ),
        CLOCK_REASONS,
    ),
    HealthReasonCode.POWER_BRAKE: Advice(
        "Power brake",
        "The node's power supply told the GPU to slow down.",
        ("Check the power supplies and the rack's power budget.",),
        CLOCK_REASONS,
    ),
    HealthReasonCode.PCIE_DEGRADED: Advice(
        "PCIe link degraded",
        "The link to the host runs with fewer lanes, or at a lower generation under load, than GPU"
        " and slot can; copies to and from the host are slower.",
        (
            "Compare with its neighbours, and read the kernel log for PCIe (AER) errors.",
            "When the GPU is free, power off the node and reconnect the GPU or its riser.",
            "Run the host's PCIe diagnostics to rule out the hops before the GPU.",
            "If the fault is on the board, run the field diagnostic.",
        ),
        DCGM_HEALTH,
    ),
    HealthReasonCode.NVLINK_DEGRADED: Advice(
        "NVLink down",
        "A link to the other GPUs or to the NVSwitch is not active; jobs that span GPUs fail or"
        " are slow.",
        (
            "Look which: nvidia-smi nvlink -s -i <index>. See that the Fabric Manager runs.",
            "Drain the node, then reset the GPU: nvidia-smi -r -i <index>.",
            "If the link stays down, reboot the node; then have it serviced.",
        ),
        NVLINK_CHECKS,
    ),
    HealthReasonCode.NVLINK_ERRORS: Advice(
        "NVLink errors",
        "A link to the other GPUs had to send again or to be trained anew: nothing was lost, but a"
        " link that does so repeatedly is about to fail.",
        (
            "See which link, and whether it goes on: nvidia-smi nvlink -e -i <index>.",
            "Look for Xid 74 or 144 to 150 in the kernel log, on the GPUs at its other end too.",
            "If it goes on, drain the node, reset the GPU, and run the field diagnostic.",
        ),
        NVLINK_CHECKS,
    ),
    HealthReasonCode.FELL_OFF_BUS: Advice(
        "Fell off the bus",
        "The driver can no longer reach the GPU; its values are unknown, not zero.",
        (DRAIN, "If the GPU is still gone, reseat or replace it."),
        XID_CATALOGUE,
    ),
    HealthReasonCode.NVML_TIMEOUT: Advice(
        "The driver does not answer for it",
        "A call to NVML for this GPU did not return; the other GPUs are still read.",
        (
            "Look for 'blocked for more than 120 seconds' and Xid lines in the kernel log.",
            "Drain the node and reboot it: such a call can't be ended otherwise.",
        ),
        DEBUG_GUIDELINES,
    ),
    HealthReasonCode.DRIVER_UNAVAILABLE: Advice(
        "No driver",
        "The NVIDIA driver is not loaded, or is being reloaded.",
        ("If nobody is updating it, run nvidia-smi on the node and read the kernel log.",),
        DEBUG_GUIDELINES,
    ),
    HealthReasonCode.NVML_ERROR: Advice(
        "NVML reports an error",
        "NVML answers with an error for this GPU.",
        ("Run nvidia-smi -q on the node and read the kernel log.",),
        DEBUG_GUIDELINES,
    ),
    HealthReasonCode.MISSING: Advice(
        "Missing",
        "The node's collector no longer finds this GPU.",
        (
            "If it was taken out on purpose, nothing is to be done.",
            "Else read the kernel log for Xid 79 and power-cycle the node.",
        ),
        DEBUG_GUIDELINES,
    ),
    HealthReasonCode.STALE: Advice(
        "No data",
        "The node's collector has fallen silent; what is shown is the last that it said.",
        (
            "Check that the node is up and reaches the bus.",
            "Restart its collector.",
        ),
    ),
    HealthReasonCode.CLOCK_SKEW: Advice(
        "Clock is off",
        "The node's clock differs from the server's; times of its samples, logs and certificates"
        " can't be relied on.",
        (
            "On the node, see what its clock follows: chronyc tracking, or timedatectl.",
            "Start chrony (or another NTP client) and let it follow your time servers.",
            "If every node shows this, it is the server's own clock that is off.",
        ),
        "https://chrony-project.org/documentation.html",
    ),
}


def advise(reason: Reason) -> Advice:
    """The words for a reason; its title is complete in itself ("Xid 79, fell off the bus")."""
    if reason.code is HealthReasonCode.XID:
        xid = XIDS.get(reason.value or 0, OTHER_XID)
        return replace(xid, title=f"Xid {reason.value}, {xid.title}", source=XID_CATALOGUE)
    advice = _CODES[reason.code]
    title = advice.title if reason.value is None else _with_value(reason.code, reason.value)
    return replace(advice, title=title)


def _with_value(code: HealthReasonCode, value: int) -> str:
    match code:
        case HealthReasonCode.PCIE_DEGRADED:
            return f"PCIe link at {100 - value} % of its speed"
        case HealthReasonCode.NVLINK_DEGRADED:
            return "1 NVLink down" if value == 1 else f"{value} NVLinks down"
        case HealthReasonCode.CLOCK_SKEW:
            return f"Clock {abs(value)} s {'ahead' if value > 0 else 'behind'}"
        case _:
            return f"{_CODES[code].title}: {value}"
