"""One page of HTML that tells a whole execution: no server, no network, nothing beside it."""
