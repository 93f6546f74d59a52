"""What people look at: a history as a page, and on a terminal."""
