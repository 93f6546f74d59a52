"""What other libraries' interfaces look like, on top of ours: change one import."""
