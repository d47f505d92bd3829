"""One execution as a value: what was stayed in or stepped through, when, and how it ended."""
