"""Words, figures and tables as they are written. Knows nothing about files, models or stores."""
