"""The words for each Xid that counts, by NVIDIA's Xid catalogue."""

from __future__ import annotations

from telemetry.remedies import DIAGNOSE, DRAIN, RESET, Advice

_LINK = (
    "Look for the same Xid on the GPUs it links to: one bad part shows on both sides.",
    RESET,
    DIAGNOSE,
)
_WATCH_LINK = (
    "Look for an Xid 154 beside it in the kernel log: it says what the driver wants done.",
    "Look for errors with nvidia-smi nvlink -e; reset the GPU when it is free if they go on.",
)

XIDS: dict[int, Advice] = {
    46: Advice(
        "GPU stopped processing",
        "The GPU did not answer the driver in time; nothing computes on it until it is reset.",
        (RESET, DIAGNOSE),
    ),
    54: Advice(
        "auxiliary power not connected",
        "The board lacks its auxiliary power and can't run at full power.",
        ("Stop the jobs on this node.", "Power it off and check the GPU's power cables."),
    ),
    48: Advice(
        "double-bit ECC error",
        "The GPU's memory had an error that it could not correct.",
        (RESET, DIAGNOSE),
    ),
    61: Advice(
        "internal micro-controller warning",
        "A micro-controller inside the GPU reported a fault of its own.",
        ("Watch for Xid 62.", "If the GPU misbehaves, reset it: nvidia-smi -r -i <index>."),
    ),
    62: Advice(
        "internal micro-controller halt",
        "A micro-controller inside the GPU stopped; the GPU is not usable until it is reset.",
        (RESET, DIAGNOSE),
    ),
    63: Advice(
        "row remapping or page retirement recorded",
        "A failing memory row was taken out of use; it takes effect at the next reset.",
        ("Let the running jobs end.", "Reset the GPU when it is free: nvidia-smi -r -i <index>."),
    ),
    64: Advice(
        "row remapping or page retirement failed",
        "A failing memory row could not be taken out of use.",
        (RESET, DIAGNOSE),
    ),
    74: Advice(
        "NVLink error",
        "A link to another GPU or to the NVSwitch failed; jobs that span GPUs here will fail.",
        _LINK,
    ),
    79: Advice(
        "fell off the bus",
        "The driver can no longer reach the GPU over PCIe; its values are unknown, not zero.",
        (DRAIN, "If the GPU is still gone, reseat or replace it."),
    ),
    92: Advice(
        "high rate of single-bit ECC errors",
        "Errors are still corrected, but come often.",
        ("Watch the corrected errors.", DIAGNOSE),
    ),
    94: Advice(
        "contained ECC error",
        "A memory error hit one process only; the others on this GPU may go on.",
        ("Restart the job that was hit.", "Reset the GPU when it is free.", DIAGNOSE),
    ),
    95: Advice(
        "uncontained ECC error",
        "A memory error spread beyond one process. What runs on this GPU can't be trusted.",
        (
            "Stop the jobs on this GPU: their results since then are not sure.",
            "Reset the GPU: nvidia-smi -r -i <index>.",
            DIAGNOSE,
        ),
    ),
    109: Advice(
        "context switch timeout",
        "A program could not be taken off the GPU in time; what runs there may hang.",
        ("See whether one program causes it each time: its owner should know.", RESET, DIAGNOSE),
    ),
    110: Advice(
        "security fault",
        "The GPU's security check failed, which is rare unless the hardware does.",
        ("Undo any recent change of hardware.", DRAIN, DIAGNOSE),
    ),
    119: Advice(
        "GSP RPC timeout",
        "The GPU's system processor does not answer the driver.",
        (RESET, "If it comes back, update the driver or run the field diagnostic."),
    ),
    120: Advice(
        "GSP error",
        "The GPU's system processor reported an error.",
        (RESET, "If it comes back, update the driver or run the field diagnostic."),
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
        (RESET, DIAGNOSE),
    ),
    143: Advice(
        "GPU initialization error",
        "The driver could not start the GPU.",
        (RESET, DIAGNOSE),
    ),
    144: Advice("NVLink error (SAW)", "A part of the GPU's NVLink had an error.", _WATCH_LINK),
    145: Advice("NVLink error (RLW)", "The GPU's NVLink lost traffic or may lose it.", _LINK),
    146: Advice("NVLink error (TLW)", "A part of the GPU's NVLink had an error.", _WATCH_LINK),
    147: Advice("NVLink error (TREX)", "A part of the GPU's NVLink had an error.", _WATCH_LINK),
    148: Advice("NVLink error (NVLPW)", "A part of the GPU's NVLink had an error.", _WATCH_LINK),
    149: Advice("NVLink error (NETIR)", "A link of the GPU went down or is about to.", _LINK),
    150: Advice("NVLink error (MSE)", "The controller of the GPU's NVLinks failed.", _LINK),
    151: Advice(
        "key rotation error",
        "The keys of confidential computing could not be renewed; the GPU is of no use to it.",
        ("Stop the jobs on this node.", "Restart the virtual machine, or the node.", DIAGNOSE),
    ),
    154: Advice(
        "recovery action changed",
        "The driver says what it takes to recover from another Xid.",
        ("Read it in the kernel log: a reset of the GPU, or a reboot of the node.",),
    ),
    155: Advice("NVLink down", "A link of the GPU went down, perhaps on purpose.", _WATCH_LINK),
    156: Advice(
        "resource retired",
        "A failing part of the GPU was taken out of use; it takes effect at the next reset.",
        (RESET, "Watch for Xid 157: no spare part is left then."),
    ),
    157: Advice(
        "resource retirement failed",
        "A failing part of the GPU has no spare; programs run, and may meet the fault again.",
        ("Watch the GPU.", "Plan to replace it."),
    ),
    158: Advice("fatal timeout", "The GPU stopped answering the driver.", (RESET, DIAGNOSE)),
    160: Advice(
        "channel retired",
        "A failing channel of the GPU was taken out of use; programs run on.",
        ("Watch for Xid 161: no spare channel is left then.",),
    ),
    161: Advice(
        "channel retirement failed",
        "A failing channel of the GPU could not be taken out of use.",
        ("If it comes back, update the driver or run the field diagnostic.",),
    ),
    167: Advice("PCIe timeout", "The GPU does not answer over PCIe.", (DRAIN, DIAGNOSE)),
    168: Advice(
        "less memory than it should have",
        "Errors were found in protected memory, so that part of the memory is not used.",
        ("Turn ECC on, so that bad rows are remapped.", "Reset the GPU when it is free."),
    ),
    169: Advice(
        "security processor halted",
        "A micro-controller inside the GPU stopped; the GPU is not usable until it is reset.",
        (RESET, DIAGNOSE),
    ),
    171: Advice(
        "uncorrectable error in DRAM",
        "The GPU's memory had an error that it could not correct.",
        (RESET, DIAGNOSE),
    ),
    172: Advice(
        "uncorrectable error in SRAM",
        "The GPU's caches had an error that they could not correct.",
        (RESET, "If it comes back, replace the GPU: spare rows do not help here."),
    ),
}
OTHER_XID = Advice(
    "see NVIDIA's catalogue",
    "The driver reported a fault of this GPU.",
    ("Look the code up in NVIDIA's Xid catalogue.", RESET, DIAGNOSE),
)
