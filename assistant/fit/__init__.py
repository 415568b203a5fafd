"""Training for one language model. Needs torch; answering does not import it."""
