"""The guided tour: what it says, and what it decides."""
