"""What is replaced in a bounce before it is handed out."""
