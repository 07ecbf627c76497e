"""The world hands us a message: the door on port 25."""
