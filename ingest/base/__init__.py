"""The ground everything stands on: errors, settings, access, outside models, the way out of this machine."""
