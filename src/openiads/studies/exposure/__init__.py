"""What every observer has learned: bodies, how long, how precisely, from whom, and which aspects of whom."""
