"""Fan-outs: a pipeline or a workflow executed once for each of many items, by a Distributed Map."""
