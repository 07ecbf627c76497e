"""What still has to leave: messages that wait for another host, or for their time."""
