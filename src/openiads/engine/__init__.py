"""The simulation core: arrays in SI units and radians, one file per stage, in the order in which the data flows."""
