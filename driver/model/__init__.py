"""The words all rooms share: values, statuses, errors."""
