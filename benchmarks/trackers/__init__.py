"""What the benchmark of trackers is made of: scenes, peers, the metric, and the same tracker in C."""
