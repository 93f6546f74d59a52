"""What a server answers, and with which code: values in, values out."""
