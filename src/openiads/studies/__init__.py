"""From many replications to a decision table: estimates, paired differences, digests."""
