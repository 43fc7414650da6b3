"""How far a reader may trust the results: factors in the manner of NASA-STD-7009, scored 0 to 4 by ourselves."""

from __future__ import annotations

MEANING = (
    "0 none, 1 argued, 2 checked against simple cases, 3 checked against independent data, 4 checked in the real use"
)

# factor, score, why, where it is shown
CARD = (
    ("Verification", 2, "Stages are tested against closed forms, published known answers and slow reference versions; "
     "import contracts, blindfold and read-only tests guard the information flow.", "tests/engine, tests/contracts"),
    ("Validation", 1, "Horizon, ballistic arcs, salvo and queue limits and two historical non-engagements come out. No "
     "public data of a whole air-defence system exists to compare with.", "tests/acceptance"),
    ("Input pedigree", 1, "Open literature, mostly press and trade press; half of the numbers are assumptions and say so.",
     "section 'What was assumed'"),
    ("Uncertainty of results", 2, "Sampling error is in every interval; the range of the inputs (parameter box) is stated, "
     "but not yet sampled.", "docs/equations/statistics.md"),
    ("Robustness of results", 1, "Site and modifiers can be varied by the reader; no global sensitivity is computed yet.",
     "openiads study --set"),
    ("Use history", 0, "New.", ""),
    ("Management", 2, "Version, seed and digest of every study; the same bytes for any number of workers.",
     "tests/studies/test_determinism.py"),
    ("People", 0, "Not assessed; no accreditation is claimed.", ""),
)  # fmt: skip
