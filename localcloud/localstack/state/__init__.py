"""State that outlives the process: what services hold is saved within a second, and loaded at a start."""
