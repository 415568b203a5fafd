"""A question over tables as one checked query."""
