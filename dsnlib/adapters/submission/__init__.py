"""What the sendmail command is made of: a letter, its request, and the two ways to hand it over.

Scripts start the command once for each message, so its start is what it costs.

Rules.
- No module here loads attrs, asyncio, email or a part of the engine: attrs alone takes
  longer than all that the command does.  So values are named tuples here, and what the
  engine knows too is pinned to it by a test.
- What is handed over is checked before: no CR, LF or NUL gets into a command.
"""
