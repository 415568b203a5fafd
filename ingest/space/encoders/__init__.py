"""One file for each outside model; all end in the one linguistic space."""
