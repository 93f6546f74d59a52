"""What a bounce says for people: its header, its text, the addresses and codes in it."""
