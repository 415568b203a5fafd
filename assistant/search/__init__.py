"""From a question to the entities that matter to it."""
