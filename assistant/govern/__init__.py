"""Who is asking, what they may know, and the record of who did what."""
