"""Which notifications an outcome calls for: values in, values out."""
