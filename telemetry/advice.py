"""What a health reason means and what to do about it, in words for the operator.

Sources: NVIDIA's Xid catalogue and GPU debug guidelines; DCGM's health watches.
"""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.health import HealthReasonCode, Reason

XID_CATALOGUE = "https://docs.nvidia.com/deploy/xid-errors/"
DEBUG_GUIDELINES = "https://docs.nvidia.com/deploy/gpu-debug-guidelines/"
MEMORY_ERRORS = "https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/"
CLOCK_REASONS = "https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html"


@dataclass(frozen=True, slots=True)
class Advice:
    title: str
    detail: str
    remedy: tuple[str, ...]
    source: str | None = None


_RESET = "Stop the jobs on this GPU, then reset it: nvidia-smi -r -i <index>."
_DIAGNOSE = "If it comes back, run the field diagnostic and replace the GPU."
_DRAIN = "Drain the node, then power-cycle it (a warm reboot is often not enough)."

_LINK = (
    "Look for the same Xid on the GPUs it links to: one bad part shows on both sides.",
    _RESET,
    _DIAGNOSE,
)
_WATCH_LINK = (
    "Look for an Xid 154 beside it in the kernel log: it says what the driver wants done.",
    "Look for errors with nvidia-smi nvlink -e; reset the GPU when it is free if they go on.",
)

_XIDS: dict[int, Advice] = {
    54: Advice(
        "auxiliary power not connected",
        "The board lacks its auxiliary power and can't run at full power.",
        ("Stop the jobs on this node.", "Power it off and check the GPU's power cables."),
    ),
    48: Advice(
        "double-bit ECC error",
        "The GPU's memory had an error that it could not correct.",
        (_RESET, _DIAGNOSE),
    ),
    61: Advice(
        "internal micro-controller warning",
        "A micro-controller inside the GPU reported a fault of its own.",
        ("Watch for Xid 62.", "If the GPU misbehaves, reset it: nvidia-smi -r -i <index>."),
    ),
    62: Advice(
        "internal micro-controller halt",
        "A micro-controller inside the GPU stopped; the GPU is not usable until it is reset.",
        (_RESET, _DIAGNOSE),
    ),
    63: Advice(
        "row remapping or page retirement recorded",
        "A failing memory row was taken out of use; it takes effect at the next reset.",
        ("Let the running jobs end.", "Reset the GPU when it is free: nvidia-smi -r -i <index>."),
    ),
    64: Advice(
        "row remapping or page retirement failed",
        "A failing memory row could not be taken out of use.",
        (_RESET, _DIAGNOSE),
    ),
    74: Advice(
        "NVLink error",
        "A link to another GPU or to the NVSwitch failed; jobs that span GPUs here will fail.",
        _LINK,
    ),
    79: Advice(
        "fell off the bus",
        "The driver can no longer reach the GPU over PCIe; its values are unknown, not zero.",
        (_DRAIN, "If the GPU is still gone, reseat or replace it."),
    ),
    92: Advice(
        "high rate of single-bit ECC errors",
        "Errors are still corrected, but come often.",
        ("Watch the corrected errors.", _DIAGNOSE),
    ),
    94: Advice(
        "contained ECC error",
        "A memory error hit one process only; the others on this GPU may go on.",
        ("Restart the job that was hit.", "Reset the GPU when it is free.", _DIAGNOSE),
    ),
    95: Advice(
        "uncontained ECC error",
        "A memory error spread beyond one process. What runs on this GPU can't be trusted.",
        (
            "Stop the jobs on this GPU: their results since then are not sure.",
            "Reset the GPU: nvidia-smi -r -i <index>.",
            _DIAGNOSE,
        ),
    ),
    109: Advice(
        "context switch timeout",
        "A program could not be taken off the GPU in time; what runs there may hang.",
        ("See whether one program causes it each time: its owner should know.", _RESET, _DIAGNOSE),
    ),
    110: Advice(
        "security fault",
        "The GPU's security check failed, which is rare unless the hardware does.",
        ("Undo any recent change of hardware.", _DRAIN, _DIAGNOSE),
    ),
    119: Advice(
        "GSP RPC timeout",
        "The GPU's system processor does not answer the driver.",
        (_RESET, "If it comes back, update the driver or run the field diagnostic."),
    ),
    120: Advice(
        "GSP error",
        "The GPU's system processor reported an error.",
        (_RESET, "If it comes back, update the driver or run the field diagnostic."),
    ),
    121: Advice(
        "corrected errors on the link to the CPU",
        "The link between the GPU and its Grace CPU had errors, all corrected.",
        ("Reset the GPU when it is free: the link is then trained anew.",),
    ),
    136: Advice(
        "link training failed",
        "An NVLink of the GPU did not come up.",
        _LINK,
    ),
    140: Advice(
        "unrecovered ECC error",
        "The memory had errors, and the rows could not be marked to be taken out of use.",
        (_RESET, _DIAGNOSE),
    ),
    143: Advice(
        "GPU initialization error",
        "The driver could not start the GPU.",
        (_RESET, _DIAGNOSE),
    ),
    144: Advice("NVLink error (SAW)", "A part of the GPU's NVLink had an error.", _WATCH_LINK),
    145: Advice("NVLink error (RLW)", "The GPU's NVLink lost traffic or may lose it.", _LINK),
    146: Advice("NVLink error (TLW)", "A part of the GPU's NVLink had an error.", _WATCH_LINK),
    147: Advice("NVLink error (TREX)", "A part of the GPU's NVLink had an error.", _WATCH_LINK),
    148: Advice("NVLink error (NVLPW)", "A part of the GPU's NVLink had an error.", _WATCH_LINK),
    149: Advice("NVLink error (NETIR)", "A link of the GPU went down or is about to.", _LINK),
    150: Advice("NVLink error (MSE)", "The controller of the GPU's NVLinks failed.", _LINK),
    154: Advice(
        "recovery action changed",
        "The driver says what it takes to recover from another Xid.",
        ("Read it in the kernel log: a reset of the GPU, or a reboot of the node.",),
    ),
    155: Advice("NVLink down", "A link of the GPU went down, perhaps on purpose.", _WATCH_LINK),
    156: Advice(
        "resource retired",
        "A failing part of the GPU was taken out of use; it takes effect at the next reset.",
        (_RESET, "Watch for Xid 157: no spare part is left then."),
    ),
    157: Advice(
        "resource retirement failed",
        "A failing part of the GPU has no spare; programs run, and may meet the fault again.",
        ("Watch the GPU.", "Plan to replace it."),
    ),
    158: Advice("fatal timeout", "The GPU stopped answering the driver.", (_RESET, _DIAGNOSE)),
    161: Advice(
        "channel retirement failed",
        "A failing channel of the GPU could not be taken out of use.",
        ("If it comes back, update the driver or run the field diagnostic.",),
    ),
    167: Advice("PCIe timeout", "The GPU does not answer over PCIe.", (_DRAIN, _DIAGNOSE)),
    168: Advice(
        "less memory than it should have",
        "Errors were found in protected memory, so that part of the memory is not used.",
        ("Turn ECC on, so that bad rows are remapped.", "Reset the GPU when it is free."),
    ),
    169: Advice(
        "security processor halted",
        "A micro-controller inside the GPU stopped; the GPU is not usable until it is reset.",
        (_RESET, _DIAGNOSE),
    ),
    171: Advice(
        "uncorrectable error in DRAM",
        "The GPU's memory had an error that it could not correct.",
        (_RESET, _DIAGNOSE),
    ),
    172: Advice(
        "uncorrectable error in SRAM",
        "The GPU's caches had an error that they could not correct.",
        (_RESET, "If it comes back, replace the GPU: spare rows do not help here."),
    ),
}
_OTHER_XID = Advice(
    "see NVIDIA's catalogue",
    "The driver reported a fault of this GPU.",
    ("Look the code up in NVIDIA's Xid catalogue.", _RESET, _DIAGNOSE),
)

_CODES: dict[HealthReasonCode, Advice] = {
    HealthReasonCode.ECC_UNCORRECTABLE: Advice(
        "Uncorrectable memory errors",
        "The GPU's memory had errors that it could not correct since the driver was loaded.",
        (_RESET, _DIAGNOSE),
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
        "https://docs.nvidia.com/deploy/dynamic-page-retirement/",
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
    HealthReasonCode.FELL_OFF_BUS: Advice(
        "Fell off the bus",
        "The driver can no longer reach the GPU; its values are unknown, not zero.",
        (_DRAIN, "If the GPU is still gone, reseat or replace it."),
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
}


def advise(reason: Reason) -> Advice:
    """The words for a reason; its title is complete in itself ("Xid 79, fell off the bus")."""
    if reason.code is HealthReasonCode.XID:
        xid = _XIDS.get(reason.value or 0, _OTHER_XID)
        title = f"Xid {reason.value}, {xid.title}"
        return Advice(title, xid.detail, xid.remedy, XID_CATALOGUE)
    advice = _CODES[reason.code]
    if reason.code is HealthReasonCode.ECC_UNCORRECTABLE and reason.value is not None:
        return Advice(
            f"{advice.title}: {reason.value}", advice.detail, advice.remedy, advice.source
        )
    return advice
