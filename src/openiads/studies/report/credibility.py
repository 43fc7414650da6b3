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
    ("Uncertainty of results", 2, "Sampling error is in every interval. The range of the inputs (parameter box) is stated here "
     "and sampled by a command of its own.", "openiads robustness, docs/equations/statistics.md"),
    ("Robustness of results", 2, "Ranks, Pareto shares and first-order drivers over the parameter box; interactions of inputs "
     "are not told apart, and a range holds every value alike likely.", "openiads robustness"),
    ("Use history", 0, "New.", ""),
    ("Management", 2, "Version, seed and digest of every study; the same bytes for any number of workers.",
     "tests/studies/test_determinism.py"),
    ("People", 0, "Not assessed; no accreditation is claimed.", ""),
)  # fmt: skip
