"""List the words of a profile: the values each fact can take, and the limits of its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Disease = Literal["nsclc", "sclc"]
Histology = Literal["adenocarcinoma", "squamous", "adenosquamous", "large-cell", "nsclc-nos", "small-cell"]
Stage = Literal["IA", "IB", "IIA", "IIB", "IIIA", "IIIB", "IIIC", "IVA", "IVB"]
StageGroup = Literal["I", "II", "III", "IV"]
Extent = Literal["early", "locally-advanced", "metastatic", "limited", "extensive"]
MarkerResult = Literal["positive", "negative"]
YesNo = Literal["true", "false"]
EgfrVariant = Literal["ex19del", "L858R", "T790M", "ex20ins", "G719X", "S768I", "L861Q", "C797S", "other"]
OtherDriver = Literal["RET", "MET-ex14", "BRAF-V600E", "HER2", "NTRK", "KRAS-G12C"]
BrainMetastases = Literal["false", "treated", "active"]
Comorbidity = Literal[
    "interstitial-lung-disease",
    "autoimmune-disease",
    "venous-thromboembolism",
    "arterial-thromboembolism",
    "anticoagulation",
    "uncontrolled-hypertension",
    "proteinuria",
]
BleedingFeature = Literal["cavitation", "necrosis", "haemoptysis", "central", "major-vessel-invasion"]
Outcome = Literal["progressed", "relapsed", "completed", "ongoing", "stopped-for-toxicity"]

STAGE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "I": ("IA", "IB"),
    "II": ("IIA", "IIB"),
    "III": ("IIIA", "IIIB", "IIIC"),
    "IV": ("IVA", "IVB"),
}
OPEN_HISTORY = ("prior_lines", "last_outcome")
"""The keys that say something of a history which is not known in detail; a history that is given settles them."""
UNUSUAL_IN_SMALL_CELL = ("egfr", "alk", "ros1", "nrg1", "pd_l1_tps")
"""The results that are noted, where they are given of a patient with small cell lung cancer."""
MOST_LINES = 20
MOST_CYCLES = 99
MOST_MONTHS = 240
SOON = 6
"""Up to so many months after the last dose a progression can count as resistance."""
PLATINUM = "platinum"
CHEMOTHERAPY = "chemotherapy"
PLATINUM_FREE = "platinum_free_interval"
