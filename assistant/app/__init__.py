"""The real parts put together, the sample firm, and Kotonoha as part of someone else's program."""
