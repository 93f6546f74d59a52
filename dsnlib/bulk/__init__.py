"""Many messages on many cores and machines: from archives to rows."""
