"""What delivers: where an address leads, where its mail goes, and what takes it there."""
