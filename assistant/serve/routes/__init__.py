"""Routes beside the chat: conversations, feeding, governing, the map, the API for programs. Each asks who is asking."""
