"""Where the library meets the world: files, sockets, clocks, databases."""
