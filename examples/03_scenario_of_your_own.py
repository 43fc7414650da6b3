"""Change one thing and ask again: who holds what of friendly traffic, with and without the national picture."""

import openiads as oi

scenario = oi.load("turkey-2019", {"site": "south-coast", "reflectors": "false"})
for posture in ("standalone", "one-way-in"):
    run = oi.run(scenario, posture, "peace", seed=1, stratum=3, duration=120.0)
    ledger = run.tables["exposure"]
    mine = ledger["observer"] == "s400"
    print(
        posture,
        "own",
        round(ledger["own_s"][mine].sum() / 60),
        "fed",
        round(ledger["fed_s"][mine].sum() / 60),
        "track minutes",
    )
