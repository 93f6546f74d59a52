"""From decisions to bytes: notifications in the language of their reader."""
