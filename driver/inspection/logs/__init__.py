"""CloudWatch's logs of one execution: which there are, which lines are its own, which tell of an error."""
