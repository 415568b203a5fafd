"""Over HTTP and in a terminal: the server, its guard, the chat, sources opened at their place."""
