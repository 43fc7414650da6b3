"""One raid against the system by itself: what happened, in order."""

import openiads as oi

run = oi.run("s400-alone", posture="complete", vignette="raid", seed=1)
print(run.meta["summary"])

events = run.tables["events"]
for t, event, text in zip(events["t"], events["event"], events["text"], strict=True):
    if event in ("launch", "kill", "miss", "leaker"):
        print(f"{t:6.0f} s  {text}")
