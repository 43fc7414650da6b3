"""The door: words, units and files become what the engine can run."""
