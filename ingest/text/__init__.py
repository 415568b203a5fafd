"""Words, figures and tables as they are written."""
