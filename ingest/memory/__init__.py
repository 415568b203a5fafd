"""What is kept: the catalogue, the vectors, the index of words, and concepts at work."""
