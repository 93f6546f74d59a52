"""Why mail is refused: rules about words and codes, as data, and what others call the answer."""
