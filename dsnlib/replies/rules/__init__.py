"""What each named restriction does, by what it looks at."""
