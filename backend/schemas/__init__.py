"""What goes in and out of the resources. Unknown members of a body are refused."""
