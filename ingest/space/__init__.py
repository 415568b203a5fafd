"""The one linguistic space: the entity, its vectors, and the encoders that end in it."""
