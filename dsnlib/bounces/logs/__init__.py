"""The log of a mail server -> events: what became of whom, as the server noted it."""
