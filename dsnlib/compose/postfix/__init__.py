"""What Postfix has: the `$name` language of bounce(5), and the parameters it names."""
