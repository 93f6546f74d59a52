"""What ties a bounce to the mail that it is about: identifiers, return paths, signatures."""
