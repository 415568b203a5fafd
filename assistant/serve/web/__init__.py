"""What a person sees in a browser: words in two languages, pages, and the chat (the only file that imports gradio)."""
