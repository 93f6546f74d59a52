"""From a next hop to the servers that take its mail, in their order."""
