"""Which postures every actor accepts, by bounds on metrics that the reader writes."""
