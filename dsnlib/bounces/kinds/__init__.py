"""What kind of mail it is, and the kinds that are no bounces."""
