"""Projects: what their folders hold, whether it is right, and how new ones and their parts begin."""
