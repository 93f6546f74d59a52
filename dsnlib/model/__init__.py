"""What things are: values, their grammar, their text form."""
