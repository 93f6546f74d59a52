"""Which language to write in, and the catalogues of its words."""
