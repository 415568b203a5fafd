"""The firm's keys, and personal data found, sealed and given back."""
