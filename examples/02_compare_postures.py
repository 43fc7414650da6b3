"""Two ways of holding the same system, on the same draws: who leaks through, and is the difference decided?"""

import openiads as oi

study = oi.study("s400-alone", postures=["complete", "no-acquisition-radar"], replications=6)
for posture in ("complete", "no-acquisition-radar"):
    cell = study.estimate("D3", posture)
    print(posture, cell["estimate"], [cell["low"], cell["high"]], cell["difference"] and cell["difference"]["estimate"])

# The rows behind it, one a posture and replication, answer SQL.
print(study.relation("raid").aggregate("posture, avg(rounds) as rounds", "posture").fetchall())
