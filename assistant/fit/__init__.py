"""Training a bridge and an adapter for one language model. Needs torch; answering does not import it."""
