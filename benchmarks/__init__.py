"""Figures of speed, measured as ratios; `make bench` runs them and writes them into the README."""
