"""The server as a process: its sockets, its rights, its log, its signs of life."""
