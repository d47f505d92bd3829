"""The guided walk: what it says, and what it decides."""
